package memory

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"github.com/aspyx-go/aspyx/eventing"
)

var errNotHeld = errors.New("this consumer doesn't hold it (settle each delivery once, with the consumer that received it)")

// consumer is one provider's hold on one queue. It is guarded by the lock of
// the queue's address.
type consumer struct {
	provider *Provider
	queue    *queue
	prefetch int

	waiting   ring[*parked] // receivers
	assigned  ring[item]    // ready messages of keys that this consumer owns
	pace      pace          // of Receive
	unsettled int
	slots     []*held // all that were ever needed, prefetch at most
	free      []*held // those of them that hold nothing
	closed    bool
}

// held is a place for one unsettled message. Deliveries have it as their tag.
// A consumer uses its places again, so that receiving doesn't allocate.
type held struct {
	item
	consumer *consumer // who holds it; nil where the place is free
}

// count counts this delivery too.
func (h *held) count() int { return int(h.lost) + 1 }

var _ eventing.Consumer = (*consumer)(nil)

// Receive fills into with the next message.
func (c *consumer) Receive(ctx context.Context, into *eventing.Delivery) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	a := c.queue.address
	a.mu.Lock()
	if c.closed {
		a.unlock()
		return c.errClosed("receive from")
	}
	if from := c.source(); from != nil {
		h := c.take(from)
		message, count := h.message, h.count()
		yields := c.pace.step()
		a.unlock()
		fill(into, message, count, h)
		if yields {
			runtime.Gosched()
		}
		return nil
	}
	p := a.broker.park()
	c.waiting.pushBack(p)
	a.unlock()

	err := c.wait(ctx, p)
	if err == nil {
		fill(into, p.message, p.count, p.held)
	}
	a.broker.unpark(p)
	return err
}

// wait returns when p was served, or has left because the context is done.
func (c *consumer) wait(ctx context.Context, p *parked) error {
	select {
	case <-p.wake:
		return p.err
	case <-ctx.Done():
	}
	a := c.queue.address
	a.mu.Lock()
	left := remove(&c.waiting, p)
	a.unlock()
	if left {
		return ctx.Err()
	}
	<-p.wake // it was served at the same time: a message must not get lost
	return p.err
}

func fill(into *eventing.Delivery, message *eventing.Message, count int, h *held) {
	into.Message, into.Count, into.Tag = message, count, h
}

// serve hands the next message to a receiver that waits, if there are both.
func (c *consumer) serve() bool {
	if c.waiting.len() == 0 {
		return false
	}
	from := c.source()
	if from == nil {
		return false
	}
	p := c.waiting.popFront()
	p.held = c.take(from)
	p.message, p.count = p.held.message, p.held.count()
	c.queue.address.served(p)
	return true
}

// take moves the first message of a ring, which is the consumer's source, into
// its hands.
func (c *consumer) take(from *ring[item]) *held {
	var h *held
	if last := len(c.free) - 1; last >= 0 {
		h, c.free = c.free[last], c.free[:last]
	} else {
		h = &held{}
		c.slots = append(c.slots, h)
	}
	h.item, h.consumer = from.popFront(), c
	if h.keyed {
		c.own(&h.item)
	}
	c.unsettled++
	c.queue.unsettled++
	return h
}

// giveUp empties a place and returns what was in it.
func (c *consumer) giveUp(h *held) item {
	it := h.item
	*h = held{}
	c.free = append(c.free, h)
	c.unsettled--
	c.queue.unsettled--
	return it
}

// Settle ends a delivery.
func (c *consumer) Settle(delivery *eventing.Delivery, disposition eventing.Disposition) error {
	if disposition != eventing.Accept && disposition != eventing.Release {
		return fmt.Errorf("settle a delivery of %s: disposition %v is neither accept nor release", c.queue.spec, disposition)
	}
	h, ok := delivery.Tag.(*held)
	if !ok {
		return fmt.Errorf("settle a delivery of %s: %w", c.queue.spec, errNotHeld)
	}
	a := c.queue.address
	a.mu.Lock()
	if c.closed {
		a.unlock()
		return c.errClosed("settle a delivery of")
	}
	if h.consumer != c || h.message != delivery.Message {
		a.unlock()
		return fmt.Errorf("settle a delivery of %s: %w", c.queue.spec, errNotHeld)
	}
	it := c.giveUp(h)
	if disposition == eventing.Accept {
		c.queue.accept(it)
	} else {
		c.queue.restore(it, c)
	}
	c.queue.dispatch() // the consumer may hold one more
	a.unlock()
	delivery.Tag = nil
	return nil
}

// Close gives back what is unsettled, uncounted. It ends those who wait in
// Receive.
func (c *consumer) Close(context.Context) error { return c.end(0) }

// end closes the consumer. What is unsettled was lost so often more: once, where
// its provider stops, as the death of its process would.
func (c *consumer) end(lost int32) error {
	q := c.queue
	a := q.address
	a.mu.Lock()
	if !c.closed {
		c.closed = true
		q.consumers = slices.DeleteFunc(q.consumers, func(other *consumer) bool { return other == c })
		c.giveBack(lost)
		if q.spec.Exclusive() && !q.spec.Durable {
			a.drop(q)
		}
		q.dispatch()
		a.admit()
		a.idle = true // Drain doesn't wait for a queue without consumers
	}
	a.unlock()
	c.provider.forget(c)
	return nil
}

func (c *consumer) giveBack(lost int32) {
	back := make([]item, 0, c.unsettled+c.assigned.len())
	for _, h := range c.slots {
		if h.consumer != nil {
			it := c.giveUp(h)
			it.lost += lost
			c.queue.totals.released++
			back = append(back, it)
		}
	}
	for c.assigned.len() > 0 {
		back = append(back, c.assigned.popFront())
	}
	c.queue.restoreAll(back)
	for c.waiting.len() > 0 {
		p := c.waiting.popFront()
		p.err = c.errClosed("receive from")
		c.queue.address.served(p)
	}
}

func (c *consumer) errClosed(verb string) error {
	return fmt.Errorf("%s %s: %w", verb, c.queue.spec, eventing.ErrClosed)
}
