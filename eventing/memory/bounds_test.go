package memory_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

func TestSubmitWaitsForRoom(t *testing.T) {
	t.Parallel()
	logger := eventing.Queue{Event: "hello", Listener: "logger"}
	synctest.Test(t, func(t *testing.T) {
		provider := open(t, memory.Config{MaxMessages: 2}, greeter, logger)
		full, empty := attach(t, provider, greeter, 10), attach(t, provider, logger, 10)
		send(t, provider, 2)
		assert.Equal(t, []string{"1", "2"}, take(t, empty, 2))
		waiting := submitting(t.Context(), provider, hello("3"))
		synctest.Wait()
		require.True(t, waiting.waits())
		requireNone(t, empty) // all queues or none

		delivery := receive(t, full)
		synctest.Wait()
		require.True(t, waiting.waits(), "an unsettled message needs its room")
		settle(t, full, delivery, eventing.Accept)
		require.NoError(t, <-waiting.done)
		assert.Equal(t, []string{"2", "3"}, take(t, full, 2))
		assert.Equal(t, []string{"3"}, take(t, empty, 1))
	})
}

func TestSendersWaitInLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := open(t, memory.Config{MaxBytes: 10}, greeter)
		consumer := attach(t, provider, greeter, 10)
		large, small := strings.Repeat("x", 10), "y"
		submit(t, provider, hello("12345"), hello("6789"))
		first := submitting(t.Context(), provider, hello(large))
		synctest.Wait()
		second := submitting(t.Context(), provider, hello(small))
		synctest.Wait()
		require.True(t, first.waits())
		require.True(t, second.waits(), "a small message doesn't overtake a large one")
		assert.Equal(t, []string{"12345", "6789", large, small}, take(t, consumer, 4))
		require.NoError(t, errors.Join(<-first.done, <-second.done))
		assert.Zero(t, stats(t, provider, greeter).Bytes)
	})
}

func TestLeavingTheLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := open(t, memory.Config{MaxBytes: 10}, greeter)
		submit(t, provider, hello("12345"))
		why := errors.New("the caller gave up")
		ctx, cancel := context.WithCancelCause(t.Context())
		first := submitting(ctx, provider, hello("1234567"))
		synctest.Wait()
		second := submitting(t.Context(), provider, hello("1"))
		synctest.Wait()
		require.True(t, second.waits())
		cancel(why)
		err := <-first.done
		require.ErrorIs(t, err, eventing.ErrNotSent)
		require.ErrorIs(t, err, why)
		require.NoError(t, <-second.done, "who was behind moves up")
		assert.Equal(t, 2, stats(t, provider, greeter).Messages)

		_, err = provider.Submit(ctx, hello("x"))
		require.ErrorIs(t, err, eventing.ErrNotSent)
		require.ErrorIs(t, err, why)
	})
}

func TestTooLargeIsRejected(t *testing.T) {
	t.Parallel()
	provider := open(t, memory.Config{MaxBytes: 10}, greeter)
	message := hello("12345", func(m *eventing.Message) {
		m.Headers = []eventing.Header{{Key: "key", Value: "val"}}
	})
	_, err := provider.Submit(t.Context(), message)
	require.ErrorIs(t, err, eventing.ErrRejected)
	require.NotErrorIs(t, err, eventing.ErrNotSent)
	require.ErrorContains(t, err, "MaxBytes")
	submit(t, provider, hello("1234567890"))
}

// A worker of a full queue publishes its retry before it accepts: it must not
// wait for itself, however large the copy has become.
func TestRetryCopyNeverWaitsForItsWorker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := open(t, memory.Config{MaxMessages: 2, MaxBytes: 10}, greeter)
		consumer := attach(t, provider, greeter, 2)
		submit(t, provider, hello("12345"), hello("67890"))
		blocked := submitting(t.Context(), provider, hello("next"))
		for range 100 {
			synctest.Wait()
			first, second := receive(t, consumer), receive(t, consumer)
			for _, d := range []*eventing.Delivery{first, second} {
				submit(t, provider, hello("a larger copy", target(greeter)))
				settle(t, consumer, d, eventing.Accept)
			}
		}
		assert.Equal(t, 2, stats(t, provider, greeter).Messages, "each copy has replaced its original")
		require.True(t, blocked.waits())
		take(t, consumer, 2)
		require.NoError(t, <-blocked.done)
	})
}

func TestTargetedMessageWaitsWithoutWorkers(t *testing.T) {
	t.Parallel()
	for _, queue := range []eventing.Queue{greeter, greeter.DeadLetter()} {
		synctest.Test(t, func(t *testing.T) {
			provider := open(t, memory.Config{MaxMessages: 1, MaxBytes: 4}, greeter)
			submit(t, provider, hello("larger than a queue", target(queue)))
			waiting := submitting(t.Context(), provider, hello("2", target(queue)))
			synctest.Wait()
			require.True(t, waiting.waits())
			assert.Equal(t, []string{"larger than a queue", "2"}, take(t, attach(t, provider, queue, 1), 2))
			require.NoError(t, <-waiting.done)
		})
	}
}

// Held dead letters are no excuse: their consumer doesn't send copies there.
func TestDeadLetterQueueIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dead := greeter.DeadLetter()
		provider := open(t, memory.Config{MaxMessages: 1}, greeter)
		consumer := attach(t, provider, dead, 1)
		submit(t, provider, hello("1", target(dead)))
		delivery := receive(t, consumer)
		waiting := submitting(t.Context(), provider, hello("2", target(dead)))
		synctest.Wait()
		require.True(t, waiting.waits())
		settle(t, consumer, delivery, eventing.Accept)
		require.NoError(t, <-waiting.done)
	})
}

func TestVanishedQueueHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		queue := eventing.Queue{Event: "hello", Listener: "greeter", Server: "web1"}
		provider := open(t, memory.Config{MaxMessages: 1}, queue)
		consumer := attach(t, provider, queue, 1)
		send(t, provider, 1)
		toAll := submitting(t.Context(), provider, hello("2"))
		toOne := submitting(t.Context(), provider, hello("3", target(queue)))
		synctest.Wait()
		require.True(t, toAll.waits())
		require.True(t, toOne.waits())
		require.NoError(t, consumer.Close(t.Context()))
		require.NoError(t, <-toAll.done)
		require.ErrorIs(t, <-toOne.done, eventing.ErrRejected)
	})
}
