package amqp

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/Azure/go-amqp"
)

// flight is what was written to one link.
type flight struct {
	written int64 // messages so far; the writer's own
	pending chan pending
	broken  chan struct{} // closed when one has ended without an outcome

	mu      sync.Mutex // guards what follows
	unknown []pending  // those that did
	why     error
}

// pending is a message that was written and not confirmed.
type pending struct {
	job     *job
	receipt amqp.SendReceipt
	place   int64 // in the order of writing
}

// left returns the messages without an outcome, in the order of writing.
func (f *flight) left() []*job {
	slices.SortFunc(f.unknown, func(a, b pending) int { return cmp.Compare(a.place, b.place) })
	jobs := make([]*job, len(f.unknown))
	for i, each := range f.unknown {
		jobs[i] = each.job
	}
	return jobs
}

// errUsedUp is why a link is given up that works: see [maxDeliveries].
var errUsedUp = errors.New("the session has had its messages")

// retire ends a link that is used up, once all has its outcome. What has none
// after a while is sent again on the next one.
func retire(link *amqp.Sender, confirmed <-chan struct{}) {
	timer := time.NewTimer(10 * lateness)
	defer timer.Stop()
	select {
	case <-confirmed:
	case <-timer.C:
		ctx, cancel := context.WithTimeout(context.Background(), 10*lateness)
		defer cancel()
		_ = link.Close(ctx)
	}
}

// lateness is how long the oldest message may have no outcome before the others
// don't wait for it any more.
const lateness = time.Second

// confirm waits for the outcomes in the order of writing, in which they mostly
// come. Where one is late, all that were written by then are waited for each on
// its own: a message that the broker never settles is no other's concern.
func (s *sender) confirm(flight *flight) {
	var late sync.WaitGroup
	defer late.Wait()
	next, more := <-flight.pending
	for more {
		waiting, found := s.confirmFrom(flight, next)
		if !found {
			return
		}
		if waiting.place != next.place { // it had a part of the time only
			next = waiting
			continue
		}
		late.Go(func() { s.await(flight, waiting) })
		for range len(flight.pending) {
			behind := <-flight.pending
			late.Go(func() { s.await(flight, behind) })
		}
		next, more = <-flight.pending
	}
}

// confirmFrom waits for the outcomes of the first message and those behind it.
// When the time is over in which the first one should have its own, it returns
// the message that waits.
func (s *sender) confirmFrom(flight *flight, first pending) (waiting pending, found bool) {
	ctx, end := context.WithTimeout(context.Background(), lateness)
	defer end()
	for next, more := first, true; more; next, more = <-flight.pending {
		state, err := next.receipt.Wait(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			return next, true
		}
		s.conclude(flight, next, state, err)
	}
	return pending{}, false
}

// await waits for one outcome. The end of the link is its end too.
func (s *sender) await(flight *flight, one pending) {
	state, err := one.receipt.Wait(context.Background())
	s.conclude(flight, one, state, err)
}

// conclude tells the outcome to who waits for it, or notes that there is none.
func (s *sender) conclude(flight *flight, one pending, state amqp.DeliveryState, why error) {
	s.unconfirmed.Add(-1)
	if state != nil {
		one.job.decide(one.job.outcome(state))
		signal(s.changed)
		return
	}
	flight.mu.Lock()
	defer flight.mu.Unlock()
	if len(flight.unknown) == 0 {
		flight.why = why
		close(flight.broken)
	}
	flight.unknown = append(flight.unknown, one)
}
