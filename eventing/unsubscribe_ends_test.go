package eventing_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/errhandler"
	"github.com/aspyx-go/aspyx/eventing"
)

// TestWhatAnUnsubscribeCancelsIsNoError for the error handlers: one that takes
// it for handled would lose the event.
func TestWhatAnUnsubscribeCancelsIsNoError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		manager, broker := start(t, eventing.Config{
			StopTimeout: 10 * time.Second, Events: []eventing.EventDefinition{eventing.EventOf[order]()},
			ErrorHandlers: handlersOf(t, errhandler.Handle(func(context.Context, error, errhandler.Next) error { return nil })),
		})
		s, err := eventing.Subscribe(t.Context(), manager, func(ctx context.Context, _ order) error {
			<-ctx.Done()
			return ctx.Err()
		}, eventing.As("audit"))
		require.NoError(t, err)
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		synctest.Wait()
		require.NoError(t, s.Unsubscribe(t.Context(), eventing.KeepQueue()))
		assert.Equal(t, eventing.ListenerStats{Released: 1}, s.Info().Stats)
		for _, queue := range broker.Stats() {
			if queue.Queue == "audit" {
				assert.Equal(t, 1, queue.Messages)
			}
		}
	})
}
