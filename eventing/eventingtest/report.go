package eventingtest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Result is what a run of the suite has shown of one promise.
type Result struct {
	// Promise is the number of the promise.
	Promise int

	// Keeper says who keeps the promise: "native" is the broker or its provider,
	// "by us" is eventing, for every provider alike.
	Keeper string

	// Refused are the parts that the provider says it lacks: the suite has seen
	// that what needs them is refused. It is empty where it lacks none.
	Refused []string

	// Passed and Failed are how many cases have ended so, and Left is how many
	// weren't run, as the harness can't.
	Passed, Failed, Left int
}

// String returns who keeps the promise, and what it is kept without.
func (r Result) String() string {
	text := r.Keeper
	if r.Failed > 0 {
		text = fmt.Sprintf("broken (%d cases failed)", r.Failed)
	}
	if r.Passed+r.Failed == 0 {
		text = "nothing to show"
	}
	if len(r.Refused) > 0 {
		text += "; refused: " + strings.Join(r.Refused, ", ")
	}
	if r.Left > 0 {
		text += fmt.Sprintf("; cases not run: %d", r.Left)
	}
	return text
}

// keepers says who keeps each promise, as the code is divided: a provider moves
// messages, and eventing decides.
var keepers = map[int]string{
	1: "native", 2: "native", 3: "native and by us", 4: "native", 5: "native", 6: "by us", 7: "by us",
	8: "by us", 9: "native and by us", 10: "native", 11: "native", 12: "native and by us", 13: "native and by us",
}

// report gathers the results of one run.
type report struct {
	harness Harness

	mu      sync.Mutex
	results map[int]*Result
	ended   int
}

// newReport has the results reported when all subtests of t have ended.
func newReport(t *testing.T, h Harness) *report {
	t.Helper()
	r := &report{harness: h, results: map[int]*Result{}}
	t.Cleanup(func() {
		if h.Report == nil || r.ended < len(Cases()) {
			return
		}
		var results []Result
		for _, result := range r.results {
			slices.Sort(result.Refused)
			results = append(results, *result)
		}
		slices.SortFunc(results, func(x, y Result) int { return x.Promise - y.Promise })
		h.Report(t, results)
	})
	return r
}

// change changes the result of a promise.
func (r *report) change(promise int, f func(*Result)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	result := r.results[promise]
	if result == nil {
		result = &Result{Promise: promise, Keeper: keepers[promise]}
		r.results[promise] = result
	}
	f(result)
}

func (r *report) leave(c Case) {
	r.change(c.Promise, func(result *Result) {
		result.Left++
		r.ended++
	})
}

// follow returns the harness of a case, whose end it notes.
func (r *report) follow(t *testing.T, c Case) Harness {
	t.Helper()
	t.Cleanup(func() {
		r.change(c.Promise, func(result *Result) {
			r.ended++
			if t.Failed() {
				result.Failed++
			} else {
				result.Passed++
			}
		})
	})
	h := r.harness
	h.refuse = func(part string) {
		r.change(c.Promise, func(result *Result) {
			if !slices.Contains(result.Refused, part) {
				result.Refused = append(result.Refused, part)
			}
		})
	}
	return h
}

// refused notes that the case has seen something refused that the provider lacks.
func (s *scene) refused(part string) {
	if s.harness.refuse != nil {
		s.harness.refuse(part)
	}
}
