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

// slowRemove is a provider that takes a second to remove a queue.
type slowRemove struct{ eventing.Provider }

func (p *slowRemove) Open(eventing.Settings) (eventing.Provider, error) { return p, nil }

func (p *slowRemove) Remove(ctx context.Context, queue eventing.Queue) error {
	time.Sleep(time.Second)
	return p.Provider.Remove(ctx, queue)
}

func TestStopWaitsForAnUnsubscribe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broker := memory.NewBroker()
		inner, err := broker.Open(eventing.Settings{})
		require.NoError(t, err)
		manager := startOn(t, &slowRemove{inner}, eventing.Config{})
		s, err := eventing.Subscribe(t.Context(), manager, func(context.Context, order) error {
			time.Sleep(time.Second)
			return nil
		}, eventing.As("audit"))
		require.NoError(t, err)
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		synctest.Wait()
		gone := make(chan error, 1)
		go func() { gone <- s.Unsubscribe(t.Context()) }()
		synctest.Wait()
		begin := time.Now()
		require.NoError(t, manager.Stop(t.Context()))
		assert.Equal(t, 2*time.Second, time.Since(begin))
		require.NoError(t, <-gone)
		assert.Empty(t, queues(broker), "it was removed before the provider stopped")
	})
}

func TestStopInterruptsASubscription(t *testing.T) {
	t.Parallel()
	for name, deaf := range map[string]bool{"that listens to its context": false, "that is deaf": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				hook, release := hold(deaf)
				provider := &hookedProvider{}
				_, err := provider.Open(eventing.Settings{})
				require.NoError(t, err)
				manager, err := eventing.NewEventManager(provider, eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[order]()}})
				require.NoError(t, err)
				require.NoError(t, manager.Start(t.Context()))
				provider.attach = hook
				subscribed := make(chan error, 1)
				go func() { subscribed <- subscribeTo(t, manager, noted(&recorder[int]{})) }()
				synctest.Wait()
				begin := time.Now()
				err = manager.Stop(t.Context())
				if deaf {
					require.ErrorContains(t, err, "interrupt a subscription: its provider ignores that its context is done")
					release()
				} else {
					require.NoError(t, err)
					assert.Zero(t, time.Since(begin))
				}
				require.ErrorIs(t, <-subscribed, eventing.ErrClosed)
				assert.Empty(t, manager.Subscriptions())
			})
		})
	}
}

// The race detector looks at this, and synctest at what is left.
func TestSubscribeUnsubscribeAndStopAtOnce(t *testing.T) {
	t.Parallel()
	for i := range 100 {
		synctest.Test(t, func(t *testing.T) {
			broker := memory.NewBroker()
			manager := startOn(t, broker, eventing.Config{Listeners: []any{ignoring()}})
			done := make(chan error, 9)
			for range 4 {
				go func() {
					s, err := eventing.Subscribe(t.Context(), manager, noted(&recorder[int]{}))
					if err == nil {
						err = s.Unsubscribe(t.Context())
					}
					done <- err
				}()
				go func() { done <- manager.SendEvent(t.Context(), order{}) }()
			}
			go func() {
				if i%2 == 0 {
					synctest.Wait()
				}
				done <- manager.Stop(t.Context())
			}()
			for range 9 {
				if err := <-done; err != nil {
					require.ErrorIs(t, err, eventing.ErrClosed)
				}
			}
			assert.Equal(t, []string{"orders"}, queues(broker))
		})
	}
}
