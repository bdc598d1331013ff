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
	textBodies bool  // whether bodies are sent as strings

	// life ends when the provider has stopped or failed, with err as its cause.
	life context.Context //nolint:containedctx // of all that the provider does by itself
	end  context.CancelCauseFunc

	warnOnce sync.Once // that the broker can't be managed

	// work counts the goroutines that a stop lets finish, and leaving those that
	// it doesn't wait for before it ends the connections. They grow only under
	// mu and while running.
	work, leaving sync.WaitGroup

	mu         sync.Mutex // guards what follows
	state      state
	err        error
	publishing *connection
	consuming  *connection
	manager    *management // kept for the next work; nil while in use
	unmanaged  error       // why the broker can't be managed
	mandatory  bool        // whether it tells which queues an address has
	senders    map[node]*sender
	routes     map[string]*route // by address
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
	life, end := context.WithCancelCause(context.Background())
	return &Provider{
		endpoint: endpoint,
		server:   server,
		naming:   naming,
		logger:   logger.With(slog.String("broker", endpoint.address)),
		life:     life,
		end:      end,
		senders:  map[node]*sender{},
		routes:   map[string]*route{},

		maxMessage: maxMessage,
	}
}

// Name implements [eventing.Provider].
func (p *Provider) Name() string { return "amqp" }

// Capabilities implements [eventing.Capable]. The limit is Artemis' default.
func (p *Provider) Capabilities() eventing.Capabilities {
	p.mu.Lock()
	artemis, mandatory := p.publishing != nil && p.publishing.isArtemis(), p.mandatory
	p.mu.Unlock()
	return eventing.Capabilities{
		Delay:     true,
		Count:     true,
		Groups:    artemis,
		Mandatory: mandatory,
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
func (p *Provider) Done() <-chan struct{} { return p.life.Done() }

// Err implements [eventing.Provider].
func (p *Provider) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// watch fails the provider when a connection ends.
func (p *Provider) watch() {
	var lost *connection
	select {
	case <-p.publishing.Done():
		lost = p.publishing
	case <-p.consuming.Done():
		lost = p.consuming
	case <-p.life.Done():
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

// fail ends the life, unless the provider has ended before.
func (p *Provider) fail(why error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state != running {
		return false
	}
	p.state, p.err = failed, why
	p.end(why)
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
