package eventingtest

import (
	"fmt"
	"strings"
	"testing/synctest"
	"time"

	"github.com/aspyx-go/aspyx/eventing/memory"
)

const (
	// realPatience is how long Wait waits. It is for slow machines.
	realPatience = 10 * time.Second

	// fakePatience is longer than what an event may be delayed in earnest.
	fakePatience = 30 * 24 * time.Hour
)

// Wait returns when nothing is left to do: no event is being sent, and all that
// were sent are handled or dead-lettered, those of handlers, retries and delayed
// events included. What waits for a listener that isn't attached, or is paused,
// isn't waited for.
//
// It waits up to 10 seconds, then the test fails with a list of what is left. In
// a bubble of [testing/synctest] nobody really waits, neither for a retry in an
// hour; there it is up to 30 days.
func (a *App) Wait() {
	a.tb.Helper()
	timer := time.NewTimer(a.patience)
	defer timer.Stop()
	for {
		if a.bubble {
			synctest.Wait() // for what the handlers have started, too
		}
		busy, changed := a.busy()
		if busy == "" {
			return
		}
		select {
		case <-changed:
		case <-timer.C:
			a.tb.Fatalf("eventingtest: this is left after %v:\n%s", a.patience, busy)
		}
	}
}

// Advance lets the time pass that is given, and waits until everything that is
// due by then has been done. It needs a bubble of [testing/synctest].
func (a *App) Advance(d time.Duration) {
	a.tb.Helper()
	if !a.bubble {
		a.tb.Fatalf("eventingtest: Advance can't move the real time: call Start and Advance within synctest.Test")
	}
	<-time.After(d)
	synctest.Wait()
}

// inBubble tells whether the caller's time is that of a bubble, where it may
// wait for the others to rest.
func inBubble() (ok bool) {
	defer func() { ok = recover() == nil }() // Wait panics outside
	synctest.Wait()
	return true
}

// busy lists what is left to do; empty means nothing. It also returns what is
// closed when that may have changed.
func (a *App) busy() (list string, changed <-chan struct{}) {
	for {
		sends, before, changed := a.traffic.now()
		list := a.list(sends)
		// Queues are looked at one after the other: a handler of the one may send
		// to another that was looked at before.
		if _, after, _ := a.traffic.now(); before == after {
			return list, changed
		}
	}
}

func (a *App) list(sends int) string {
	var list strings.Builder
	if sends > 0 {
		fmt.Fprintf(&list, "  being sent: %d\n", sends)
	}
	delayed, paused := 0, a.paused()
	for _, q := range a.broker.Stats() {
		if isLeft(q) && !paused[q.Address+"::"+q.Queue] {
			fmt.Fprintf(&list, "  queue %s::%s: %d being handled, %d waiting, %d delayed\n", q.Address, q.Queue, q.Unsettled, q.Messages, q.Delayed)
			delayed += q.Delayed
		}
	}
	if list.Len() == 0 {
		return ""
	}
	for _, failed := range a.journey.lastFailures() {
		fmt.Fprintf(&list, "  the last attempt of %s has failed: %v\n", failed.listener, failed.err)
	}
	if delayed > 0 && !a.bubble {
		list.WriteString("  (what is delayed comes at once within synctest.Test)\n")
	}
	return list.String()
}

// paused returns the queues all of whose listeners are paused.
func (a *App) paused() map[string]bool {
	paused := map[string]bool{}
	for _, s := range a.manager.Subscriptions() {
		others, known := paused[s.Queue]
		paused[s.Queue] = s.Paused && (others || !known)
	}
	return paused
}

// isLeft tells whether the queue has something that a listener is to handle.
func isLeft(q memory.QueueStats) bool {
	return q.Consumers > 0 && q.Messages+q.Delayed+q.Unsettled > 0
}
