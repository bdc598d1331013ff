package eventingtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// reaction is what a listener does.
type reaction func(ctx context.Context, event sample) error

// On makes types that embed a reaction handlers.
func (r reaction) On(ctx context.Context, event sample) error { return r(ctx, event) }

// The listeners. Those without further options have the default policy, and
// handle one event at a time.
type (
	alpha struct {
		eventing.Listener[sample] `listener:"name=alpha"`
		reaction
	}
	beta struct {
		eventing.Listener[sample] `listener:"name=beta"`
		reaction
	}
	gamma struct {
		eventing.Listener[sample] `listener:"name=gamma"`
		reaction
	}
	pair struct {
		eventing.Listener[sample] `listener:"name=pair,concurrency=2"`
		reaction
	}
	each struct {
		eventing.Listener[sample] `listener:"name=each,per_process"`
		reaction
	}
	eachOnce struct {
		eventing.Listener[sample] `listener:"name=each-once,per_process,retries=0"`
		reaction
	}
	eachLater struct {
		eventing.Listener[sample] `listener:"name=each-later,per_process,retries=1,backoff=2500ms"`
		reaction
	}
	memberOne struct {
		eventing.Listener[sample] `listener:"name=member-one,group=crew"`
		reaction
	}
	memberTwo struct {
		eventing.Listener[sample] `listener:"name=member-two,group=crew"`
		reaction
	}
	once struct {
		eventing.Listener[sample] `listener:"name=once,retries=0"`
		reaction
	}
	known struct {
		eventing.Listener[sample] `listener:"name=known,once"`
		reaction
	}
	twice struct {
		eventing.Listener[sample] `listener:"name=twice,retries=1,backoff=10ms"`
		reaction
	}
	// later waits longer than the policy lets a listener pause in place.
	later struct {
		eventing.Listener[sample] `listener:"name=later,retries=1,backoff=2500ms"`
		reaction
	}
)

// answers listens to replies.
type answers struct {
	eventing.Listener[reply] `listener:"name=answers"`

	handle func(ctx context.Context, event reply) error
}

func (a *answers) On(ctx context.Context, event reply) error { return a.handle(ctx, event) }

// call is one call of a listener.
type call struct {
	listener        string
	number, attempt int
}

// journal keeps the calls of all listeners of a case.
type journal struct {
	mu      sync.Mutex
	calls   []call
	changed chan struct{} // holds a token after a change
}

func (j *journal) add(c call) {
	j.mu.Lock()
	j.calls = append(j.calls, c)
	j.mu.Unlock()
	select {
	case j.changed <- struct{}{}:
	default: // whoever waits is going to look
	}
}

func (j *journal) all() []call {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.calls)
}

// note returns a reaction that writes itself down as listener, and then does
// what follows.
func (s *scene) note(listener string, then ...reaction) reaction {
	return func(ctx context.Context, event sample) error {
		s.journal.add(call{listener, event.Number, eventing.EnvelopeFrom(ctx).Attempt()})
		for _, r := range then {
			if err := r(ctx, event); err != nil {
				return err
			}
		}
		return nil
	}
}

// await waits until done, which is asked again after each call of a listener.
func (s *scene) await(what string, done func() bool) {
	s.Helper()
	limit := s.limit()
	for !done() {
		select {
		case <-s.journal.changed:
		case <-limit.Done():
			require.FailNow(s, "this didn't happen in time: "+what, "the calls were: %s", summary(s.journal.all()))
		}
	}
}

func summary(calls []call) string {
	const most = 50
	if len(calls) > most {
		return fmt.Sprintf("%+v and %d more", calls[:most], len(calls)-most)
	}
	return fmt.Sprintf("%+v", calls)
}

// calls returns the calls of one listener, in their order.
func (s *scene) calls(listener string) []call {
	return slices.DeleteFunc(s.journal.all(), func(c call) bool { return c.listener != listener })
}

// numbers returns the numbers of the events that a listener was called with.
func (s *scene) numbers(listener string) []int {
	numbers := []int{}
	for _, c := range s.calls(listener) {
		numbers = append(numbers, c.number)
	}
	return numbers
}

// handled is numbers without the fence.
func (s *scene) handled(listener string) []int {
	return slices.DeleteFunc(s.numbers(listener), func(n int) bool { return n == fenceNumber })
}

// refusal is an error with a type to recognise.
type refusal struct{ reason string }

func (r *refusal) Error() string { return r.reason }

var errFirstAttempt = errors.New("the first attempt fails")

// failFirst fails the first attempt at the event with the number.
func failFirst(number int) reaction {
	return func(ctx context.Context, event sample) error {
		if event.Number == number && eventing.EnvelopeFrom(ctx).Attempt() == 1 {
			return errFirstAttempt
		}
		return nil
	}
}
