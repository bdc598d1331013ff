package amqp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
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
	textBodies bool  // whether bodies are sent as strings

	// life ends when the provider has stopped, with err as its cause.
	life context.Context //nolint:containedctx // of all that the provider does by itself
	end  context.CancelCauseFunc

	warnOnce sync.Once // that the broker can't be managed

	// work counts the goroutines that a stop lets finish, and leaving those that
	// it doesn't wait for before it ends the connections. They grow only under
	// mu and while running.
	work, leaving sync.WaitGroup

	publishing *supervisor
	consuming  *supervisor

	mu        sync.Mutex // guards what follows
	state     state
	err       error
	manager   manager // kept for the next work; nil while in use
	unmanaged error   // why the broker can't be managed
	bindings  bool    // whether it tells which queues an address has
	senders   map[node]*sender
	routes    map[string]*route           // by address
	topology  map[eventing.Queue]struct{} // what was declared
	consumers map[*consumer]struct{}      // those that are open
}

var (
	_ eventing.Provider = (*Provider)(nil)
	_ eventing.Capable  = (*Provider)(nil)
	_ eventing.Healthy  = (*Provider)(nil)
)

type state int

const (
	idle state = iota
	starting
	running
	stopped
)

func newProvider(endpoint *endpoint, server string, naming eventing.Naming, maxMessage int64, logger *slog.Logger) *Provider {
	life, end := context.WithCancelCause(context.Background())
	logger = logger.With(slog.String("broker", endpoint.address))
	p := &Provider{
		endpoint:  endpoint,
		server:    server,
		naming:    naming,
		logger:    logger,
		life:      life,
		end:       end,
		senders:   map[node]*sender{},
		routes:    map[string]*route{},
		topology:  map[eventing.Queue]struct{}{},
		consumers: map[*consumer]struct{}{},

		maxMessage: maxMessage,
	}
	container := "aspyx-" + eventing.NewID().String()
	p.publishing = p.supervise(container+"-", "publishing", p.restore)
	p.consuming = p.supervise(container+"-", "consuming", nil)
	return p
}

// Name implements [eventing.Provider].
func (p *Provider) Name() string { return "amqp" }

// Capabilities implements [eventing.Capable]. They are the broker's: before the
// first connection there are none, unless Config.Broker says which one it is.
func (p *Provider) Capabilities() eventing.Capabilities {
	speaks := p.knownDialect()
	if speaks == nil {
		return eventing.Capabilities{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return speaks.capabilities(p.bindings)
}

// ServerName implements [eventing.Provider].
func (p *Provider) ServerName() string { return p.server }

// String describes the provider by its broker.
func (p *Provider) String() string { return "amqp.Provider(" + p.endpoint.address + ")" }

// Format prints [Provider.String] under every verb.
func (p *Provider) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, p.String()) }

// LogValue implements [slog.LogValuer].
func (p *Provider) LogValue() slog.Value { return slog.StringValue(p.String()) }

// Done implements [eventing.Provider]. Nothing but Stop closes it: a connection
// that is lost is made again.
func (p *Provider) Done() <-chan struct{} { return p.life.Done() }

// Err implements [eventing.Provider].
func (p *Provider) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// Health implements [eventing.Healthy]. It is red while a connection is lost, or
// a listener can't be attached again.
func (p *Provider) Health() error {
	p.mu.Lock()
	consumers := slices.Collect(maps.Keys(p.consumers))
	p.mu.Unlock()
	errs := []error{p.publishing.Health(), p.consuming.Health()}
	for _, consumer := range consumers {
		errs = append(errs, consumer.health())
	}
	return errors.Join(errs...)
}

// Stop implements [eventing.Provider]. Without a connection nothing is waited
// for: what wasn't confirmed is told to be so.
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
	for _, each := range []*supervisor{p.publishing, p.consuming} {
		if conn := each.Last(); conn != nil {
			conn.close(ctx)
		}
	}
	// Without connections nothing can block any more.
	<-flushed
	p.leaving.Wait()
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
		p.end(p.err)
	case stopped:
	}
	return true
}

// usable tells why nothing can be begun. The caller holds mu.
func (p *Provider) usable() error {
	switch p.state {
	case running:
		return nil
	case stopped:
		return p.err
	case idle, starting:
	}
	return errors.New("amqp: the provider wasn't started")
}
