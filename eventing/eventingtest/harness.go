package eventingtest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/aspyx-go/aspyx/eventing"
)

// T is what a case needs of [*testing.T].
type T interface {
	Helper()
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	FailNow()
	Cleanup(f func())
	Context() context.Context
}

var _ T = (*testing.T)(nil)

// Harness is how the suite gets at one kind of broker.
type Harness struct {
	// Provider returns a new provider that wasn't started. All of them talk to
	// one broker, each as another process would. Server is its server name,
	// empty for none. A queue must hold 6,000 small messages. It is called
	// from several goroutines, and fails the test itself where it can't.
	Provider func(t T, server string) eventing.Provider

	// Bounded is like Provider, for a broker whose queues hold less than 100
	// messages before senders wait. Nil means that the broker has no such
	// bound, as it pages to disk: then the case which needs one isn't run.
	Bounded func(t T, server string) eventing.Provider

	// Crashing is like Provider, and returns also what ends the provider as the
	// death of its process would: all that it holds is left unsettled, and the
	// broker counts or flags that. Nil means that the broker does neither: then
	// the cases which need that aren't run.
	Crashing func(t T, server string) (provider eventing.Provider, crash func())

	// Interrupted is like Provider, and returns also what ends the provider's
	// connections to the broker at once. They can be made again. Nil means that
	// there are none: then the case which needs that isn't run.
	Interrupted func(t T, server string) (provider eventing.Provider, interrupt func())

	// Report is called once all cases have ended, with what they have shown of
	// each promise, in the order of the promises. Where a case was left out by
	// the test's flags it isn't called. Nil means that nobody wants to know.
	Report func(t *testing.T, results []Result)

	refuse func(part string) // notes what the case has seen refused; nil means nobody does
}

// Case proves one part of one promise.
type Case struct {
	// Name is unique in the suite.
	Name string

	// Promise is the number of the promise that the case proves.
	Promise int

	// Bounded cases need [Harness.Bounded].
	Bounded bool

	// Crashing cases need [Harness.Crashing].
	Crashing bool

	// Interrupted cases need [Harness.Interrupted].
	Interrupted bool

	// Run runs the case, with an event of its own. What it started has ended
	// when the cleanups of t have run.
	Run func(t T, h Harness)
}

// Cases returns the suite, ordered by promise.
func Cases() []Case {
	return slices.Concat(
		queueCases(), sharingCases(), acknowledgementCases(), crashCases(), durabilityCases(), removalCases(),
		contentCases(), optionCases(), pipelineCases(), capabilityCases(), deadLetterCases(), replayCases(),
		retryCases(), serverCases(), subscriptionCases(), stopCases(), interruptionCases(), unroutableCases(), boundCases(),
		groupCases(), orderCases(),
	)
}

// Run runs all cases as subtests, beside each other.
func Run(t *testing.T, h Harness) {
	t.Helper()
	r := newReport(t, h)
	promises := map[int][]Case{}
	order := []int{}
	for _, c := range Cases() {
		if !slices.Contains(order, c.Promise) {
			order = append(order, c.Promise)
		}
		switch {
		case c.Bounded && h.Bounded == nil:
			t.Logf("not run, since the broker bounds its queues by its disk: %s", c.Name)
			r.leave(c)
		case c.Crashing && h.Crashing == nil:
			t.Logf("not run, since the broker neither counts deliveries nor flags them: %s", c.Name)
			r.leave(c)
		case c.Interrupted && h.Interrupted == nil:
			t.Logf("not run, since there is no connection that could be lost: %s", c.Name)
			r.leave(c)
		default:
			promises[c.Promise] = append(promises[c.Promise], c)
		}
	}
	for _, promise := range order {
		t.Run(fmt.Sprintf("promise-%d", promise), func(t *testing.T) {
			t.Parallel()
			for _, c := range promises[promise] {
				t.Run(c.Name, func(t *testing.T) {
					t.Parallel()
					c.Run(t, r.follow(t, c))
				})
			}
		})
	}
}

func bounded(c Case) Case {
	c.Bounded = true
	return c
}

func interrupted(c Case) Case {
	c.Interrupted = true
	return c
}

func crashing(c Case) Case {
	c.Crashing = true
	return c
}

// newCase makes a case of a function that works on a scene.
func newCase(promise int, name string, run func(*scene), options ...eventing.EventOption) Case {
	return Case{Name: name, Promise: promise, Run: func(t T, h Harness) { run(newScene(t, h, options)) }}
}
