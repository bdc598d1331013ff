package eventing_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// seeds returns the first and the last: 0 to 19, or what ACCOUNTING_SEEDS says,
// as 17 or 0-999.
func seeds(t *testing.T) (first, last uint64) {
	t.Helper()
	text := os.Getenv("ACCOUNTING_SEEDS")
	if text == "" {
		return 0, 19
	}
	from, to, several := strings.Cut(text, "-")
	if !several {
		to = from
	}
	_, err := fmt.Sscan(from+" "+to, &first, &last)
	require.NoError(t, err, "ACCOUNTING_SEEDS=%s must be a number, or two as in 0-999", text)
	return first, last
}

// Whatever listeners and processes do, each event that was sent has one end for
// each queue: it is handled, or dead-lettered, or still there. What wasn't sent
// has none. With odd seeds processes also die, and what they had in their hands
// comes again: then an event has one end or more.
//
// The seed is in the name of the subtest. It says what everybody does, but not
// who comes first where that is left to the scheduler.
func TestEachEventIsAccountedFor(t *testing.T) {
	t.Parallel()
	first, last := seeds(t)
	var handled, lettered, left, unsent atomic.Int64
	t.Run("seeds", func(t *testing.T) {
		t.Parallel()
		for seed := first; seed <= last; seed++ {
			t.Run(fmt.Sprintf("seed-%d", seed), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					a := account(t, seed)
					handled.Add(int64(len(a.journal.ends[wasHandled])))
					lettered.Add(int64(len(a.journal.ends[wasLettered])))
					left.Add(int64(len(a.journal.ends[isLeft])))
					unsent.Add(int64(len(a.journal.unsent)))
				})
			})
		}
	})
	t.Cleanup(func() {
		t.Logf("%d handled, %d dead-lettered, %d left, %d not sent", handled.Load(), lettered.Load(), left.Load(), unsent.Load())
		for _, n := range []*atomic.Int64{&handled, &lettered, &left, &unsent} {
			assert.NotZero(t, n.Load(), "the test shows nothing where one of the ends never comes")
		}
	})
}

// account lets a world run and end, and looks at its events.
func account(t *testing.T, seed uint64) *accounting {
	t.Helper()
	broker, err := memory.Config{MaxMessages: 100}.NewBroker()
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	a := &accounting{seed: seed, wrecks: seed%2 == 1, broker: broker, ctx: ctx, journal: newJournal()}
	raw, err := broker.Open(eventing.Settings{})
	require.NoError(t, err)
	require.NoError(t, raw.Start(t.Context()))

	ships := make([]*ship, 3)
	var sailing, sending sync.WaitGroup
	started := make(chan struct{})
	for i := range ships {
		ships[i] = &ship{world: a, name: fmt.Sprintf("ship%d", i), random: a.random(uint64(i))}
		sailing.Go(func() { ships[i].sail(t, started) })
	}
	for range ships {
		<-started
	}
	for i, queue := range queuesOf(true) {
		sailing.Go(func() { a.collect(t, raw, queue, a.random(uint64(100+i))) })
	}
	for i := range 4 {
		sending.Go(func() { a.send(t, ships, a.random(uint64(200+i))) })
	}
	sending.Wait()
	cancel()
	sailing.Wait()
	a.takeLeft(t, raw)
	require.NoError(t, raw.Stop(t.Context()))
	a.settle(t)
	return a
}

// queuesOf returns the queues of all ships, or those of their dead letters.
func queuesOf(deadLetters bool) []eventing.Queue {
	queues := []eventing.Queue{
		{Event: "crate", Listener: "loader", Durable: true},
		{Event: "crate", Listener: "mate", Group: "crew", Durable: true},
		{Event: "crate", Listener: "watch", Server: "ship0", Durable: true},
		{Event: "leaf", Listener: "reader"},
		{Event: "leaf", Listener: "sorter"},
	}
	if !deadLetters {
		return append(queues,
			eventing.Queue{Event: "crate", Listener: "watch", Server: "ship1", Durable: true},
			eventing.Queue{Event: "crate", Listener: "watch", Server: "ship2", Durable: true})
	}
	queues = append(queues, eventing.Queue{Event: "crate", Listener: "boy"})
	for i := range queues {
		queues[i] = queues[i].DeadLetter()
	}
	return queues
}

func (a *accounting) random(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(a.seed, stream)) }

// randomFor is always the same for a queue and an event.
func (a *accounting) randomFor(queue string, number int) *rand.Rand {
	hash := fnv.New64a()
	_, _ = fmt.Fprintf(hash, "%s %d", queue, number) // never fails
	return a.random(hash.Sum64())
}

// send sends events in all ways, by whatever ship is there, or was.
func (a *accounting) send(t *testing.T, ships []*ship, random *rand.Rand) {
	t.Helper()
	for range 200 {
		manager := ships[random.IntN(len(ships))].manager.Load()
		ctx, cancel := a.ctx, context.CancelFunc(func() {})
		if random.IntN(4) == 0 {
			ctx, cancel = context.WithTimeout(ctx, between(random, 0, 200*time.Millisecond))
		}
		var options []eventing.SendOption
		if random.IntN(5) == 0 {
			options = append(options, eventing.WithDelay(between(random, 0, 5*time.Second)))
		}
		switch random.IntN(6) {
		case 0:
			a.sendMany(ctx, t, manager, 13)
		case 1:
			number := a.next()
			sent := manager.SendAsync(ctx, leaf{Number: number}, options...)
			a.checkOutcome(t, a.journal.outcome(number, sent.Wait(context.Background())))
		case 2, 3:
			number := a.next()
			a.checkOutcome(t, a.journal.outcome(number, manager.SendEvent(ctx, &leaf{Number: number}, options...)))
		default:
			number := a.next()
			a.checkOutcome(t, a.journal.outcome(number, manager.SendEvent(ctx, crate{Number: number}, options...)))
		}
		cancel()
		pause(a.ctx, between(random, 0, 300*time.Millisecond))
	}
}

func (a *accounting) sendMany(ctx context.Context, t *testing.T, manager *eventing.EventManager, count int) {
	t.Helper()
	events := make([]any, count)
	numbers := make([]int, count)
	for i := range events {
		numbers[i] = a.next()
		events[i] = crate{Number: numbers[i]}
	}
	outcomes := make([]error, count)
	err := eventing.SendEvents(ctx, manager, events)
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range joined.Unwrap() {
			failed, ok := errors.AsType[*eventing.IndexError](err)
			require.True(t, ok)
			outcomes[failed.Index] = err
		}
	}
	for i, outcome := range outcomes {
		a.checkOutcome(t, a.journal.outcome(numbers[i], outcome))
	}
}

// checkOutcome: in memory it is never unknown.
func (a *accounting) checkOutcome(t *testing.T, err error) {
	t.Helper()
	if err != nil && !errors.Is(err, eventing.ErrNotSent) {
		assert.ErrorIs(t, err, eventing.ErrClosed)
	}
}

// takeLeft takes what is in all queues, in all of which nothing is in anybody's
// hands.
func (a *accounting) takeLeft(t *testing.T, raw eventing.Provider) {
	t.Helper()
	counts := map[string]int{}
	for _, q := range a.broker.Stats() {
		assert.Zero(t, q.Unsettled, "%+v", q)
		assert.Zero(t, q.Consumers, "%+v", q)
		counts[q.Address+"::"+q.Queue] = q.Messages + q.Delayed
	}
	for _, queue := range queuesOf(true) {
		for _, message := range takeAll(t, raw, queue, counts[queue.String()]) {
			a.journal.lettered(message)
		}
	}
	for _, queue := range queuesOf(false) {
		for _, message := range takeAll(t, raw, queue, counts[queue.String()]) {
			a.journal.ended(isLeft, queue.String(), numberOf(message))
		}
	}
	for _, q := range a.broker.Stats() {
		assert.Zero(t, q.Messages+q.Delayed, "%+v", q)
	}
}

// settle compares what was sent with what has become of it.
func (a *accounting) settle(t *testing.T) {
	t.Helper()
	j := a.journal
	crates, leaves := 0, 0
	faults := []string{}
	found := map[place]int{}
	for _, ends := range j.ends {
		for e, n := range ends {
			found[e] += n
		}
	}
	perEvent := map[int]int{}
	for e, n := range found {
		perEvent[e.number]++
		if n > 1 && !a.wrecks || !j.sent[e.number] {
			faults = append(faults, fmt.Sprintf("event %d in %s, sent: %v: %d times handled, %d dead-lettered, %d left", e.number, e.queue,
				j.sent[e.number], j.ends[wasHandled][e], j.ends[wasLettered][e], j.ends[isLeft][e]))
		}
	}
	for number := range j.sent {
		switch perEvent[number] {
		case 5:
			crates++
		case 2:
			leaves++
		default:
			faults = append(faults, fmt.Sprintf("event %d is accounted for in %d queues", number, perEvent[number]))
		}
	}
	assert.Empty(t, faults)
	assert.NotZero(t, crates)
	assert.NotZero(t, leaves)
	var sent, handled, deadLettered uint64
	for _, manager := range a.managers {
		stats := manager.Stats()
		sent, handled, deadLettered = sent+stats.Sent, handled+stats.Handled, deadLettered+stats.DeadLettered
		assert.Zero(t, stats.Dropped)
	}
	assert.Equal(t, uint64(len(j.sent)), sent, "sent, by the managers' counters")
	assert.Equal(t, sum(j.ends[wasHandled]), handled, "handled, by the managers' counters")
	assert.Equal(t, sum(j.ends[wasLettered]), deadLettered, "dead-lettered, by the managers' counters")
}

func sum(counts map[place]int) uint64 {
	total := 0
	for _, n := range counts {
		total += n
	}
	return uint64(total)
}
