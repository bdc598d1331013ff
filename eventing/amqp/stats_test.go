package amqp_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

func TestCountersOfMessages(t *testing.T) {
	t.Parallel()
	place := brokertest.URL(t)
	between := newProxy(t, place)
	provider, other := start(t, amqp.Config{URL: between.url, IdleTimeout: time.Minute}), start(t, amqp.Config{URL: place})
	assert.Equal(t, eventing.TransportStats{Connections: 2}, provider.TransportStats())
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: true}
	declare(t, other, place, queue)
	consumer := attach(t, provider, queue, 10)
	send(t, provider, durable(queue.Event, "a"))
	send(t, provider, durable(queue.Event, "b"))
	receive(t, consumer)
	require.NoError(t, consumer.Receive(within(t), &eventing.Delivery{}))
	want := eventing.TransportStats{Published: 2, Confirmed: 2, Received: 2, Unsettled: 1, Connections: 2}
	assert.Equal(t, want, provider.TransportStats())

	end := between.hush(t)
	receipt, err := provider.Submit(within(t), durable(queue.Event, "c"))
	require.NoError(t, err)
	brief, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, receipt.Wait(brief), eventing.ErrUnconfirmed)
	want.Published, want.Unknown, want.Unconfirmed, want.PendingBytes = 3, 1, 1, 1
	got := provider.TransportStats()
	assert.Positive(t, got.PendingBytes)
	got.PendingBytes = 1
	assert.Equal(t, want, got)
	end()
	want.Confirmed, want.Unconfirmed, want.PendingBytes = 3, 0, 0 // the broker still tells
	require.EventuallyWithT(t, func(c *assert.CollectT) { assert.Equal(c, want, provider.TransportStats()) }, limit, 10*time.Millisecond)
	require.NoError(t, consumer.Close(within(t)))
	assert.Zero(t, provider.TransportStats().Unsettled)
}

// TestCountersOfMessagesThatAreSentAgain has the broker end the link before it
// confirms.
func TestCountersOfMessagesThatAreSentAgain(t *testing.T) {
	t.Parallel()
	place := brokertest.URL(t)
	between := newProxy(t, place)
	provider := start(t, amqp.Config{URL: between.url, IdleTimeout: time.Minute})
	queue := eventing.Queue{Event: unique("event")}
	removeLater(t, place, queue)
	send(t, provider, durable(queue.Event, "first"))
	end := between.hush(t)
	var receipts []eventing.Receipt
	for range 3 {
		receipt, err := provider.Submit(within(t), durable(queue.Event, "x"))
		require.NoError(t, err)
		receipts = append(receipts, receipt)
	}
	require.Eventually(t, func() bool { return provider.TransportStats().Published == 4 }, limit, time.Millisecond)
	between.detach(t)
	end()
	for _, receipt := range receipts {
		require.NoError(t, receipt.Wait(within(t)))
	}
	stats := provider.TransportStats()
	assert.Equal(t, eventing.TransportStats{Published: 7, Resent: 3, Confirmed: 4, Reattaches: 1, Connections: 2}, stats)
}

func TestCountersOfRefusals(t *testing.T) {
	t.Parallel()
	provider, place := shared(t)
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener")}
	declare(t, provider, place, queue)
	dial(t, place).manage(t, "addAddressSettings", queue.Event, `{"addressFullMessagePolicy":"FAIL","maxSizeBytes":10000,"pageSizeBytes":5000}`)
	t.Cleanup(func() { dial(t, place).manage(t, "removeAddressSettings", queue.Event) })
	refused := uint64(0)
	for range 50 {
		receipt, err := provider.Submit(within(t), textMessage(queue.Event, strings.Repeat("x", 1000)))
		require.NoError(t, err)
		if err = receipt.Wait(within(t)); err != nil {
			require.ErrorIs(t, err, eventing.ErrRejected)
			refused++
		}
	}
	assert.Positive(t, refused)
	assert.Equal(t, eventing.TransportStats{Published: 50, Confirmed: 50 - refused, Rejected: refused, Connections: 2}, provider.TransportStats())
}

func TestCountersOfConnections(t *testing.T) {
	t.Parallel()
	place := brokertest.URL(t)
	between := newCutter(t, place)
	provider := start(t, amqp.Config{URL: between.url})
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: true}
	declare(t, provider, place, queue)
	consumer := attach(t, provider, queue, 10)
	received := make(chan *eventing.Delivery)
	go func() { received <- receive(t, consumer) }()
	between.cut()
	require.Eventually(t, func() bool { return provider.TransportStats().Connections == 0 }, limit, time.Millisecond)
	require.Eventually(t, func() bool { return !status(consumer).Attached }, limit, time.Millisecond)
	require.ErrorIs(t, status(consumer).Err, eventing.ErrUnavailable)
	assert.Zero(t, status(consumer).Credit)
	between.reopen()
	requireHealed(t, provider)
	send(t, provider, durable(queue.Event, "x"))
	<-received
	require.NoError(t, status(consumer).Err)
	got := provider.TransportStats()
	assert.Equal(t, uint64(2), got.Reconnects)
	assert.Equal(t, uint64(1), got.Reattaches, "the listener's")
	assert.Equal(t, 2, got.Connections)
}

// TestQueueDeletedUnderLoad has the listener come back each time, and sends go
// on.
func TestQueueDeletedUnderLoad(t *testing.T) {
	t.Parallel()
	provider, place := shared(t)
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: true}
	declare(t, provider, place, queue)
	consumer := attach(t, provider, queue, 100)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		var delivery eventing.Delivery
		for consumer.Receive(context.Background(), &delivery) == nil {
			_ = consumer.Settle(&delivery, eventing.Accept) // its queue may be gone
		}
	}()
	end := flow(t, provider, queue.Event)
	client := dial(t, place)
	for i := range uint64(3) {
		before := provider.TransportStats().Received
		require.Eventually(t, func() bool { return provider.TransportStats().Received > before }, limit, time.Millisecond)
		client.manage(t, "destroyQueue", queue.Listener, true, false)
		require.Eventually(t, func() bool { return provider.TransportStats().Reattaches > i }, limit, time.Millisecond)
	}
	before := provider.TransportStats().Received
	require.Eventually(t, func() bool { return provider.TransportStats().Received > before }, limit, time.Millisecond)
	count := end()
	assert.Equal(t, uint64(3), provider.TransportStats().Reattaches)
	assert.Equal(t, uint64(count), provider.TransportStats().Confirmed)
	require.NoError(t, consumer.Close(within(t)))
	<-ended
}

// first and second are listeners of one event.
type (
	first struct {
		eventing.Listener[noticed] `listener:"name=first"`
	}
	second struct {
		eventing.Listener[noticed] `listener:"name=second"`
	}
	noticed struct{ eventing.Event }
)

func (*first) On(context.Context, noticed) error  { return nil }
func (*second) On(context.Context, noticed) error { return nil }

// TestALostConnectionIsToldOnceForEach, and not for each listener again.
func TestALostConnectionIsToldOnceForEach(t *testing.T) {
	t.Parallel()
	broker := brokertest.Own(t)
	provider, err := amqp.New(amqp.Config{URL: broker.URL()})
	require.NoError(t, err)
	manager, err := eventing.NewEventManager(provider, eventing.Config{Listeners: []any{&first{}, &second{}}})
	require.NoError(t, err)
	require.NoError(t, manager.Start(within(t)))
	require.NoError(t, manager.Health(within(t)))
	for _, info := range manager.Subscriptions() {
		require.NotNil(t, info.Consumer)
		assert.True(t, info.Consumer.Attached)
		assert.Equal(t, 32, info.Consumer.Credit)
	}
	broker.Kill()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		for _, info := range manager.Subscriptions() {
			assert.ErrorIs(c, info.Consumer.Err, eventing.ErrUnavailable)
		}
		assert.Len(c, strings.Split(fmt.Sprint(manager.Health(t.Context())), "\n"), 2)
	}, limit, 10*time.Millisecond)
	require.NoError(t, manager.Stop(within(t)))
}
