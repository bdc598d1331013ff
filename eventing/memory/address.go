package memory

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/aspyx-go/aspyx/eventing"
)

var (
	errTooLarge = fmt.Errorf("%w: it is larger than a queue may be (raise MaxBytes in memory.Config)", eventing.ErrTooLarge)
	errNoTarget = errors.New("its target queue doesn't exist (declare it before)")
)

func notSent(cause error) error { return fmt.Errorf("%w: %w", eventing.ErrNotSent, cause) }

func rejected(cause error) error { return fmt.Errorf("%w: %w", eventing.ErrRejected, cause) }

// address is what events of one name are sent to. Its lock guards its queues
// and their consumers too: that makes a message enter all queues at once, and
// it is the only lock on the way of a message.
type address struct {
	broker *Broker
	name   string

	mu     sync.Mutex
	queues []*queue
	line   ring[*parked] // senders that wait for room
	woken  *parked       // whom unlock wakes
	losing []loss        // what unlock logs
	pace   pace          // of submit
	room   bool          // unlock lets in who waits for it
	idle   bool          // unlock tells Drain that a queue has become empty
}

// unlock lets senders in for whom there is room since messages are over,
// releases the lock and then wakes those who were served under it: no
// channel is touched with the lock held.
func (a *address) unlock() {
	for a.room {
		a.room = false
		a.admit()
	}
	woken, idle := a.woken, a.idle
	a.woken, a.idle = nil, false
	var losing []loss
	if a.losing != nil {
		losing, a.losing = a.losing, nil
	}
	a.mu.Unlock()
	for woken != nil {
		next := woken.next // read first: once woken, it may wait elsewhere
		woken.next = nil
		woken.wake <- struct{}{}
		woken = next
	}
	if idle {
		a.broker.signalIdle()
	}
	for _, l := range losing {
		l.log()
	}
}

// served has p woken by unlock.
func (a *address) served(p *parked) {
	p.next, a.woken = a.woken, p
}

func (a *address) find(name string) *queue {
	for _, q := range a.queues {
		if q.name == name {
			return q
		}
	}
	return nil
}

// submit puts the message into the queues, or waits in line for room until
// the context is done or the sender is stopped.
func (a *address) submit(ctx context.Context, s submission) error {
	a.mu.Lock()
	if err := a.route(&s); err != nil {
		a.unlock()
		return err
	}
	if (s.target != nil || a.line.len() == 0) && a.takes(s) {
		a.place(s)
		yields := a.pace.step()
		a.unlock()
		if yields {
			runtime.Gosched()
		}
		return nil
	}
	if s.target == nil && a.broker.overflow == OverflowError {
		a.unlock()
		return rejected(ErrQueueFull)
	}
	p := a.broker.park()
	p.submission = s
	a.line.pushBack(p)
	a.unlock()

	var err error
	select {
	case <-p.wake:
		err = p.err
	case <-ctx.Done():
		err = a.leave(p, context.Cause(ctx))
	case <-s.sender.done:
		err = a.leave(p, eventing.ErrClosed)
	}
	a.broker.unpark(p)
	return err
}

// route finds the target. Its error tells why the message can't be taken.
func (a *address) route(s *submission) error {
	if a.broker.closed.Load() {
		return notSent(eventing.ErrClosed)
	}
	if s.message.Target != nil {
		s.target = a.find(queueName(*s.message.Target))
		if s.target == nil {
			return rejected(errNoTarget)
		}
	}
	return a.refusal(*s)
}

// refusal tells why no queue takes a message, now or ever, where none does.
func (a *address) refusal(s submission) error {
	switch {
	case s.target != nil && s.target.gone:
		return rejected(errNoTarget)
	case s.target == nil && s.message.Mandatory && len(a.queues) == 0:
		return rejected(eventing.ErrUnroutable)
	default:
		return nil
	}
}

// leave takes a sender out of the line, unless it was served meanwhile.
func (a *address) leave(p *parked, cause error) error {
	a.mu.Lock()
	left := remove(&a.line, p)
	if left {
		a.admit() // a smaller message behind p may fit
	}
	a.unlock()
	if left {
		return notSent(cause)
	}
	<-p.wake
	return p.err
}

// admit serves those in line for whom there is room, strictly in order, so
// that small messages can't starve a large one.
func (a *address) admit() {
	for a.line.len() > 0 {
		p := *a.line.at(0)
		switch p.err = a.refusal(p.submission); {
		case p.err != nil:
		case a.takes(p.submission):
			a.place(p.submission)
		default:
			return
		}
		a.line.popFront()
		a.served(p)
	}
}

// takes tells whether the message can be placed. It makes room, where that is
// to be done by dropping others.
func (a *address) takes(s submission) bool {
	return a.fits(s) || a.makeRoom(s)
}

func (a *address) fits(s submission) bool {
	if s.target != nil {
		return s.target.fitsTargeted()
	}
	for _, q := range a.queues {
		if !q.fits(s.size) {
			return false
		}
	}
	return true
}

func (a *address) place(s submission) {
	if s.target != nil {
		s.target.put(s.message, s.size)
		return
	}
	for _, q := range a.queues {
		q.put(s.message, s.size)
	}
}

// drop removes a queue with all that is in it.
func (a *address) drop(q *queue) {
	q.gone = true
	q.stopTimer()
	a.queues = slices.DeleteFunc(a.queues, func(other *queue) bool { return other == q })
}
