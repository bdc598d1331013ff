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

func TestFrozenBroker(t *testing.T) { //nolint:paralleltest // counts goroutines
	place := brokertest.URL(t)
	between := newProxy(t, place)
	provider, err := amqp.New(amqp.Config{URL: between.url, IdleTimeout: time.Minute, MaxMessageBytes: 16 << 20})
	require.NoError(t, err)
	require.NoError(t, provider.Start(within(t)))
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener")}
	declare(t, provider, place, queue)
	consumer := attach(t, provider, queue, 1)
	send(t, provider, textMessage(queue.Event, "x"))
	receive(t, consumer)

	between.freeze()
	// Each call has a context of its own that is alive when it begins.
	briefly := func(call func(context.Context) error) error {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		begin := time.Now()
		err := call(ctx)
		assert.Less(t, time.Since(begin), 5*time.Second)
		return err
	}
	receipt, err := provider.Submit(within(t), textMessage(queue.Event, "x"))
	require.NoError(t, err)
	require.ErrorIs(t, briefly(receipt.Wait), eventing.ErrUnconfirmed)
	// A message that the socket can't hold hangs in its writing. The next one
	// waits for its turn in the queue, and the one after that for room in it.
	large, err := provider.Submit(within(t), textMessage(queue.Event, strings.Repeat("x", 15<<20)))
	require.NoError(t, err)
	behind, err := provider.Submit(within(t), textMessage(queue.Event, strings.Repeat("x", 1<<20)))
	require.NoError(t, err)
	for _, call := range []func(context.Context) error{
		func(ctx context.Context) error {
			_, err := provider.Submit(ctx, textMessage(queue.Event, "x"))
			return err
		},
		behind.Wait,
	} {
		err = briefly(call)
		require.ErrorIs(t, err, eventing.ErrNotSent)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	}
	require.ErrorIs(t, briefly(large.Wait), eventing.ErrUnconfirmed)
	require.ErrorIs(t, briefly(func(ctx context.Context) error {
		_, err := provider.Attach(ctx, queue, 1)
		return err
	}), context.DeadlineExceeded)
	require.ErrorIs(t, briefly(func(ctx context.Context) error {
		return provider.Declare(ctx, []eventing.Queue{queue})
	}), context.DeadlineExceeded)
	require.ErrorIs(t, briefly(func(ctx context.Context) error {
		var delivery eventing.Delivery
		return consumer.Receive(ctx, &delivery)
	}), context.DeadlineExceeded)
	require.ErrorIs(t, briefly(consumer.Close), context.DeadlineExceeded)
	require.ErrorIs(t, briefly(provider.Stop), context.DeadlineExceeded)
	require.ErrorIs(t, provider.Err(), eventing.ErrClosed)
	requireNoGoroutines(t)
}

func TestSilenceIsALostConnection(t *testing.T) {
	t.Parallel()
	between := newProxy(t, brokertest.URL(t))
	provider := start(t, amqp.Config{URL: between.url, IdleTimeout: time.Second})
	between.freeze()
	require.Eventually(t, func() bool { return provider.Health() != nil }, limit, 10*time.Millisecond)
	require.ErrorIs(t, provider.Health(), eventing.ErrUnavailable)
	require.NoError(t, provider.Err(), "it goes on trying")
}
