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

	tries supervise.Backoff // of attaching again

	mu      sync.Mutex    // guards what follows, and the changes of what precedes
	changed chan struct{} // closed when attaching again has ended
	fault   error         // why it couldn't attach again, so far
}

// attachment is one link of a consumer.
type attachment struct {
	link    *link[*amqp.Receiver]
	conn    *connection
	since   time.Time
	settled atomic.Uint32 // since credit was issued last
}

var _ eventing.Consumer = (*consumer)(nil)

// Attach implements [eventing.Provider]. It waits for a connection within ctx;
// the broker's answer has a time limit.
func (p *Provider) Attach(ctx context.Context, queue eventing.Queue, prefetch int) (eventing.Consumer, error) {
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
		late.link.close(context.WithoutCancel(limited))
	})
	if err != nil {
		return err
	}
	made.current.Store(on)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.consumers[made] = struct{}{}
	return nil
}

// attach opens a link and asks for the first messages.
func (c *consumer) attach(ctx context.Context, conn *connection) (*attachment, error) {
	opened, err := c.provider.openQueue(ctx, conn, c.queue)
	if err != nil {
		return nil, err
	}
	if err := opened.end.IssueCredit(c.prefetch); err != nil {
		opened.close(context.WithoutCancel(ctx)) // else it would hold its queue
		return nil, fmt.Errorf("attach to %s: %w", c.source, err)
	}
	return &attachment{link: opened, conn: conn, since: time.Now()}, nil
}

// openQueue attaches to a queue, without asking for messages.
func (p *Provider) openQueue(ctx context.Context, conn *connection, queue eventing.Queue) (*link[*amqp.Receiver], error) {
	at, err := conn.dialect.queue(queue, p.naming)
	if err != nil {
		return nil, err
	}
	opened, err := openReceiver(ctx, conn, at)
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
	return nil, fmt.Errorf("attach to %s: %w", at.address, err)
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
		received, err := on.link.end.Receive(ctx, nil)
		switch {
		case c.closed.Load():
			return eventing.ErrClosed // the end of the link gives it back
		case err == nil && on.conn.isLost():
			err = on.conn.Err() // what was prefetched can't be settled any more
		case err == nil:
			c.fill(into, received)
			return nil
		case ctx.Err() != nil && errors.Is(err, ctx.Err()):
			return err
		}
		if err := c.attachAgain(on, err); err != nil { //nolint:contextcheck // it outlives the call
			return err
		}
	}
}

func (c *consumer) fill(into *eventing.Delivery, received *amqp.Message) {
	message := read(received, c.queue.Event)
	// Not by the link's own maximum: a message above that ends the link, and
	// comes again on the next one, for ever.
	if size := int64(len(message.Body)); message.Invalid == nil && size > c.maxMessage {
		message.Invalid = tooLarge(size, c.maxMessage)
	}
	*into = eventing.Delivery{Message: message, Count: deliveryCount(received), Tag: received}
}

// Settle implements [eventing.Consumer].
func (c *consumer) Settle(delivery *eventing.Delivery, disposition eventing.Disposition) error {
	received, ok := delivery.Tag.(*amqp.Message)
	if !ok {
		return errors.New("amqp: the delivery isn't of this provider")
	}
	switch disposition {
	case eventing.Accept:
	case eventing.Release:
		return nil // the end of the link gives it back: see Close
	default:
		return fmt.Errorf("amqp: can't settle a delivery by disposition %v", disposition)
	}
	on := c.current.Load()
	if on == nil {
		return fmt.Errorf("settle a message of %s: %w: its link has ended, so that it comes again", c.source, eventing.ErrUnavailable)
	}
	// The library settles it on the link that it came by, and refuses that where
	// the link has ended. Without a limit of its own: one that runs out during a
	// write would cost the connection. The connection's write timeout ends it.
	if err := on.link.end.AcceptMessage(context.Background(), received); err != nil {
		return fmt.Errorf("settle a message of %s: %w: %s", c.source, eventing.ErrUnavailable, describe(err))
	}
	// So it came by this link: it was the current one before.
	c.renewCredit(on)
	return nil
}

// renewCredit asks for as many messages as were settled, by halves of the
// prefetch, so that not each message costs a frame.
func (c *consumer) renewCredit(on *attachment) {
	if c.closed.Load() || on.settled.Add(1) < max(c.prefetch/2, 1) {
		return
	}
	if count := on.settled.Swap(0); count > 0 {
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
		on.link.close(context.WithoutCancel(ctx))
		return nil
	})
	if err == nil || c.provider.Err() != nil || on != nil && on.conn.isLost() {
		return nil //nolint:nilerr // a connection that has ended gave all back
	}
	return fmt.Errorf("close the consumer of %s: %w", c.source, err)
}
