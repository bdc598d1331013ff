package eventing_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/errhandler"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
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

// mute is a provider that answers no copy.
type mute struct{ eventing.Provider }

func (p *mute) Open(eventing.Settings) (eventing.Provider, error) { return p, nil }

func (p *mute) Capabilities() eventing.Capabilities {
	return eventing.Capabilities{Delay: true, Count: true}
}

func (p *mute) Submit(ctx context.Context, message *eventing.Message) (eventing.Receipt, error) {
	if message.Target == nil {
		return p.Provider.Submit(ctx, message)
	}
	<-ctx.Done()
	return nil, errors.Join(eventing.ErrNotSent, ctx.Err())
}

// TestAnUnsubscribeInterruptsACopy at its limit, as a stop does.
func TestAnUnsubscribeInterruptsACopy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		opened, err := memory.NewBroker().Open(eventing.Settings{})
		require.NoError(t, err)
		manager := startOn(t, &mute{opened}, eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[order]()}})
		s, err := eventing.Subscribe(t.Context(), manager, func(context.Context, order) error { return eventing.Permanent(errBroken) },
			eventing.As("audit"))
		require.NoError(t, err)
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		synctest.Wait()
		brief, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.NoError(t, s.Unsubscribe(brief, eventing.KeepQueue()))
		assert.Equal(t, uint64(1), s.Info().Stats.Released)
	})
}
