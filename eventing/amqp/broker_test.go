package amqp_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	goamqp "github.com/Azure/go-amqp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	provider, place := shared(t)
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: true}
	declare(t, provider, place, queue)
	consumer := attach(t, provider, queue, 10)
	sent := &eventing.Message{
		ID: eventing.NewID(), Event: queue.Event, ContentType: "application/json",
		Time: time.UnixMilli(1_700_000_000_123), Durable: true, DuplicateID: unique("dup"),
		Headers: []eventing.Header{
			{Key: "colon", Value: "a:b::c"},
			{Key: "empty", Value: ""},
			{Key: "newline", Value: "a\r\nb\n"},
			{Key: "unicode", Value: "grüß 世界 🎈"},
		},
		Body: []byte(`{"a":1}`),
	}
	send(t, provider, sent)
	delivery := receive(t, consumer)
	assert.Equal(t, 1, delivery.Count)
	got := delivery.Message
	assert.True(t, sent.Time.Equal(got.Time), got.Time)
	got.Time = sent.Time
	assert.Equal(t, sent, got)

	send(t, provider, &eventing.Message{Event: queue.Event})
	got = receive(t, consumer).Message
	assert.False(t, got.Durable)
	assert.Empty(t, got.Body)
	assert.NoError(t, got.Invalid)
	assert.True(t, got.ID.IsZero())
	require.NoError(t, consumer.Close(within(t)))
}

func TestCompetingConsumers(t *testing.T) {
	t.Parallel()
	provider, place := shared(t)
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: true}
	other := eventing.Queue{Event: queue.Event, Listener: unique("other")}
	declare(t, provider, place, other)
	declare(t, provider, place, queue)
	first, second := attach(t, provider, queue, 1), attach(t, start(t, amqp.Config{URL: place}), queue, 1)
	const count = 20
	for i := range count {
		send(t, provider, textMessage(queue.Event, fmt.Sprint(i)))
	}
	var mu sync.Mutex
	var wait sync.WaitGroup
	calls := map[string]int{}
	ctx, cancel := context.WithTimeout(within(t), 10*time.Second)
	for _, consumer := range []eventing.Consumer{first, second} {
		wait.Go(func() {
			var delivery eventing.Delivery
			for consumer.Receive(ctx, &delivery) == nil {
				assert.NoError(t, consumer.Settle(&delivery, eventing.Accept))
				mu.Lock()
				calls[string(delivery.Message.Body)]++
				if len(calls) == count {
					cancel()
				}
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	cancel()
	assert.Len(t, calls, count)
	for body, n := range calls {
		assert.Equal(t, 1, n, body)
	}
	whole := attach(t, provider, other, 100)
	for i := range count {
		assert.Equal(t, fmt.Sprint(i), string(receive(t, whole).Message.Body))
	}
}

func TestExclusiveQueue(t *testing.T) {
	t.Parallel()
	for _, durable := range []bool{true, false} {
		t.Run(fmt.Sprint("durable=", durable), func(t *testing.T) {
			t.Parallel()
			provider, place := shared(t)
			queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Server: "one", Durable: durable}
			declare(t, provider, place, queue)
			consumer := attach(t, provider, queue, 10)
			_, err := start(t, amqp.Config{URL: place}).Attach(within(t), queue, 10)
			require.ErrorIs(t, err, eventing.ErrQueueInUse)
			send(t, provider, textMessage(queue.Event, "left"))
			require.NoError(t, consumer.Close(within(t)))
			assert.Equal(t, durable, dial(t, place).queueExists(t, queue.Name(eventing.NamingOriginal)))
		})
	}
}

func TestCloseReleasesUncounted(t *testing.T) {
	t.Parallel()
	provider, place := shared(t)
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: true}
	declare(t, provider, place, queue)
	for i := range 10 {
		send(t, provider, textMessage(queue.Event, fmt.Sprint(i)))
	}
	consumer := attach(t, provider, queue, 5)
	var delivery eventing.Delivery
	require.NoError(t, consumer.Receive(within(t), &delivery))
	require.NoError(t, consumer.Settle(&delivery, eventing.Release))
	require.NoError(t, consumer.Close(within(t)))
	require.NoError(t, consumer.Close(within(t)), "a second call does nothing")
	require.ErrorIs(t, consumer.Receive(within(t), &delivery), eventing.ErrClosed)

	consumer = attach(t, provider, queue, 20)
	for i := range 10 {
		delivery := receive(t, consumer)
		assert.Equal(t, fmt.Sprint(i), string(delivery.Message.Body))
		assert.Equal(t, 1, delivery.Count)
	}
	require.Error(t, consumer.Settle(&delivery, 0))
	require.Error(t, consumer.Settle(&eventing.Delivery{}, eventing.Accept))
}

func TestCloseWakesReceive(t *testing.T) {
	t.Parallel()
	provider, place := shared(t)
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener")}
	declare(t, provider, place, queue)
	consumer := attach(t, provider, queue, 1)
	woken := make(chan error)
	go func() {
		var delivery eventing.Delivery
		woken <- consumer.Receive(t.Context(), &delivery)
	}()
	require.NoError(t, consumer.Close(within(t)))
	require.ErrorIs(t, <-woken, eventing.ErrClosed)
}

func TestPrefetchBoundsWhatIsHeld(t *testing.T) {
	t.Parallel()
	provider, place := shared(t)
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener")}
	declare(t, provider, place, queue)
	for i := range 20 {
		send(t, provider, textMessage(queue.Event, fmt.Sprint(i)))
	}
	consumer := attach(t, provider, queue, 4)
	deliveries := make([]eventing.Delivery, 4)
	for i := range deliveries {
		require.NoError(t, consumer.Receive(within(t), &deliveries[i]))
	}
	// All others are still there for others, so the first holds no more.
	other := attach(t, provider, queue, 100)
	for i := range 16 {
		assert.Equal(t, fmt.Sprint(i+4), string(receive(t, other).Message.Body))
	}
	require.NoError(t, other.Close(within(t)))
	for i := range deliveries {
		require.NoError(t, consumer.Settle(&deliveries[i], eventing.Accept))
	}
	for range 16 {
		send(t, provider, textMessage(queue.Event, "x"))
	}
	for range 16 {
		assert.Equal(t, "x", string(receive(t, consumer).Message.Body))
	}
	requireEmpty(t, provider, consumer, queue)
}

func TestForeignBodies(t *testing.T) {
	t.Parallel()
	provider, place := shared(t)
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener")}
	declare(t, provider, place, queue)
	consumer := attach(t, provider, queue, 10)
	dial(t, place).send(t, queue.Event,
		&goamqp.Message{Value: `{"a":1}`, ApplicationProperties: map[string]any{"n": int32(7), "_AMQ_X": "y"}},
		&goamqp.Message{Value: []byte(`{"a":2}`)},
		&goamqp.Message{Data: [][]byte{[]byte(`{"a":`), []byte(`3}`)}},
		&goamqp.Message{Value: []any{"a", int64(1)}},
	)
	got := receive(t, consumer).Message
	assert.JSONEq(t, `{"a":1}`, string(got.Body))
	assert.Equal(t, []eventing.Header{{Key: "n", Value: "7"}}, got.Headers)
	assert.Empty(t, got.ContentType)
	assert.JSONEq(t, `{"a":2}`, string(receive(t, consumer).Message.Body))
	assert.JSONEq(t, `{"a":3}`, string(receive(t, consumer).Message.Body))
	got = receive(t, consumer).Message
	require.ErrorContains(t, got.Invalid, "[]interface {}")
	assert.NotEmpty(t, got.Body)
}

func TestWrongPassword(t *testing.T) {
	t.Parallel()
	provider, err := amqp.New(amqp.Config{URL: "amqp://" + hostPort(t, brokertest.URL(t)), User: "nobody", Password: canary})
	require.NoError(t, err)
	err = provider.Start(within(t))
	require.ErrorIs(t, err, eventing.ErrUnavailable)
	require.ErrorIs(t, err, amqp.ErrAuthentication)
	require.ErrorContains(t, err, "user or password refused")
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v %s", err, err, err, provider), canary)

	provider, err = amqp.New(amqp.Config{URL: "amqp://" + hostPort(t, brokertest.URL(t))})
	require.NoError(t, err)
	err = provider.Start(within(t))
	require.ErrorIs(t, err, eventing.ErrUnavailable)
	require.ErrorContains(t, err, "authentication failed")
}

func TestQueueDeletedUnderItsListener(t *testing.T) {
	t.Parallel()
	provider, place := shared(t)
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener")}
	declare(t, provider, place, queue)
	consumer := attach(t, provider, queue, 10)
	for i := range 3 {
		client := dial(t, place)
		client.manage(t, "destroyQueue", queue.Listener, true, false)
		received := make(chan *eventing.Delivery)
		go func() { received <- receive(t, consumer) }()
		require.Eventually(t, func() bool { return client.queueExists(t, queue.Listener) }, limit, 10*time.Millisecond)
		require.Eventually(t, func() bool { return status(consumer).Attached }, limit, 10*time.Millisecond)
		send(t, provider, textMessage(queue.Event, fmt.Sprint(i)))
		assert.Equal(t, fmt.Sprint(i), string((<-received).Message.Body))
		filter := `{"field":"name","operation":"EQUALS","value":"` + queue.Listener + `","sortOrder":"asc","sortColumn":"name"}`
		assert.Contains(t, client.manage(t, "listQueues", filter, 1, 1), `durable\":\"false`, "declared, not made by attaching")
	}
	require.NoError(t, consumer.Close(within(t)))
}
