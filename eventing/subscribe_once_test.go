package eventing_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

func TestASubscriptionKeepsOutWhatItHasHandled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		manager, _ := start(t, eventing.Config{Listeners: []any{ignoring()}, Inbox: eventing.NewInbox(0)})
		var calls recorder[int]
		subscription, err := eventing.Subscribe(t.Context(), manager, noted(&calls), eventing.As("ledger"), eventing.Once())
		require.NoError(t, err)
		for i := range 3 {
			require.NoError(t, manager.SendEvent(t.Context(), order{ID: i}, eventing.WithID(eventing.ParseID("the same"))))
		}
		synctest.Wait()
		assert.Equal(t, []int{0}, calls.all())
		assert.Equal(t, eventing.ListenerStats{Handled: 1, Repeated: 2}, subscription.Info().Stats)

		before := manager.Stats().Totals
		require.NoError(t, subscription.Unsubscribe(t.Context()))
		assert.Equal(t, before, manager.Stats().Totals, "a total doesn't fall when a listener goes")
		assert.NotContains(t, manager.Stats().Listeners, "ledger")
	})
}

func TestASubscriptionNeedsAnInboxForOnce(t *testing.T) {
	t.Parallel()
	manager, _ := start(t, eventing.Config{Listeners: []any{ignoring()}})
	on := func(context.Context, order) error { return nil }
	_, err := eventing.Subscribe(t.Context(), manager, on, eventing.As("ledger"), eventing.Once())
	require.ErrorContains(t, err, `listener "ledger" has the option once, and there is no inbox`)
	_, err = eventing.Subscribe(t.Context(), manager, on, eventing.Once())
	require.ErrorContains(t, err, "give the subscription a name, by As")
	assert.Len(t, manager.Subscriptions(), 1)
}

// TestAPausedQueueOfOneServerForgetsNothing that its keyed listener has fetched:
// its consumer stays, and so never gives anything back.
func TestAPausedQueueOfOneServerForgetsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls recorder[int]
		manager, _ := start(t, eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[booking]()}})
		_, err := eventing.Subscribe(t.Context(), manager, func(_ context.Context, event booking) error {
			time.Sleep(time.Second)
			calls.add(event.Number)
			return nil
		}, eventing.FailurePolicy(eventing.Policy{}))
		require.NoError(t, err)
		book(t, manager, entry("a", 1), entry("a", 2), entry("b", 3), entry("", 4))
		synctest.Wait()
		name := manager.Subscriptions()[0].Name
		require.NoError(t, manager.Pause(t.Context(), name))
		book(t, manager, entry("a", 5))
		time.Sleep(time.Minute)
		assert.NotContains(t, calls.all(), 5)
		require.NoError(t, manager.Resume(t.Context(), name))
		time.Sleep(time.Minute)
		assert.ElementsMatch(t, []int{1, 2, 3, 4, 5}, calls.all())
	})
}
