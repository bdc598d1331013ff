package soak

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aspyx-go/aspyx/eventing"
)

// unstored is how many acknowledgements a broker that is killed may have taken
// and not stored yet, at most: as many as Artemis' buffer of half a MiB holds
// before it has to be written. Nobody can tell them from those on their way.
const unstored = 5000

// ledger accounts for the events, in a few bytes for each.
type ledger struct {
	mu       sync.Mutex
	outcomes []outcome
	last     [listeners][]uint8 // one more than the interruptions that had ended when the event was last handled; 0: never
	missing  int                // how often events that were sent have yet to be handled
	calls    int                // of the listeners
	stuck    bool               // nothing happens any more

	begun, ended uint8            // interruptions
	duplicates   [][listeners]int // since each interruption

	report Report
}

// outcome is what has become of a send.
type outcome uint8

const (
	isOpen outcome = iota
	isSent
	isNotSent
	isUnknown
)

func newLedger(events, kills int) *ledger {
	l := &ledger{outcomes: make([]outcome, events), duplicates: make([][listeners]int, kills+1)}
	for i := range l.last {
		l.last[i] = make([]uint8, events)
	}
	return l
}

// interrupted is called before the broker is killed, resumed after it was
// restarted.
func (l *ledger) interrupted() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.begun++
}

func (l *ledger) resumed() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended++
}

// sent takes the outcome of a send.
func (l *ledger) sent(number int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.outcomes[number] != isOpen {
		l.report.violate("sends with a second outcome", 1, fmt.Sprintf("event %d: %v", number, err))
		return
	}
	switch {
	case err == nil:
		l.outcomes[number] = isSent
		for i := range l.last {
			if l.last[i][number] == 0 {
				l.missing++
			}
		}
	case errors.Is(err, eventing.ErrUnconfirmed):
		l.outcomes[number] = isUnknown
	case errors.Is(err, eventing.ErrNotSent):
		l.outcomes[number] = isNotSent
	default:
		l.outcomes[number] = isUnknown
		l.report.violate("sends with an outcome that must not be", 1, fmt.Sprintf("event %d: %v", number, err))
	}
}

// confirmed takes the outcome of a send that had time enough for a restart.
func (l *ledger) confirmed(number int, err error) {
	l.sent(number, err)
	if err == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.report.violate("sends with all the time they need, and not confirmed", 1, fmt.Sprintf("event %d: %v", number, err))
}

// handled takes a call of a listener.
func (l *ledger) handled(listener, number int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls++
	if number < 0 || number >= len(l.outcomes) {
		l.report.violate("events that nobody has sent", 1, at(number, listener))
		return
	}
	before := l.last[listener][number]
	l.last[listener][number] = l.ended + 1
	switch {
	case before == 0 && l.outcomes[number] == isSent:
		l.missing--
	case before == 0:
	case before > l.begun: // all that have begun by now had ended then
		l.report.violate("events handled again without an interruption", 1, at(number, listener))
	default:
		l.duplicates[l.begun][listener]++
	}
}

// await returns when no more than that has yet to be handled, or nothing happens
// any more.
func (l *ledger) await(ctx context.Context, most int) {
	calls, since := 0, time.Now()
	for {
		missing, now, stuck := l.progress()
		switch {
		case missing <= most || stuck:
			return
		case now != calls:
			calls, since = now, time.Now()
		case time.Since(since) > patience:
			l.giveUp()
		}
		if !pause(ctx) {
			return
		}
	}
}

func (l *ledger) progress() (missing, calls int, stuck bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.missing, l.calls, l.stuck
}

func (l *ledger) giveUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stuck = true
}

// settle compares what was sent with what was handled.
func (l *ledger) settle() *Report {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := &l.report
	r.Events = len(l.outcomes)
	for number, outcome := range l.outcomes {
		switch outcome {
		case isSent:
			r.Sent++
		case isNotSent:
			r.NotSent++
		case isUnknown:
			r.Unknown++
		case isOpen:
			r.violate("sends without an outcome", 1, fmt.Sprintf("event %d", number))
		}
		for i := range l.last {
			switch handled := l.last[i][number] > 0; {
			case outcome == isSent && !handled:
				r.violate("LOST: events sent and not handled", 1, at(number, i))
			case outcome == isNotSent && handled:
				r.violate("events handled and reported as not sent", 1, at(number, i))
			}
		}
	}
	for kill, of := range l.duplicates {
		for i, count := range of {
			r.Duplicates += count
			if more := count - prefetch[i] - unstored; more > 0 {
				r.violate("events handled again beyond what was open", more, fmt.Sprintf("by %s after kill %d", names[i], kill))
			}
		}
	}
	return r
}

func at(number, listener int) string { return fmt.Sprintf("event %d, %s", number, names[listener]) }
