package amqp_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

// TestBrokerThatStaysAway has every call wait as long as its context, and no
// longer.
func TestBrokerThatStaysAway(t *testing.T) { //nolint:paralleltest // counts goroutines
	broker := brokertest.Own(t)
	provider, err := amqp.New(amqp.Config{URL: broker.URL()})
	require.NoError(t, err)
	require.NoError(t, provider.Start(within(t)))
	queue := eventing.Queue{Event: "event", Listener: "listener", Durable: true}
	require.NoError(t, provider.Declare(within(t), []eventing.Queue{queue}))
	consumer := attach(t, provider, queue, 1)
	send(t, provider, textMessage(queue.Event, "held"))
	var held eventing.Delivery
	require.NoError(t, consumer.Receive(within(t), &held))
	submitting, stop := context.WithCancel(t.Context())
	receipts, killed := make(chan []eventing.Receipt), make(chan struct{})
	go func() {
		var all []eventing.Receipt
		for {
			receipt, err := provider.Submit(submitting, textMessage(queue.Event, strings.Repeat("x", 1000)))
			if err != nil {
				receipts <- all
				return
			}
			if all = append(all, receipt); len(all) == 2000 {
				close(killed)
			}
		}
	}()
	<-killed
	require.NoError(t, provider.Health())
	broker.Kill()

	require.Eventually(t, func() bool { return provider.Health() != nil }, limit, time.Millisecond)
	require.ErrorIs(t, provider.Health(), eventing.ErrUnavailable)
	require.NoError(t, provider.Err())
	stop()
	briefly := func(call func(context.Context) error) error {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		begin := time.Now()
		err := call(ctx)
		assert.Less(t, time.Since(begin), 5*time.Second)
		return err
	}
	all, unconfirmed := <-receipts, 0
	over, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	for _, receipt := range all {
		if err = receipt.Wait(over); err != nil {
			unconfirmed++
		}
	}
	assert.Positive(t, unconfirmed)
	err = briefly(func(ctx context.Context) error {
		_, err := provider.Submit(ctx, textMessage(queue.Event, "x"))
		return err
	})
	require.ErrorIs(t, err, eventing.ErrNotSent)
	require.ErrorIs(t, err, eventing.ErrUnavailable)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	err = briefly(func(ctx context.Context) error { return consumer.Receive(ctx, &eventing.Delivery{}) })
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorIs(t, consumer.Settle(&held, eventing.Accept), eventing.ErrUnavailable)
	err = briefly(func(ctx context.Context) error { _, err := provider.Attach(ctx, queue, 1); return err })
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorIs(t, err, eventing.ErrUnavailable)
	require.ErrorIs(t, briefly(func(ctx context.Context) error { return provider.Declare(ctx, []eventing.Queue{queue}) }), eventing.ErrUnavailable)
	woken := make(chan error)
	go func() { woken <- consumer.Receive(context.Background(), &eventing.Delivery{}) }()
	require.NoError(t, briefly(consumer.Close))
	require.ErrorIs(t, <-woken, eventing.ErrClosed)
	waiting := make(chan error)
	go func() {
		_, err := provider.Submit(context.Background(), textMessage(queue.Event, "x"))
		waiting <- err
	}()
	require.NoError(t, briefly(provider.Stop), "there is nothing that it could wait for")
	require.ErrorIs(t, <-waiting, eventing.ErrNotSent)
	require.NoError(t, provider.Stop(within(t)))
	requireNoGoroutines(t)
}

// TestOutcomesWithoutAConnection tells apart what was written from what wasn't.
func TestOutcomesWithoutAConnection(t *testing.T) {
	t.Parallel()
	place := brokertest.URL(t)
	between := newProxy(t, place)
	provider, err := amqp.New(amqp.Config{URL: between.url, IdleTimeout: time.Second})
	require.NoError(t, err)
	require.NoError(t, provider.Start(within(t)))
	queue := eventing.Queue{Event: unique("event")}
	removeLater(t, place, queue)
	send(t, provider, textMessage(queue.Event, "attaches"))
	between.freeze()
	sent, err := provider.Submit(within(t), textMessage(queue.Event, "on its way"))
	require.NoError(t, err)
	require.Eventually(t, func() bool { return provider.Health() != nil }, limit, 10*time.Millisecond)
	require.NoError(t, provider.Stop(within(t)))
	require.ErrorIs(t, sent.Wait(within(t)), eventing.ErrUnconfirmed)
}
