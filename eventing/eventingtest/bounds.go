package eventingtest

import (
	"context"
	"runtime"
	"slices"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// boundCases prove promise 12: nothing grows without a bound.
func boundCases() []Case {
	return []Case{
		newCase(12, "a consumer holds at most its prefetch", prefetchIsABound),
		bounded(newCase(12, "a full queue holds senders back", fullQueueHoldsBack)),
		newCase(12, "a backlog costs no goroutines", backlogCostsNoGoroutines),
	}
}

func prefetchIsABound(s *scene) {
	const prefetch, count = 3, 20
	queue := s.queue("alpha")
	idle := s.provider()
	holder := s.attach(idle, queue, prefetch)
	s.submitNumbers(idle, count)
	held := []int{}
	for range prefetch {
		held = append(held, s.number(s.receive(holder, "a message within the prefetch")))
	}

	provider := s.provider()
	consumer := s.attach(provider, queue, count)
	numbers := s.take(consumer, count-prefetch)
	s.fenceQueue(provider, consumer, queue)
	all := slices.Sorted(slices.Values(append(numbers, held...)))
	assert.Equal(s, count, len(slices.Compact(all)), "messages, of which one consumer held %v and the other got %v", held, numbers)
}

// fullQueueHoldsBack fills a queue that nobody takes from.
func fullQueueHoldsBack(s *scene) {
	const most = 100
	provider, queue := s.startProvider(s.harness.Bounded), s.queue("alpha")
	require.NoError(s, provider.Declare(s.limit(), []eventing.Queue{queue}))
	sent := s.fill(provider, most)

	consumer := s.attach(provider, queue, 1)
	numbers := s.take(consumer, 1)
	require.NoError(s, s.submitWithin(provider, s.message(sent), patience), "submit when there is room again")
	numbers = append(numbers, s.take(consumer, sent)...)
	for n, number := range numbers {
		assert.Equal(s, n, number, "each message that was confirmed, and no other")
	}
	s.fenceQueue(provider, consumer, queue)
}

// fill submits until the queue is full, and returns how many it took. A slow
// machine or broker may hold up a message for a while, too: the queue is full
// when it has taken some and a longer wait is in vain as well.
func (s *scene) fill(provider eventing.Provider, most int) int {
	s.Helper()
	require.NoError(s, s.submitWithin(provider, s.message(0), patience), "submit to an empty queue")
	limits := []time.Duration{300 * time.Millisecond, 3 * time.Second}
	refusals := 0
	sent := 1
	for refusals < len(limits) {
		err := s.submitWithin(provider, s.message(sent), limits[refusals])
		if err != nil {
			require.ErrorIs(s, err, eventing.ErrNotSent, "submit to a full queue")
			require.ErrorIs(s, err, context.DeadlineExceeded, "submit to a full queue")
			refusals++
			continue
		}
		refusals = 0
		sent++
		require.Less(s, sent, most, "messages in a queue that should be full by now")
	}
	return sent
}

// submitWithin submits one message and waits for its confirmation.
func (s *scene) submitWithin(provider eventing.Provider, message *eventing.Message, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(s.Context(), limit)
	defer cancel()
	receipt, err := provider.Submit(ctx, message)
	if err != nil {
		return err
	}
	return receipt.Wait(ctx)
}

// backlogCostsNoGoroutines queues events behind a handler that doesn't end.
func backlogCostsNoGoroutines(s *scene) {
	const count, most = 5000, 1000 // most leaves room for cases that run beside
	gate := s.gate()
	manager := s.start(process{listeners: []any{&alpha{reaction: s.note("alpha", func(context.Context, sample) error {
		gate.pass()
		return nil
	})}}})
	sender := s.start(process{})
	before := runtime.NumGoroutine()
	numbers := s.send(sender, 0, count)
	s.wait("the handler is called", gate.reached)
	assert.Less(s, runtime.NumGoroutine()-before, most, "goroutines for %d events that wait", count)
	gate.open()
	s.fence(manager, "alpha")
	assert.Equal(s, numbers, s.handled("alpha"))
}
