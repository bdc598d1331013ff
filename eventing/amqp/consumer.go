package amqp

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync/atomic"

	"github.com/Azure/go-amqp"

	"github.com/aspyx-go/aspyx/eventing"
)

// consumer is one listener's link to its queue.
type consumer struct {
	provider *Provider
	event    string
	source   string // where it is attached, for errors
	link     *link[*amqp.Receiver]
	prefetch uint32

	maxMessage int64 // bytes of a body

	settled atomic.Uint32 // since credit was issued last
	closed  atomic.Bool
}

var _ eventing.Consumer = (*consumer)(nil)

// Attach implements [eventing.Provider].
func (p *Provider) Attach(ctx context.Context, queue eventing.Queue, prefetch int) (eventing.Consumer, error) {
	ctx, cancel := p.limit(ctx)
	defer cancel()
	made, err := await(ctx, p, func() (*consumer, error) { return p.attach(ctx, queue, prefetch) }, func(late *consumer) {
		late.link.close(context.WithoutCancel(ctx))
	})
	if err != nil {
		return nil, err // not made: a nil pointer in an interface isn't nil
	}
	return made, nil
}

// attach opens the link and asks for the first messages.
func (p *Provider) attach(ctx context.Context, queue eventing.Queue, prefetch int) (*consumer, error) {
	at := queueNode(queue, p.naming)
	opened, err := openReceiver(ctx, p.consuming, at)
	if err != nil {
		return nil, p.attachError(queue, at, err)
	}
	made := &consumer{
		provider: p,
		event:    queue.Event,
		source:   at.address,
		link:     opened,
		prefetch: uint32(max(prefetch, 1)), //nolint:gosec // far below

		maxMessage: p.maxMessage,
	}
	if queue.IsDeadLetter() {
		made.maxMessage = math.MaxInt64 // it was put aside for being looked at
	}
	if err := opened.end.IssueCredit(made.prefetch); err != nil {
		opened.close(context.WithoutCancel(ctx)) // else it would hold its queue
		return nil, fmt.Errorf("attach to %s: %w", at.address, err)
	}
	return made, nil
}

// attachError explains why a link to a queue was refused.
func (p *Provider) attachError(queue eventing.Queue, at node, err error) error {
	switch {
	case mentions(err, "AMQ229200"), mentions(err, "Maximum Consumer Limit"):
		owner := "another process"
		if queue.Exclusive() {
			owner += fmt.Sprintf(" that runs as server %q too", queue.Server)
		}
		return fmt.Errorf("attach to %s: %w: that of %s", at.address, eventing.ErrQueueInUse, owner)
	case hasCondition(err, amqp.ErrCondNotFound) && mentions(err, "does not exist for address"):
		return fmt.Errorf("attach to %s: %w", at.address, elsewhereError(queue, p.naming, ""))
	case isRefusal(err):
		return fmt.Errorf("attach to %s: the broker refuses: %s", at.address, describe(err))
	default:
		return fmt.Errorf("attach to %s: %w: %s", at.address, eventing.ErrUnavailable, describe(err))
	}
}

// Receive implements [eventing.Consumer].
func (c *consumer) Receive(ctx context.Context, into *eventing.Delivery) error {
	if c.closed.Load() {
		return eventing.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err // the library would still return what was prefetched
	}
	received, err := c.link.end.Receive(ctx, nil)
	if err != nil {
		return c.receiveError(ctx, err)
	}
	if c.closed.Load() {
		return eventing.ErrClosed // the end of the link gives it back
	}
	message := read(received, c.event)
	// Not by the link's own maximum: a message above that ends the link, and
	// comes again on the next one, for ever.
	if size := int64(len(message.Body)); message.Invalid == nil && size > c.maxMessage {
		message.Invalid = tooLarge(size, c.maxMessage)
	}
	*into = eventing.Delivery{Message: message, Count: deliveryCount(received), Tag: received}
	return nil
}

func (c *consumer) receiveError(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return err
	}
	if c.closed.Load() {
		return eventing.ErrClosed
	}
	if ended := c.provider.Err(); ended != nil {
		return ended
	}
	return fmt.Errorf("receive from %s: %w: %s", c.source, eventing.ErrUnavailable, describe(err))
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
	// Without a limit of its own: one that runs out during a write would cost
	// the connection. The connection's write timeout ends it.
	if err := c.link.end.AcceptMessage(context.Background(), received); err != nil {
		return fmt.Errorf("settle a message of %s: %w: %s", c.source, eventing.ErrUnavailable, describe(err))
	}
	c.renewCredit()
	return nil
}

// renewCredit asks for as many messages as were settled, by halves of the
// prefetch, so that not each message costs a frame.
func (c *consumer) renewCredit() {
	if c.closed.Load() || c.settled.Add(1) < max(c.prefetch/2, 1) {
		return
	}
	if count := c.settled.Swap(0); count > 0 {
		_ = c.link.end.IssueCredit(count) // fails for links with automatic credit only
	}
}

// Close implements [eventing.Consumer]. The end of the link gives back what
// wasn't accepted, uncounted and in its old order. Artemis would offer a message
// that is released before that to this very link again, while it has credit, or
// let new messages overtake it: it delivers those directly where it believes
// the queue to be empty.
func (c *consumer) Close(ctx context.Context) error {
	if c.closed.Swap(true) {
		return nil
	}
	err := c.provider.do(ctx, func() error {
		// A context that ends would cost the connection during a write.
		c.link.close(context.WithoutCancel(ctx))
		return nil
	})
	if err == nil || c.provider.Err() != nil {
		return nil //nolint:nilerr // a connection that has ended gave all back
	}
	return fmt.Errorf("close the consumer of %s: %w", c.source, err)
}
