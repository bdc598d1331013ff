package memory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/aspyx-go/aspyx/eventing"
)

var errPrefetch = errors.New("prefetch must be 1 or more")

// Provider is one environment's connection to a [Broker]. It comes from
// [New], or from a [Config] or [Broker] as the source of an environment.
type Provider struct {
	broker *Broker
	owned  bool // the broker ends with the provider
	server string
	logger *slog.Logger // nil means slog.Default at the time of logging

	state atomic.Int32 // written under mu
	done  chan struct{}

	mu        sync.Mutex
	consumers map[*consumer]struct{} // not closed yet
}

// The states of a provider.
const (
	created int32 = iota
	running
	stopped
)

var (
	_ eventing.Provider = (*Provider)(nil)
	_ eventing.Drainer  = (*Provider)(nil)
	_ eventing.Capable  = (*Provider)(nil)
)

func newProvider(broker *Broker, settings eventing.Settings) *Provider {
	return &Provider{
		broker:    broker,
		server:    cmp.Or(settings.ServerName, broker.serverName),
		logger:    settings.Logger,
		done:      make(chan struct{}),
		consumers: map[*consumer]struct{}{},
	}
}

// Name returns "memory".
func (p *Provider) Name() string { return "memory" }

// Capabilities tells that the broker delays, counts, keeps the order of each key
// and refuses mandatory messages that nobody takes.
func (p *Provider) Capabilities() eventing.Capabilities {
	return eventing.Capabilities{Delay: true, Count: true, Groups: true, Mandatory: true}
}

// ServerName returns the name of this server; empty means none.
func (p *Provider) ServerName() string { return p.server }

// Broker returns the broker that the provider uses, to look at its queues.
func (p *Provider) Broker() *Broker { return p.broker }

// Start opens the provider. There is nothing to wait for.
func (p *Provider) Start(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state.Load() == stopped {
		return fmt.Errorf("start the memory provider: %w", eventing.ErrClosed)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("start the memory provider: %w", context.Cause(ctx))
	}
	p.state.Store(running)
	return nil
}

// usable returns nil while calls are taken and ctx isn't done.
func (p *Provider) usable(ctx context.Context) error {
	switch p.state.Load() {
	case created:
		return eventing.ErrNotRunning
	case stopped:
		return eventing.ErrClosed
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// Declare makes the queues and their dead-letter queues.
func (p *Provider) Declare(ctx context.Context, queues []eventing.Queue) error {
	if err := p.usable(ctx); err != nil {
		return fmt.Errorf("declare queues in memory: %w", err)
	}
	var faults []error
	for _, queue := range queues {
		// The dead-letter queue of such a queue is that queue itself.
		for _, q := range []eventing.Queue{queue.DeadLetter(), queue} {
			if err := p.broker.declare(q); err != nil {
				faults = append(faults, fmt.Errorf("declare %s: %w", q, err))
			}
		}
	}
	return errors.Join(faults...)
}

// Remove removes a queue that has no consumer.
func (p *Provider) Remove(ctx context.Context, queue eventing.Queue) error {
	err := p.usable(ctx)
	if err == nil {
		err = p.broker.remove(queue)
	}
	if err != nil {
		return fmt.Errorf("remove %s: %w", queue, err)
	}
	return nil
}

// Attach begins to consume from a queue.
func (p *Provider) Attach(ctx context.Context, queue eventing.Queue, prefetch int) (eventing.Consumer, error) {
	c, err := p.attach(ctx, queue, prefetch)
	if err != nil {
		return nil, fmt.Errorf("attach to %s: %w", queue, err)
	}
	return c, nil
}

func (p *Provider) attach(ctx context.Context, queue eventing.Queue, prefetch int) (*consumer, error) {
	if prefetch < 1 {
		return nil, errPrefetch
	}
	// With the lock held, so that Stop closes every consumer.
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.usable(ctx); err != nil {
		return nil, err
	}
	c, err := p.broker.attach(p, queue, prefetch)
	if err != nil {
		return nil, err
	}
	p.consumers[c] = struct{}{}
	return c, nil
}

// forget is called by a consumer that was closed.
func (p *Provider) forget(c *consumer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.consumers, c)
}

// Submit puts the message into all queues of its event, or into its target.
// While one of them has no room it blocks, or does what [Config].Overflow says.
// What it returns is confirmed.
func (p *Provider) Submit(ctx context.Context, message *eventing.Message) (eventing.Receipt, error) {
	if err := p.submit(ctx, message); err != nil {
		return nil, fmt.Errorf("submit event %q: %w", message.Event, err)
	}
	return eventing.Confirmed, nil
}

func (p *Provider) submit(ctx context.Context, message *eventing.Message) error {
	if err := p.usable(ctx); err != nil {
		return notSent(err)
	}
	name := message.Event
	if message.Target != nil {
		name = message.Target.Address()
	}
	size := message.Size()
	if message.Target == nil && size > p.broker.maxBytes {
		return rejected(errTooLarge)
	}
	a := p.broker.address(name)
	switch {
	case a != nil:
		return a.submit(ctx, submission{message: message, size: size, sender: p})
	case message.Target != nil:
		return rejected(errNoTarget)
	case message.Mandatory:
		return rejected(eventing.ErrUnroutable)
	default:
		return nil // nobody listens
	}
}

// Drain returns when all queues with a consumer are empty, or the context is
// done. It makes delayed messages due, also those that are sent meanwhile.
// Afterwards nothing can be sent. A shared broker lives on: there Drain returns
// nil at once and changes nothing.
func (p *Provider) Drain(ctx context.Context) error {
	if !p.owned || p.state.Load() != running {
		return nil
	}
	return p.broker.drain(ctx)
}

// Done is closed by Stop.
func (p *Provider) Done() <-chan struct{} { return p.done }

// Err returns [eventing.ErrClosed] after Stop.
func (p *Provider) Err() error {
	if p.state.Load() == stopped {
		return eventing.ErrClosed
	}
	return nil
}

// Stop ends the provider. What is left in a broker of its own is lost, and
// logged; a shared broker keeps it.
func (p *Provider) Stop(ctx context.Context) error {
	p.mu.Lock()
	if p.state.Load() != running {
		p.mu.Unlock()
		return nil
	}
	p.state.Store(stopped)
	left := slices.Collect(maps.Keys(p.consumers))
	p.mu.Unlock()

	close(p.done)
	var faults []error
	for _, c := range left {
		faults = append(faults, c.end(1))
	}
	if p.owned {
		p.broker.close()
		p.logLeft(ctx)
	}
	return errors.Join(faults...)
}

func (p *Provider) log() *slog.Logger {
	if p.logger == nil {
		return slog.Default()
	}
	return p.logger
}

func (p *Provider) logLeft(ctx context.Context) {
	for _, q := range p.broker.Stats() {
		messages := q.Messages + q.Delayed + q.Unsettled
		if messages == 0 {
			continue
		}
		attrs := []slog.Attr{slog.String("address", q.Address), slog.String("queue", q.Queue), slog.Int("messages", messages)}
		if q.DeadLetters {
			// No loss of its own: each was logged when its listener gave up.
			p.log().LogAttrs(ctx, slog.LevelInfo, "dead letters end with the broker in memory", attrs...)
			continue
		}
		p.log().LogAttrs(ctx, slog.LevelWarn, "events are lost with the broker in memory", attrs...)
	}
}
