package memory

import (
	"context"
	"fmt"

	"github.com/aspyx-go/aspyx/eventing"
)

// drain makes delayed messages due, now and from now on, and returns when all
// queues with a consumer are empty. Then the broker takes no more messages.
func (b *Broker) drain(ctx context.Context) error {
	b.draining.Store(true)
	for _, a := range b.all() {
		a.mu.Lock()
		for _, q := range a.queues {
			q.stopTimer()
			q.ripen(func(delayed) bool { return true })
		}
		a.unlock()
	}
	defer b.refuse()
	for !b.closeIdle() {
		select {
		case <-b.idled:
		case <-ctx.Done():
			return fmt.Errorf("wait until the queues are empty: %w", ctx.Err())
		}
	}
	b.signalIdle() // a second drain may wait too
	return nil
}

// closeIdle closes the broker to messages if all queues with a consumer are
// empty. It holds the locks of all addresses at once: a handler of one event
// sends others, and looking at one address after the other could miss them.
// Nobody else holds two of these locks, so that no order can be wrong.
func (b *Broker) closeIdle() bool {
	all := b.all()
	for _, a := range all {
		a.mu.Lock()
	}
	defer func() {
		for _, a := range all {
			a.mu.Unlock()
		}
	}()
	for _, a := range all {
		for _, q := range a.queues {
			if q.messages > 0 && len(q.consumers) > 0 {
				return false
			}
		}
	}
	b.closed.Store(true)
	return true
}

// refuse closes the broker to messages, those in line included.
func (b *Broker) refuse() {
	b.closed.Store(true)
	for _, a := range b.all() {
		a.mu.Lock()
		for a.line.len() > 0 {
			p := a.line.popFront()
			p.err = notSent(eventing.ErrClosed)
			a.served(p)
		}
		a.unlock()
	}
}

// signalIdle has drain look again.
func (b *Broker) signalIdle() {
	if !b.draining.Load() {
		return
	}
	select {
	case b.idled <- struct{}{}:
	default: // it is going to look anyway
	}
}

// close takes no more messages, ends the timers and waits for them.
func (b *Broker) close() {
	b.draining.Store(true)
	b.refuse()
	for _, a := range b.all() {
		a.mu.Lock()
		for _, q := range a.queues {
			q.stopTimer()
		}
		a.unlock()
	}
	b.timers.Wait()
}
