package eventing_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// watchesSubmits notes the priorities of what is submitted.
type watchesSubmits struct {
	eventing.Provider
	priorities recorder[int]
}

func (w *watchesSubmits) Submit(ctx context.Context, message *eventing.Message) (eventing.Receipt, error) {
	w.priorities.add(message.Priority.Int())
	return w.Provider.Submit(ctx, message)
}

func (*watchesSubmits) Capabilities() eventing.Capabilities {
	return eventing.Capabilities{Delay: true, Count: true}
}

// TestAReplayKeepsWhatTheSenderSaid has an event fail that a handler has sent.
func TestAReplayKeepsWhatTheSenderSaid(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		opened, err := memory.NewBroker().Open(eventing.Settings{})
		require.NoError(t, err)
		provider := &watchesSubmits{Provider: opened}
		var ids recorder[[2]string]
		fails := true
		manager, err := eventing.NewEventManager(provider, eventing.Config{
			Logger: slog.New(slog.DiscardHandler),
			Listeners: []any{&orderListener{on: func(ctx context.Context, _ order) error {
				envelope := eventing.EnvelopeFrom(ctx)
				ids.add([2]string{envelope.CorrelationID().String(), envelope.CausationID().String()})
				if fails {
					return eventing.Permanent(errBroken)
				}
				return nil
			}}},
		})
		require.NoError(t, err)
		require.NoError(t, manager.Start(t.Context()))
		cause := eventing.NewID()
		require.NoError(t, manager.SendEvent(t.Context(), order{ID: 1}, eventing.WithID(cause), eventing.WithPriority(9)))
		synctest.Wait()
		fails = false
		queue, err := eventing.DeadLetters(manager, "orders")
		require.NoError(t, err)
		_, err = queue.Replay(t.Context(), eventing.Replay{})
		require.NoError(t, err)
		synctest.Wait()
		require.Len(t, ids.all(), 2)
		assert.Equal(t, ids.all()[0], ids.all()[1])
		assert.Equal(t, []int{9, 9, 9}, provider.priorities.all(), "the event, its dead letter, its replay")
		require.NoError(t, manager.Stop(t.Context()))
	})
}

func TestRetryAfterThenAnErrorWithoutDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		manager, err := eventing.NewEventManager(newPoorProvider(t), eventing.Config{
			Logger: slog.New(slog.DiscardHandler),
			Listeners: []any{&orderListener{on: func(context.Context, order) error {
				calls++
				if calls == 1 {
					return eventing.RetryAfter(errBroken, 10*time.Second)
				}
				return errBroken
			}}},
		})
		require.NoError(t, err)
		require.NoError(t, manager.Start(t.Context()))
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		time.Sleep(time.Hour)
		require.NoError(t, manager.Health(t.Context()))
		assert.Equal(t, uint64(1), manager.Stats().DeadLettered)
		require.NoError(t, manager.Stop(t.Context()))
	})
}

// TestStopsAloneDeadLetterNothing stops a listener that ignores its context more
// often than an event may end its process.
func TestStopsAloneDeadLetterNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broker, release := memory.NewBroker(), make(chan struct{})
		for i := range 7 {
			provider, err := broker.Open(eventing.Settings{})
			require.NoError(t, err)
			manager, err := eventing.NewEventManager(provider, eventing.Config{
				StopTimeout: time.Second, Logger: slog.New(slog.DiscardHandler),
				Listeners: []any{&orderListener{on: func(context.Context, order) error { <-release; return nil }}},
			})
			require.NoError(t, err)
			require.NoError(t, manager.Start(t.Context()))
			if i == 0 {
				require.NoError(t, manager.SendEvent(t.Context(), order{ID: 1}))
			}
			synctest.Wait()
			err = manager.Stop(t.Context())
			require.ErrorContains(t, err, "its handler ignores that its context is done")
			assert.NotContains(t, err.Error(), "SendAsync", "nobody has called it")
		}
		close(release)
		synctest.Wait()
		assert.Empty(t, deadLetters(t, broker, "orders"))
	})
}

// TestSendAsyncIsBounded has nobody told, since an OnOutcome doesn't return.
func TestSendAsyncIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		block := make(chan struct{})
		manager, receipts := promising(t, func() decider { return &notifying{promise: *newPromise()} }, func(error) { <-block })
		for i := range 1024 {
			manager.SendAsync(t.Context(), order{ID: i})
			all := receipts.all()
			all[len(all)-1].decide(nil)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		sent := manager.SendAsync(ctx, order{ID: 1024})
		require.ErrorIs(t, sent.Wait(t.Context()), eventing.ErrNotSent)
		close(block)
		synctest.Wait()
		require.NoError(t, manager.Stop(t.Context()))
	})
}
