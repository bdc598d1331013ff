package eventing_test

import (
	"context"
	"fmt"
	"reflect"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// TestASuspectBehindOthersOfItsKey has the wide hold end while one of them pauses
// and another waits.
func TestASuspectBehindOthersOfItsKey(t *testing.T) {
	t.Parallel()
	for name, listen := range ledgers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { suspectBehindOthers(t, listen) })
		})
	}
}

func suspectBehindOthers(t *testing.T, listen listen) {
	t.Helper()
	broker := memory.NewBroker()
	manager := startOn(t, broker, eventing.Config{Listeners: []any{listen(func(context.Context, booking) error { return nil })}})
	require.NoError(t, manager.Stop(t.Context()), "it has made the queue")
	sender := startOn(t, broker, eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[booking]()}})
	book(t, sender, entry("a", 1), entry("a", 2), entry("a", 3), entry("a", 4), entry("b", 1))

	dying, err := broker.Open(eventing.Settings{})
	require.NoError(t, err)
	require.NoError(t, dying.Start(t.Context()))
	consumer, err := dying.Attach(t.Context(), eventing.Queue{Event: "order", Listener: "ledger", Durable: true}, 3)
	require.NoError(t, err)
	var held [3]eventing.Delivery
	for i := range held {
		require.NoError(t, consumer.Receive(t.Context(), &held[i]))
	}
	require.NoError(t, consumer.Settle(&held[1], eventing.Release))
	require.NoError(t, consumer.Settle(&held[0], eventing.Release))
	require.NoError(t, dying.Stop(t.Context()), "a3 was in its hands")

	var calls recorder[string]
	attached, provider := 0, &groupingProvider{}
	provider.Provider, err = broker.Open(eventing.Settings{})
	require.NoError(t, err)
	provider.attach = func(context.Context) error { attached++; return nil }
	provider.receive = func() error { time.Sleep(time.Millisecond); return nil } // else a3 comes before a1 has begun
	manager = startOn(t, provider, eventing.Config{Listeners: []any{listen(func(ctx context.Context, event booking) error {
		attempt := eventing.EnvelopeFrom(ctx).Attempt()
		calls.add(fmt.Sprintf("%v/%d", event, attempt))
		if event.Account == "a" && attempt == 1 {
			return errBroken
		}
		return nil
	})}})
	time.Sleep(time.Minute)
	assert.Equal(t, []string{"a1/1", "a1/2", "a2/1", "a2/2", "a3/1", "a3/2", "a4/1", "a4/2", "b1/1"}, calls.all())
	assert.Equal(t, eventing.Totals{Handled: 5, Retried: 4}, manager.Stats().Totals)
	assert.Equal(t, 5, attached, "wide for a1, narrow for a2, wide for nothing, narrow for a3 and a4, wide")
}

// TestAStopReleasesKeyedEventsInOrder stops while one event is handled, one
// pauses, and others wait behind them.
func TestAStopReleasesKeyedEventsInOrder(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]time.Duration{"in the pause": 0, "after the pause": 500 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { stopAmidKeys(t, after) })
		})
	}
}

func stopAmidKeys(t *testing.T, after time.Duration) {
	t.Helper()
	broker, attempts := memory.NewBroker(), 0
	manager := startOn(t, broker, eventing.Config{Listeners: []any{newLedger(func(_ context.Context, event booking) error {
		if event.Account == "a" {
			attempts++
			return errBroken
		}
		time.Sleep(time.Second)
		return nil
	})}})
	book(t, manager, entry("a", 1), entry("b", 1), entry("a", 2), entry("", 1), entry("b", 2), entry("a", 3))
	begin := time.Now()
	time.Sleep(after) // a1 pauses, or waits for b1
	synctest.Wait()
	require.NoError(t, manager.Stop(t.Context()))
	assert.Equal(t, time.Second, time.Since(begin))
	assert.Equal(t, 1, attempts)
	assert.Equal(t, eventing.Totals{Sent: 6, Handled: 1}, manager.Stats().Totals)

	var calls recorder[string]
	startOn(t, broker, eventing.Config{Listeners: []any{newLedger(func(ctx context.Context, event booking) error {
		calls.add(fmt.Sprintf("%v/%d", event, eventing.EnvelopeFrom(ctx).Attempt()))
		return nil
	})}})
	synctest.Wait()
	assert.Equal(t, []string{"a1/1", "a2/1", "1/1", "b2/1", "a3/1"}, calls.all())
	assert.Empty(t, deadLetters(t, broker, "ledger"))
}

// TestAHandledEventIsAcknowledgedDuringAStop though what is told of it ends the
// goroutine.
func TestAHandledEventIsAcknowledgedDuringAStop(t *testing.T) {
	t.Parallel()
	for name, on := range map[string]eventing.Observation{"attempt": &eventing.AttemptEnded{}, "end": &eventing.EventHandled{}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				broker := memory.NewBroker()
				manager := startOn(t, broker, eventing.Config{
					Listeners: []any{newLedger(func(context.Context, booking) error { return nil })},
					Observers: []eventing.Observer{func(_ context.Context, observation eventing.Observation) {
						if reflect.TypeOf(observation) == reflect.TypeOf(on) {
							time.Sleep(time.Second) // the stop begins
							runtime.Goexit()
						}
					}},
				})
				book(t, manager, entry("a", 1))
				synctest.Wait()
				require.NoError(t, manager.Stop(t.Context()))
				assert.Equal(t, eventing.Totals{Sent: 1, Handled: 1}, manager.Stats().Totals)
				for _, queue := range broker.Stats() {
					assert.Zero(t, queue.Messages, queue.Queue)
				}
			})
		})
	}
}
