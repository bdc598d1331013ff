package amqp_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

type lettersEvent struct {
	eventing.Event `event:"name=test.letters,durable"`
	Number         int
}

type lettersListener struct {
	eventing.Listener[lettersEvent] `listener:"name=test.letters.listener"`
	mended                          atomic.Bool
	handled                         chan int
}

func (l *lettersListener) On(_ context.Context, event lettersEvent) error {
	l.handled <- event.Number
	if l.mended.Load() {
		return nil
	}
	return eventing.Permanent(fmt.Errorf("number %d fails", event.Number))
}

// next returns the numbers of so many calls.
func (l *lettersListener) next(t *testing.T, count int) []int {
	t.Helper()
	numbers := make([]int, count)
	for i := range numbers {
		select {
		case numbers[i] = <-l.handled:
		case <-within(t).Done():
			require.FailNow(t, "no further call", "after %v", numbers[:i])
		}
	}
	return numbers
}

func sequence(first, count int) []int {
	numbers := make([]int, count)
	for i := range numbers {
		numbers[i] = first + i
	}
	return numbers
}

// TestConfiguredDeadLetterAddress has more letters than one consumer holds.
func TestConfiguredDeadLetterAddress(t *testing.T) {
	t.Parallel()
	const all = 100
	_, place := shared(t)
	queue := eventing.Queue{Event: "test.letters", Listener: "test.letters.listener", Durable: true, DeadLetters: "test.letters.aside"}
	removeLater(t, place, queue)
	listener := &lettersListener{handled: make(chan int, all)}
	policy := eventing.DefaultPolicy
	policy.DeadLetters = queue.DeadLetters
	manager, err := eventing.NewEventManager(unstarted(t, place), eventing.Config{
		Listeners: []any{listener},
		Policies:  []eventing.ListenerPolicy{eventing.PolicyFor[lettersListener](policy)},
		Logger:    slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	require.NoError(t, manager.Start(within(t)))
	letters, err := eventing.DeadLetters(manager, queue.Listener)
	require.NoError(t, err)
	assert.Equal(t, queue.DeadLetters, letters.Address())
	for n := range all {
		require.NoError(t, manager.SendEvent(within(t), lettersEvent{Number: n}))
	}
	assert.Equal(t, sequence(0, all), listener.next(t, all))
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		assert.Equal(c, uint64(all), manager.Stats().DeadLettered)
	}, limit, limit/1000)

	client := dial(t, place)
	assert.True(t, client.queueExists(t, queue.DeadLetters))
	assert.False(t, client.queueExists(t, "DLQ.test.letters.test.letters.listener"))
	for range 2 {
		read, err := letters.Read(within(t), all)
		require.NoError(t, err)
		require.Len(t, read, all)
		for n, letter := range read {
			require.Equal(t, fmt.Sprintf(`{"Number":%d}`, n), string(letter.Body))
			require.Equal(t, fmt.Sprintf("number %d fails", n), letter.Error)
		}
	}
	listener.mended.Store(true)
	replayed, err := letters.Replay(within(t), eventing.Replay{Max: 40, Rate: -1})
	require.NoError(t, err)
	assert.Len(t, replayed, 40)
	assert.Equal(t, sequence(0, 40), listener.next(t, 40))
	count, err := letters.Count(within(t), 1000)
	require.NoError(t, err)
	assert.Equal(t, all-40, count)
	count, err = letters.Purge(within(t), all-40)
	require.NoError(t, err)
	assert.Equal(t, all-40, count)
	count, err = letters.Count(within(t), 1000)
	require.NoError(t, err)
	assert.Zero(t, count)
	require.NoError(t, manager.Stop(within(t)))
}
