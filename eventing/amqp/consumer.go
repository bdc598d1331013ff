package amqp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Azure/go-amqp"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/internal/supervise"
)

// consumer is one listener's hold on its queue, over all the links that it has
// one after the other.
type consumer struct {
	provider *Provider
	queue    eventing.Queue
	source   string // where it is attached, for errors
	prefetch uint32
	logger   *slog.Logger

	maxMessage int64 // bytes of a body

	// life ends with Close, or with the provider's.
	life context.Context //nolint:containedctx // of attaching again
	end  context.CancelFunc

	current atomic.Pointer[attachment] // nil while attaching again
	closed  atomic.Bool

	waiting      atomic.Int32            // receivers
	lastDelivery atomic.Int64            // in nanoseconds of Unix time; zero before the first
	look         look                    // the watch's own
	silence      atomic.Pointer[silence] // nil unless events wait and none comes

	tries supervise.Backoff // of attaching again

	mu      sync.Mutex    // guards what follows, and the changes of what precedes
	changed chan struct{} // closed when attaching again has ended
	fault   error         // why it couldn't attach again, so far
}

var _ eventing.Consumer = (*consumer)(nil)

// Attach implements [eventing.Provider]. It waits for a connection within ctx;
// the broker's answer has a time limit. Before the first connection of
// [Config.StartOffline] it returns a consumer that attaches with that.
func (p *Provider) Attach(ctx context.Context, queue eventing.Queue, prefetch int) (eventing.Consumer, error) {
	prefetch = min(prefetch, p.prefetch)
	if p.offline && p.consuming.Last() == nil {
		made := p.newConsumer(queue, p.placeOf(p.knownDialect(), queue), prefetch)
		if err := made.attachLater(); err != nil { //nolint:contextcheck // it outlives the call
			made.end()
			return nil, fmt.Errorf("attach to %s: %w", made.source, err)
		}
		return made, nil
	}
	speaks, err := p.dialect(ctx)
	if err != nil {
		return nil, fmt.Errorf("attach to %v: %w", queue, err)
	}
	made := p.newConsumer(queue, p.placeOf(speaks, queue), prefetch)
	for {
		conn, err := p.session(ctx, p.consuming)
		if err != nil {
			made.end()
			return nil, fmt.Errorf("attach to %s: %w", made.source, err)
		}
		err = p.attachFirst(ctx, conn, made)
		if err == nil {
			return made, nil
		}
		if !conn.isLost() || ctx.Err() != nil {
			made.end()
			return nil, err
		}
	}
}

func (p *Provider) newConsumer(queue eventing.Queue, source string, prefetch int) *consumer {
	made := &consumer{
		provider: p,
		queue:    queue,
		source:   source,
		prefetch: uint32(max(prefetch, 1)), //nolint:gosec // far below
		logger:   p.logger.With(slog.String("queue", source)),

		maxMessage: p.maxMessage,
	}
	if queue.IsDeadLetter() {
		made.maxMessage = math.MaxInt64 // it was put aside for being looked at
	}
	made.life, made.end = context.WithCancel(p.life)
	return made
}

// attachFirst gives the consumer its first link.
func (p *Provider) attachFirst(ctx context.Context, conn *connection, made *consumer) error {
	if !conn.first {
		if err := p.redeclare(ctx, made.queue); err != nil {
			return err
		}
	}
	limited, cancel := p.limit(ctx)
	defer cancel()
	on, err := await(limited, p, func() (*attachment, error) { return made.attach(limited, conn) }, func(late *attachment) {
		late.close(context.WithoutCancel(limited))
	})
	if err != nil {
		return err
	}
	made.current.Store(on)
	p.hold(made)
	return nil
}

// attach opens a link and asks for the first messages.
func (c *consumer) attach(ctx context.Context, conn *connection) (*attachment, error) {
	on := &attachment{conn: conn, since: time.Now()}
	at, err := conn.dialect.queue(c.queue, c.provider.naming)
	if err != nil {
		return nil, err
	}
	if on.own = at.alone != ""; on.own {
		if on.conn, err = c.ownConnection(conn, at); err != nil { //nolint:contextcheck // it outlives the call
			return nil, err
		}
	}
	on.inflow = on.conn.intake.expect(c.maxMessage)
	on.link, err = c.provider.openQueue(ctx, on.conn, c.queue, on.inflow.name)
	if err == nil {
		err = on.link.end.IssueCredit(c.prefetch)
	}
	if err != nil {
		on.close(context.WithoutCancel(ctx)) // else it would hold its queue
		return nil, fmt.Errorf("attach to %s: %w", c.source, err)
	}
	on.flow.issued.Store(int64(c.prefetch))
	return on, nil
}

// openQueue attaches to a queue by a link of that name, without asking for
// messages.
func (p *Provider) openQueue(ctx context.Context, conn *connection, queue eventing.Queue, name string) (*link[*amqp.Receiver], error) {
	at, err := conn.dialect.queue(queue, p.naming)
	if err != nil {
		return nil, err
	}
	opened, err := openReceiver(ctx, conn, at.node, name)
	if err == nil {
		return opened, nil
	}
	switch explained := conn.dialect.explain(queue, p.naming, err); {
	case explained != nil:
		err = explained
	case isRefusal(err):
		err = fmt.Errorf("the broker refuses: %s", describe(err))
	default:
		err = fmt.Errorf("%w: %s", eventing.ErrUnavailable, describe(err))
	}
	return nil, err
}

// Receive implements [eventing.Consumer]. Where the link has ended, it has a new
// one made, and waits for it.
func (c *consumer) Receive(ctx context.Context, into *eventing.Delivery) error {
	for {
		if c.closed.Load() {
			return eventing.ErrClosed
		}
		if err := ctx.Err(); err != nil {
			return err // the library would still return what was prefetched
		}
		on, err := c.attached(ctx)
		if err != nil {
			return err
		}
		c.waiting.Add(1)
		received, err := on.link.end.Receive(ctx, nil)
		c.waiting.Add(-1)
		switch {
		case c.closed.Load():
			return eventing.ErrClosed // the end of the link gives it back
		case err == nil && on.conn.isLost():
			err = on.conn.Err() // what was prefetched can't be settled any more
		case err == nil:
			if !c.fill(into, on, received) { //nolint:contextcheck // what it begins outlives the call
				continue
			}
			c.count(on, into)
			return nil
		case ctx.Err() != nil && errors.Is(err, ctx.Err()):
			return err
		}
		if err := c.attachAgain(on, err); err != nil { //nolint:contextcheck // it outlives the call
			return err
		}
	}
}

// fill is false for what stands for a message that is nobody's here.
func (c *consumer) fill(into *eventing.Delivery, on *attachment, received *amqp.Message) bool {
	arrived := &arrival{received: received, on: on, size: on.inflow.take()}
	if size, ok := received.Annotations[replaced].(uint64); ok {
		on.inflow.settle(arrived.size)
		c.setAside(on, received, size)
		return false
	}
	message := &arrived.Message
	read(message, received, c.queue.Event)
	// Not by the link's own maximum: a message above that ends the link, and
	// comes again on the next one, for ever.
	if size := int64(len(message.Body)); message.Invalid == nil && size > c.maxMessage {
		message.Invalid = tooLarge(size, c.maxMessage)
	}
	*into = eventing.Delivery{Message: message, Count: deliveryCount(received), Tag: arrived}
	return true
}

// Settle implements [eventing.Consumer].
func (c *consumer) Settle(delivery *eventing.Delivery, disposition eventing.Disposition) error {
	arrived, ok := delivery.Tag.(*arrival)
	if !ok {
		return errors.New("amqp: the delivery isn't of this provider")
	}
	on := arrived.on
	on.inflow.settle(arrived.size)
	switch disposition {
	case eventing.Accept:
	case eventing.Release:
		return nil // the end of the link gives it back: see Close
	default:
		return fmt.Errorf("amqp: can't settle a delivery by disposition %v", disposition)
	}
	if c.current.Load() != on {
		return fmt.Errorf("settle a message of %s: %w: its link has ended, so that it comes again", c.source, eventing.ErrUnavailable)
	}
	// Without a limit of its own: one that runs out during a write would cost the
	// connection. The connection's write timeout ends it.
	if err := on.link.end.AcceptMessage(context.Background(), arrived.received); err != nil {
		return fmt.Errorf("settle a message of %s: %w: %s", c.source, eventing.ErrUnavailable, describe(err))
	}
	switch accepted, issued := on.flow.accepted.Add(1), on.flow.issued.Load(); {
	case issued < c.provider.maxDeliveries:
		c.renewCredit(on)
	case accepted == issued: // nothing would be given back
		_ = c.attachAgain(on, errUsedUp) // fails where the provider stops
	}
	return nil
}

// renewCredit asks for as many messages as were settled, by halves of the
// prefetch, so that not each message costs a frame.
func (c *consumer) renewCredit(on *attachment) {
	if c.closed.Load() || on.settled.Add(1) < max(c.prefetch/2, 1) {
		return
	}
	if count := on.settled.Swap(0); count > 0 {
		on.flow.issued.Add(int64(count))
		_ = on.link.end.IssueCredit(count) // fails for links with automatic credit only
	}
}

// Close implements [eventing.Consumer]. The end of the link gives back what
// wasn't accepted, uncounted and in its old order. Artemis would offer a message
// that is released before that to this very link again, while it has credit, or
// let new messages overtake it: it delivers those directly where it believes
// the queue to be empty.
func (c *consumer) Close(ctx context.Context) error {
	c.mu.Lock()
	closed, on, changed := c.closed.Swap(true), c.current.Load(), c.changed
	c.mu.Unlock()
	if closed {
		return nil
	}
	c.end()
	c.provider.letGo(c)
	err := c.provider.do(ctx, func() error {
		if on == nil {
			<-changed // what it has attached meanwhile is closed
			return nil
		}
		// A context that ends would cost the connection during a write.
		on.close(context.WithoutCancel(ctx))
		return nil
	})
	if err == nil || c.provider.Err() != nil || on != nil && on.conn.isLost() {
		return nil //nolint:nilerr // a connection that has ended gave all back
	}
	return fmt.Errorf("close the consumer of %s: %w", c.source, err)
}
