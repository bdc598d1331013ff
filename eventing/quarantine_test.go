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

// neighbour is another listener of orders in the process.
type neighbour struct {
	eventing.Listener[order] `listener:"name=neighbour"`
	on                       func(ctx context.Context, event order) error
}

func (l *neighbour) On(ctx context.Context, event order) error { return l.on(ctx, event) }

// leaveWithNeighbours leaves two orders unsettled in the queue of each of the
// two listeners.
func leaveWithNeighbours(t *testing.T, broker *memory.Broker) {
	t.Helper()
	dying, err := broker.Open(eventing.Settings{})
	require.NoError(t, err)
	require.NoError(t, dying.Start(t.Context()))
	queues := []eventing.Queue{{Event: "order", Listener: "orders", Durable: true}, {Event: "order", Listener: "neighbour", Durable: true}}
	require.NoError(t, dying.Declare(t.Context(), queues))
	for range 2 {
		receipt, err := dying.Submit(t.Context(), &eventing.Message{ID: eventing.NewID(), Event: "order", Body: []byte(`{}`)})
		require.NoError(t, err)
		require.NoError(t, receipt.Wait(t.Context()))
	}
	for _, queue := range queues {
		consumer, err := dying.Attach(t.Context(), queue, 2)
		require.NoError(t, err)
		for range 2 {
			require.NoError(t, consumer.Receive(t.Context(), &eventing.Delivery{}))
		}
	}
	require.NoError(t, dying.Stop(t.Context()))
}

// startNeighbours starts two listeners, in whose queues are two orders each that
// were left unsettled. The handlers take the time told.
func startNeighbours(t *testing.T, took time.Duration, called func(listener string, broker *memory.Broker)) *memory.Broker {
	t.Helper()
	broker := memory.NewBroker()
	leaveWithNeighbours(t, broker)
	on := func(listener string) func(context.Context, order) error {
		return func(context.Context, order) error {
			called(listener, broker)
			time.Sleep(took)
			return nil
		}
	}
	startOn(t, broker, eventing.Config{
		Logger:    slog.New(slog.DiscardHandler),
		Listeners: []any{&orderListener{on: on("orders")}, &neighbour{on: on("neighbour")}},
	})
	return broker
}

// inHand returns how many events of all queues are in the process's hands.
func inHand(broker *memory.Broker) int {
	count := 0
	for _, queue := range broker.Stats() {
		count += queue.Unsettled
	}
	return count
}

// TestASuspectHasTheProcessForItself: if it ends that, no other event counts.
func TestASuspectHasTheProcessForItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var order recorder[string]
		broker := startNeighbours(t, time.Second, func(listener string, broker *memory.Broker) {
			order.add(listener)
			assert.Equal(t, 1, inHand(broker), "besides the event of %s", listener)
		})
		time.Sleep(time.Minute)
		all := order.all()
		require.Len(t, all, 4)
		assert.Equal(t, all[0], all[1])
		assert.Equal(t, all[2], all[3])
		assert.NotEqual(t, all[0], all[2])
		assert.Zero(t, inHand(broker))
	})
}

func TestASlowSuspectHoldsUpNoOtherListenerForLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var calls recorder[time.Duration]
		startNeighbours(t, time.Hour, func(string, *memory.Broker) { calls.add(time.Since(begin)) })
		time.Sleep(time.Minute)
		assert.Equal(t, []time.Duration{500 * time.Millisecond, 10500 * time.Millisecond}, calls.all())
		time.Sleep(3 * time.Hour)
	})
}

// TestTheQuarantineOfAnEmptyQueueEnds, and events are fetched ahead again.
func TestTheQuarantineOfAnEmptyQueueEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broker := memory.NewBroker()
		leaveUnsettled(t, broker, 1, 1)
		_, m := startMeasured(t, broker, func(order) error { return nil })
		time.Sleep(900 * time.Millisecond)
		assert.Equal(t, []int{64, 1}, m.prefetch.all())
		time.Sleep(200 * time.Millisecond)
		assert.Equal(t, []int{64, 1, 64}, m.prefetch.all())
	})
}

func TestAStopOfListenersThatWaitForTheirQuarantine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls recorder[string]
		startNeighbours(t, time.Second, func(listener string, _ *memory.Broker) { calls.add(listener) })
		time.Sleep(100 * time.Millisecond) // it isn't quiet yet
		assert.Empty(t, calls.all())
	}) // the end stops the manager
}
