package eventing_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// failing returns a manager whose listener has failed the orders 0 to n-1 once
// and for all, and their dead letters. What it does is then up to the test.
func failing(t *testing.T, n int, on *func(context.Context, order) error) (*eventing.EventManager, *eventing.DeadLetterQueue) {
	t.Helper()
	*on = func(context.Context, order) error { return eventing.Permanent(errBroken) }
	manager, _ := start(t, eventing.Config{Listeners: []any{&orderListener{on: func(ctx context.Context, event order) error { return (*on)(ctx, event) }}}})
	for i := range n {
		require.NoError(t, manager.SendEvent(t.Context(), order{ID: i}, eventing.WithHeader("tenant", strconv.Itoa(i))))
	}
	synctest.Wait()
	letters, err := eventing.DeadLetters(manager, "orders")
	require.NoError(t, err)
	return manager, letters
}

func TestADeadLetterSaysWhatHappened(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var on func(context.Context, order) error
		_, letters := failing(t, 1, &on)
		assert.Equal(t, "DLQ.order.orders", letters.Address())
		read, err := letters.Read(t.Context(), 10)
		require.NoError(t, err)
		require.Len(t, read, 1)
		letter := read[0]
		assert.False(t, letter.ID.IsZero())
		assert.False(t, letter.FirstFailure.IsZero())
		assert.Equal(t, letter.FirstFailure, letter.LastFailure)
		assert.Equal(t, []string{"order", "orders", "server", "broken", "*errors.errorString", "order::orders", "application/json", `{"ID":0}`},
			[]string{letter.Event, letter.Listener, letter.Server, letter.Error, letter.ErrorType, letter.Destination, letter.ContentType, string(letter.Body)})
		assert.Equal(t, 1, letter.Attempts)
		assert.Equal(t, []eventing.Header{{Key: "tenant", Value: "0"}}, letter.Headers)
	})
}

func TestReplayKeepsToItsRateAndMaximum(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var on func(context.Context, order) error
		_, letters := failing(t, 10, &on)
		var at recorder[time.Duration]
		begin := time.Now()
		on = func(ctx context.Context, _ order) error {
			assert.Equal(t, 1, eventing.EnvelopeFrom(ctx).Attempt())
			at.add(time.Since(begin))
			return ctx.Err()
		}
		replayed, err := letters.Replay(t.Context(), eventing.Replay{Max: 4, Rate: 2})
		require.NoError(t, err)
		require.Len(t, replayed, 4)
		synctest.Wait()
		assert.Equal(t, []time.Duration{0, 500 * time.Millisecond, time.Second, 1500 * time.Millisecond}, at.all())
		count, err := letters.Count(t.Context(), 1000)
		require.NoError(t, err)
		assert.Equal(t, 6, count)
	})
}

// TestReplayOfWhatFailsAgainEnds, though each letter comes back at once.
func TestReplayOfWhatFailsAgainEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var on func(context.Context, order) error
		manager, letters := failing(t, 3, &on)
		for run := 1; run <= 2; run++ {
			replayed, err := letters.Replay(t.Context(), eventing.Replay{})
			require.NoError(t, err)
			assert.Len(t, replayed, 3)
			assert.Equal(t, uint64(3+3*run), manager.Stats().DeadLettered)
		}
		count, err := letters.Count(t.Context(), 1000)
		require.NoError(t, err)
		assert.Equal(t, 3, count)
	})
}

// TestReplayLosesNothing when the copy can't be published.
func TestReplayLosesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		refuse := false
		provider := &hookedProvider{}
		provider.submit = func(ctx context.Context, message *eventing.Message) (eventing.Receipt, error) {
			if refuse {
				return nil, errors.Join(eventing.ErrNotSent, errBroken)
			}
			return provider.Provider.Submit(ctx, message)
		}
		manager := startOn(t, provider, eventing.Config{
			Listeners: []any{&orderListener{on: func(context.Context, order) error { return eventing.Permanent(errBroken) }}},
		})
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		synctest.Wait()
		letters, err := eventing.DeadLetters(manager, "orders")
		require.NoError(t, err)
		refuse = true
		replayed, err := letters.Replay(t.Context(), eventing.Replay{})
		require.ErrorIs(t, err, eventing.ErrNotSent)
		require.ErrorContains(t, err, `dead letters of listener "orders": publish event`)
		assert.Empty(t, replayed)
		count, err := letters.Count(t.Context(), 1000)
		require.NoError(t, err)
		assert.Equal(t, 1, count)
	})
}

func TestDeadLettersThatCannotBeHad(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var on func(context.Context, order) error
		manager, letters := failing(t, 1, &on)
		_, err := eventing.DeadLetters(manager, "order")
		require.ErrorContains(t, err, `no listener "order": it has ["orders"]`)
		for _, limit := range []int{0, 1001} {
			_, err = letters.Read(t.Context(), limit)
			require.ErrorContains(t, err, "it must be from 1 to 1000")
		}
		_, err = letters.Replay(t.Context(), eventing.Replay{Max: -1})
		require.ErrorContains(t, err, "Max is -1")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = letters.Purge(ctx, 1)
		require.ErrorIs(t, err, context.Canceled)
		require.NoError(t, manager.Stop(t.Context()))
		_, err = letters.Count(t.Context(), 1)
		require.ErrorIs(t, err, eventing.ErrClosed)
	})
}
