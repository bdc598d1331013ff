package amqp

import (
	"context"
	"errors"
	"log/slog"

	"github.com/aspyx-go/aspyx/eventing"
)

// Start implements [eventing.Provider].
func (p *Provider) Start(ctx context.Context) error {
	if err := p.enter(); err != nil {
		return err
	}
	publishing, consuming, err := p.connect(ctx)
	if err != nil {
		return p.leave(err)
	}
	err = p.adopt(publishing, consuming)
	if err == nil {
		err = p.tryManagement(ctx, publishing)
	}
	if err == nil {
		err = p.begun()
	}
	if err == nil {
		return nil
	}
	p.halfStarted()
	publishing.Abort()
	consuming.Abort()
	p.work.Wait() // without connections nothing can block any more
	p.leaving.Wait()
	return p.leave(err)
}

// enter begins to start.
func (p *Provider) enter() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.state == stopped:
		return eventing.ErrClosed
	case p.state != idle:
		return errors.New("amqp: the provider was started before")
	}
	p.state = starting
	return nil
}

// leave lets a start that has failed be tried again, unless it was stopped.
func (p *Provider) leave(cause error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state == stopped {
		return p.err
	}
	p.state, p.manager = idle, nil
	return cause
}

// connect makes both connections.
func (p *Provider) connect(ctx context.Context) (publishing, consuming *connection, err error) {
	ctx, cancel := context.WithTimeout(ctx, p.endpoint.connectTimeout)
	defer cancel()
	// One after the other: a wrong password is tried once only.
	publishing, err = p.publishing.Dial(ctx)
	if err != nil {
		return nil, nil, err
	}
	consuming, err = p.consuming.Dial(ctx)
	if err != nil {
		publishing.Abort()
		return nil, nil, err
	}
	publishing.first, consuming.first = true, true
	product, _ := publishing.Properties()["product"].(string)
	version, _ := publishing.Properties()["version"].(string)
	p.logger.DebugContext(ctx, "connected", slog.String("broker_kind", publishing.dialect.name()), slog.String("product", product), slog.String("version", version))
	return publishing, consuming, nil
}

// adopt has the provider work with the connections.
func (p *Provider) adopt(publishing, consuming *connection) error {
	if !p.publishing.Adopt(publishing) || !p.consuming.Adopt(consuming) {
		return p.Err() // it was stopped
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state != starting {
		return p.err
	}
	p.state = running
	return nil
}

// begun ends the start: from now on a lost connection is made again.
func (p *Provider) begun() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state != running {
		return p.err
	}
	p.work.Go(p.publishing.Run)
	p.work.Go(p.consuming.Run)
	return nil
}

// halfStarted lets no work begin any more.
func (p *Provider) halfStarted() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state == running {
		p.state = starting
	}
}

// tryManagement finds out what may be managed. Its error is that of a broker
// which doesn't answer.
func (p *Provider) tryManagement(ctx context.Context, conn *connection) error {
	bindings := false
	err := p.manageOn(ctx, conn, func(manager manager) (err error) {
		bindings, err = manager.knowsBindings(ctx)
		return err
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bindings, p.unmanaged = bindings, nil
	if errors.Is(err, errNoManagement) {
		p.unmanaged = err
		return nil
	}
	return err
}
