package eventing_test

import (
	"context"
	"log/slog"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// TestANewEventEndsTheQuarantine: its slow handler holds up no other listener.
func TestANewEventEndsTheQuarantine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broker := memory.NewBroker()
		leaveWithNeighbours(t, broker)
		sender := startOn(t, broker, eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[order]()}})
		require.NoError(t, sender.SendEvent(t.Context(), order{ID: 1}))
		begin := time.Now()
		var calls recorder[time.Duration]
		on := func(_ context.Context, event order) error {
			if event.ID == 0 {
				calls.add(time.Since(begin))
				return nil
			}
			time.Sleep(time.Hour)
			return nil
		}
		startOn(t, broker, eventing.Config{Listeners: []any{&orderListener{on: on}, &neighbour{on: on}}})
		time.Sleep(time.Minute)
		assert.Len(t, calls.all(), 4)
		for _, called := range calls.all() {
			assert.Less(t, called, 2*time.Second)
		}
		time.Sleep(3 * time.Hour)
	})
}

// TestASuspectThatEndsItsGoroutineHasALeaseToo, like any other.
func TestASuspectThatEndsItsGoroutineHasALeaseToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var calls recorder[time.Duration]
		broker := memory.NewBroker()
		leaveWithNeighbours(t, broker)
		on := func(ctx context.Context, _ order) error {
			if eventing.EnvelopeFrom(ctx).Attempt() == 1 {
				calls.add(time.Since(begin).Round(time.Second))
				runtime.Goexit()
			}
			time.Sleep(time.Hour)
			return nil
		}
		startOn(t, broker, eventing.Config{Listeners: []any{&orderListener{on: on}, &neighbour{on: on}}})
		time.Sleep(time.Minute)
		assert.Len(t, calls.all(), 2, "one of each listener")
		time.Sleep(5 * time.Hour)
	})
}

// TestTemporarySubscriptionsDisturbNoQuarantine, however often they come: no
// event of theirs may end the process.
func TestTemporarySubscriptionsDisturbNoQuarantine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broker := memory.NewBroker()
		leaveWithNeighbours(t, broker)
		var calls recorder[int]
		on := func(_ context.Context, event order) error { calls.add(event.ID); return nil }
		manager := startOn(t, broker, eventing.Config{Listeners: []any{&orderListener{on: on}, &neighbour{on: on}}})
		for range 100 {
			s, err := eventing.Subscribe(t.Context(), manager, func(context.Context, order) error { return nil })
			require.NoError(t, err)
			time.Sleep(100 * time.Millisecond)
			require.NoError(t, s.Unsubscribe(t.Context()))
		}
		assert.Len(t, calls.all(), 4)
	})
}

// slowAttach attaches at once, and returns it when it is told to.
type slowAttach struct {
	eventing.Provider
	narrow func()
}

func (p *slowAttach) Open(eventing.Settings) (eventing.Provider, error) { return p, nil }

func (p *slowAttach) Capabilities() eventing.Capabilities {
	return eventing.Capabilities{Delay: true, Count: true}
}

func (p *slowAttach) Attach(ctx context.Context, queue eventing.Queue, prefetch int) (eventing.Consumer, error) {
	consumer, err := p.Provider.Attach(ctx, queue, prefetch)
	if prefetch == 1 && queue.Listener == "neighbour" {
		p.narrow()
	}
	return consumer, err
}

// TestAnUnsubscribeGivesTheQuarantineBack that it interrupts.
func TestAnUnsubscribeGivesTheQuarantineBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broker := memory.NewBroker()
		leaveWithNeighbours(t, broker)
		opened, err := broker.Open(eventing.Settings{})
		require.NoError(t, err)
		provider := &slowAttach{Provider: opened, narrow: func() { time.Sleep(time.Second) }}
		var calls recorder[string]
		manager := startOn(t, provider, eventing.Config{
			Logger: slog.New(slog.DiscardHandler), Events: []eventing.EventDefinition{eventing.EventOf[order]()},
		})
		on := func(listener string) func(context.Context, order) error {
			return func(context.Context, order) error { calls.add(listener); return nil }
		}
		_, err = eventing.Subscribe(t.Context(), manager, on("third"), eventing.As("third"))
		require.NoError(t, err)
		s, err := eventing.Subscribe(t.Context(), manager, on("neighbour"), eventing.As("neighbour"), eventing.DurableQueue())
		require.NoError(t, err)
		synctest.Wait()
		_, err = eventing.Subscribe(t.Context(), manager, on("orders"), eventing.As("orders"), eventing.DurableQueue())
		require.NoError(t, err)
		time.Sleep(600 * time.Millisecond) // it is quiet: the neighbour attaches
		require.NoError(t, s.Unsubscribe(t.Context()))
		time.Sleep(time.Minute)
		assert.Equal(t, []string{"orders", "orders"}, calls.all())
	})
}
