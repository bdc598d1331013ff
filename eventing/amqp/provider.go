package amqp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"

	"github.com/aspyx-go/aspyx/eventing"
)

// Provider is a client of one broker, with two connections: a publisher that
// the broker holds back can't delay acknowledgements. It is made by [New] and
// driven by an [eventing.EventManager].
//
// It keeps no user and no password where fmt or a logger could find them.
type Provider struct {
	endpoint *endpoint
	server   string
	naming   eventing.Naming
	logger   *slog.Logger

	maxMessage int64 // bytes of a body

	// done is closed when the provider has stopped or failed; err, set before,
	// tells why.
	done chan struct{}

	// work counts all goroutines. It grows only under mu and while running.
	work sync.WaitGroup

	mu         sync.Mutex // guards what follows
	state      state
	err        error
	publishing *connection
	consuming  *connection
	senders    map[node]*sender
}

var (
	_ eventing.Provider = (*Provider)(nil)
	_ eventing.Capable  = (*Provider)(nil)
)

type state int

const (
	idle state = iota
	starting
	running
	failed
	stopped
)

func newProvider(endpoint *endpoint, server string, naming eventing.Naming, maxMessage int64, logger *slog.Logger) *Provider {
	return &Provider{
		endpoint: endpoint,
		server:   server,
		naming:   naming,
		logger:   logger.With(slog.String("broker", endpoint.address)),
		done:     make(chan struct{}),
		senders:  map[node]*sender{},

		maxMessage: maxMessage,
	}
}

// Name implements [eventing.Provider].
func (p *Provider) Name() string { return "amqp" }

// Capabilities implements [eventing.Capable]. The limit is Artemis' default.
func (p *Provider) Capabilities() eventing.Capabilities {
	return eventing.Capabilities{
		Delay: true,
		Count: true,
		Enforced: "after max-delivery-attempts (10 by default) deliveries that ended with the process, " +
			"the dead-letter-address of the address settings",
	}
}

// ServerName implements [eventing.Provider].
func (p *Provider) ServerName() string { return p.server }

// String describes the provider by its broker.
func (p *Provider) String() string { return "amqp.Provider(" + p.endpoint.address + ")" }

// Format prints [Provider.String] under every verb.
func (p *Provider) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, p.String()) }

// LogValue implements [slog.LogValuer].
func (p *Provider) LogValue() slog.Value { return slog.StringValue(p.String()) }

// Done implements [eventing.Provider].
func (p *Provider) Done() <-chan struct{} { return p.done }

// Err implements [eventing.Provider].
func (p *Provider) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// Start implements [eventing.Provider].
func (p *Provider) Start(ctx context.Context) error {
	if err := p.enter(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, p.endpoint.connectTimeout)
	defer cancel()
	container := "aspyx-" + eventing.NewID().String()
	// One after the other: a wrong password is tried once only.
	publishing, err := p.endpoint.dial(ctx, container+"-publishing")
	if err != nil {
		return p.leave(err)
	}
	consuming, err := p.endpoint.dial(ctx, container+"-consuming")
	if err != nil {
		publishing.abort()
		return p.leave(err)
	}
	product, _ := publishing.Properties()["product"].(string)
	version, _ := publishing.Properties()["version"].(string)
	p.logger.DebugContext(ctx, "connected", slog.String("product", product), slog.String("version", version))

	p.mu.Lock()
	if p.state == starting {
		p.state, p.publishing, p.consuming = running, publishing, consuming
		p.work.Go(p.watch)
		p.mu.Unlock()
		return nil
	}
	p.mu.Unlock()
	publishing.abort()
	consuming.abort()
	return eventing.ErrClosed
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
	if p.state != starting {
		return p.err
	}
	p.state = idle
	return cause
}

// watch fails the provider when a connection ends.
func (p *Provider) watch() {
	var lost *connection
	select {
	case <-p.publishing.Done():
		lost = p.publishing
	case <-p.consuming.Done():
		lost = p.consuming
	case <-p.done:
		return
	}
	reason := "the broker closed the connection"
	if err := lost.Err(); err != nil {
		reason = "the connection was lost: " + describe(err)
	}
	if p.fail(&connectError{p.endpoint.address, reason, lost.Err()}) {
		// What the other connection holds must come again elsewhere.
		p.publishing.abort()
		p.consuming.abort()
	}
}

// fail closes done, unless the provider has ended before.
func (p *Provider) fail(why error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state != running {
		return false
	}
	p.state, p.err = failed, why
	close(p.done)
	return true
}

// Stop implements [eventing.Provider].
func (p *Provider) Stop(ctx context.Context) error {
	if !p.halt() {
		return nil
	}
	flushed := make(chan struct{})
	go func() {
		defer close(flushed)
		p.work.Wait()
	}()
	var err error
	select {
	case <-flushed:
	case <-ctx.Done():
		err = fmt.Errorf("stop amqp: not all was confirmed: %w", context.Cause(ctx))
	}
	p.mu.Lock()
	connections := []*connection{p.publishing, p.consuming}
	p.mu.Unlock()
	for _, connection := range connections {
		if connection != nil {
			connection.close(ctx)
		}
	}
	// Without connections nothing can block any more.
	<-flushed
	return err
}

// halt begins to stop. It reports whether there is anything to stop.
func (p *Provider) halt() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch p.state {
	case idle:
		return false
	case starting, running:
		p.state, p.err = stopped, eventing.ErrClosed
		close(p.done)
	case failed, stopped:
	}
	return true
}

// usable tells why nothing can be begun. The caller holds mu.
func (p *Provider) usable() error {
	switch p.state {
	case running:
		return nil
	case failed, stopped:
		return p.err
	case idle, starting:
	}
	return errors.New("amqp: the provider wasn't started")
}
