package soak

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

var (
	errNotSent     = fmt.Errorf("send: %w", eventing.ErrNotSent)
	errUnconfirmed = fmt.Errorf("send: %w", eventing.ErrUnconfirmed)
)

// pass is an event that takes its way as it should.
func pass(l *ledger, number int) {
	l.handled(byCrew, number)
	l.confirmed(number, nil)
	l.handled(byClerk, number)
}

// interrupt is a whole interruption.
func interrupt(l *ledger) {
	l.interrupted()
	l.resumed()
}

func TestWhatIsAllowed(t *testing.T) {
	t.Parallel()
	l := newLedger(7, 2)
	for number := range 4 {
		pass(l, number)
	}
	l.interrupted()
	l.handled(byCrew, 4)  // it had come before that
	l.handled(byClerk, 4) // and its acknowledgement is lost
	l.resumed()
	l.sent(4, nil)
	l.handled(byClerk, 3)
	l.handled(byClerk, 4)
	l.interrupted()
	l.resumed()
	l.handled(byClerk, 4)
	l.sent(5, errUnconfirmed)
	l.handled(byCrew, 5)
	l.sent(6, errNotSent)
	report := l.settle()
	assert.Empty(t, report.Violations)
	assert.Equal(t, Report{Events: 7, Sent: 5, NotSent: 1, Unknown: 1, Duplicates: 3}, *report)
}

// TestFaultyHistories: each has one fault, which is found, and no other.
func TestFaultyHistories(t *testing.T) {
	t.Parallel()
	for want, history := range map[string]func(l *ledger){
		"LOST: events sent and not handled (event 1, clerk)": func(l *ledger) {
			l.handled(byCrew, 1)
			l.sent(1, nil)
		},
		"events handled again without an interruption (event 1, clerk)": func(l *ledger) {
			interrupt(l)
			pass(l, 1)
			l.handled(byClerk, 1)
		},
		"events handled again without an interruption (event 1, crew)": func(l *ledger) {
			pass(l, 1)
			interrupt(l)
			l.handled(byCrew, 1) // once more for it is enough
			l.handled(byCrew, 1)
		},
		"events handled and reported as not sent (event 1, crew)": func(l *ledger) {
			l.handled(byCrew, 1)
			l.sent(1, errNotSent)
		},
		"events that nobody has sent (event 10000, crew)": func(l *ledger) {
			pass(l, 1)
			l.handled(byCrew, 10_000)
		},
		"sends without an outcome (event 1)": func(l *ledger) {
			l.handled(byCrew, 1)
			l.handled(byClerk, 1)
		},
		"sends with a second outcome (event 1: send: eventing: not sent)": func(l *ledger) {
			pass(l, 1)
			l.sent(1, errNotSent)
		},
		"sends with an outcome that must not be (event 1: eventing: rejected by the broker)": func(l *ledger) {
			l.sent(1, eventing.ErrRejected)
		},
		"sends with all the time they need, and not confirmed (event 1: send: eventing: sent but not confirmed)": func(l *ledger) {
			l.confirmed(1, errUnconfirmed)
		},
	} {
		l := newLedger(10_000, 1)
		for number := range 10_000 {
			if number != 1 {
				pass(l, number)
			}
		}
		history(l)
		violations := l.settle().Violations
		require.Len(t, violations, 1, want)
		assert.Equal(t, want, fmt.Sprintf("%s (%s)", violations[0].Kind, violations[0].Example))
		assert.Equal(t, 1, violations[0].Count)
	}
}

func TestTooManyDuplicates(t *testing.T) {
	t.Parallel()
	l := newLedger(10_000, 1)
	for number := range 10_000 {
		pass(l, number)
	}
	interrupt(l)
	for number := range prefetch[byClerk] + unstored {
		l.handled(byClerk, number)
	}
	l.handled(byCrew, 1)
	assert.Empty(t, l.settle().Violations)
	l.handled(byClerk, 9_999)
	assert.Equal(t, []Violation{{"events handled again beyond what was open", 1, "by clerk after kill 1"}}, l.settle().Violations)
}

func TestProgress(t *testing.T) {
	t.Parallel()
	l := newLedger(2, 0)
	pass(l, 0)
	l.await(t.Context(), 0)
	l.sent(1, nil)
	l.await(t.Context(), 2)
	missing, calls, stuck := l.progress()
	assert.Equal(t, []any{2, 2, false}, []any{missing, calls, stuck})
}

func TestReport(t *testing.T) {
	t.Parallel()
	r := &Report{Events: 1000, Sent: 997, NotSent: 2, Unknown: 1, Duplicates: 4, Kills: 3, Took: 2e9}
	r.violate("events left in the queues", 5, "a::b")
	r.violate("events left in the queues", 2, "a::c")
	assert.Equal(t, `events           1000
sent              997
not sent            2
unknown             1
duplicates          4
kills               3
seconds           2.0
events/s          500
VIOLATED            7  events left in the queues (a::b)
`, r.String())
}

func TestByIndex(t *testing.T) {
	t.Parallel()
	failed := &eventing.IndexError{Index: 1, Err: errNotSent}
	assert.Equal(t, []error{nil, failed, nil}, byIndex(errors.Join(failed), 3))
	assert.Equal(t, []error{nil, nil}, byIndex(nil, 2))
}
