package soak

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/aspyx-go/aspyx/eventing"
)

const (
	sendersOfEachKind = 2

	// batch is how many events are sent at once.
	batch = 500

	// most is how many events may wait for their listeners: what the broker's
	// memory bears with ease.
	most = 20_000

	// longestTime is what a sender in a hurry gives an event: too little while
	// the broker is away, and often enough before.
	longestTime = 50 * time.Millisecond
)

// next returns the numbers of events to be sent, from first to before end.
func (r *run) next(ctx context.Context, count int) (first, end int) {
	r.ledger.await(ctx, most)
	return r.course.take(count)
}

// sendMany sends batches, with all the time that it takes.
func (r *run) sendMany(ctx context.Context, manager *eventing.EventManager) {
	for first, end := r.next(ctx, batch); first < end; first, end = r.next(ctx, batch) {
		events := make([]ticked, end-first)
		for i := range events {
			events[i].Number = first + i
		}
		limited, cancel := context.WithTimeout(ctx, patience)
		outcomes := byIndex(eventing.SendEvents(limited, manager, events), len(events))
		cancel()
		for i, err := range outcomes {
			r.ledger.confirmed(first+i, err)
		}
	}
}

// byIndex returns the outcome of each event of SendEvents.
func byIndex(err error, count int) []error {
	outcomes := make([]error, count)
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range joined.Unwrap() {
			if failed, ok := errors.AsType[*eventing.IndexError](err); ok {
				outcomes[failed.Index] = err
			}
		}
	}
	return outcomes
}

// sendAsync hands events over, and then waits for their outcomes.
func (r *run) sendAsync(ctx context.Context, manager *eventing.EventManager) {
	for first, end := r.next(ctx, batch); first < end; first, end = r.next(ctx, batch) {
		limited, cancel := context.WithTimeout(ctx, patience)
		var sent []*eventing.Sent
		for number := first; number < end; number++ {
			sent = append(sent, manager.SendAsync(limited, ticked{Number: number}))
		}
		for i, s := range sent {
			<-s.Done()
			r.ledger.confirmed(first+i, s.Wait(ctx))
		}
		cancel()
	}
}

// sendInTime sends one event after the other, each with a deadline.
func (r *run) sendInTime(ctx context.Context, manager *eventing.EventManager) {
	for number, end := r.next(ctx, 1); number < end; number, end = r.next(ctx, 1) {
		limited, cancel := context.WithTimeout(ctx, rand.N(longestTime))
		r.ledger.sent(number, manager.SendEvent(limited, &ticked{Number: number}))
		cancel()
	}
}
