package eventing_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// A queue that ends with its consumer keeps it.
func TestAPausedQueueOfOneProcessKeepsItsEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var handled recorder[int]
		manager, broker := start(t, eventing.Config{})
		s, err := eventing.Subscribe(t.Context(), manager, noted(&handled))
		require.NoError(t, err)
		for round := range 3 {
			require.NoError(t, s.Pause(t.Context()))
			require.NoError(t, eventing.SendEvents(t.Context(), manager, []order{{ID: 2 * round}, {ID: 2*round + 1}}))
			synctest.Wait()
			assert.Len(t, handled.all(), 2*round)
			assert.True(t, s.Info().Paused)
			require.NoError(t, s.Resume(t.Context()))
			synctest.Wait()
		}
		assert.Equal(t, []int{0, 1, 2, 3, 4, 5}, handled.all())
		require.NoError(t, s.Pause(t.Context()))
		require.NoError(t, s.Unsubscribe(t.Context()))
		assert.Empty(t, queues(broker))
		require.ErrorIs(t, s.Pause(t.Context()), eventing.ErrClosed)
		require.ErrorIs(t, s.Resume(t.Context()), eventing.ErrClosed)
	})
}

// lateRelease is a provider that gives back what was released when the consumer
// closes, as it may.
type lateRelease struct{ eventing.Provider }

func (p *lateRelease) Open(eventing.Settings) (eventing.Provider, error) { return p, nil }

func (p *lateRelease) Attach(ctx context.Context, queue eventing.Queue, prefetch int) (eventing.Consumer, error) {
	consumer, err := p.Provider.Attach(ctx, queue, prefetch)
	return &lateConsumer{consumer}, err
}

type lateConsumer struct{ eventing.Consumer }

func (c *lateConsumer) Settle(delivery *eventing.Delivery, disposition eventing.Disposition) error {
	if disposition == eventing.Release {
		return nil
	}
	return c.Consumer.Settle(delivery, disposition)
}

// What such a queue would get back may not come again before its end.
func TestAPausedQueueOfOneProcessReleasesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inner, err := memory.NewBroker().Open(eventing.Settings{})
		require.NoError(t, err)
		manager := startOn(t, &lateRelease{inner}, eventing.Config{})
		var attempts recorder[int]
		s, err := eventing.Subscribe(t.Context(), manager, func(ctx context.Context, _ order) error {
			attempts.add(eventing.EnvelopeFrom(ctx).Attempt())
			return errBroken
		}, eventing.FailurePolicy(eventing.Policy{Retries: 1, Backoff: time.Second}))
		require.NoError(t, err)
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		synctest.Wait()
		begin := time.Now()
		require.NoError(t, s.Pause(t.Context()))
		assert.Equal(t, time.Second, time.Since(begin))
		assert.Equal(t, []int{1, 2}, attempts.all())
		assert.Equal(t, uint64(1), manager.Stats().DeadLettered)
	})
}
