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
	provider, err := amqp.New(amqp.Config{URL: between.url, IdleTimeout: time.Minute})
	require.NoError(t, err)
	require.NoError(t, provider.Start(within(t)))
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener")}
	declare(t, provider, place, queue)
	consumer := attach(t, provider, queue, 1)
	send(t, provider, textMessage(queue.Event, "x"))
	receive(t, consumer)

	between.freeze()
	briefly, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	begin := time.Now()
	receipt, err := provider.Submit(briefly, textMessage(queue.Event, "x"))
	require.NoError(t, err)
	require.ErrorIs(t, receipt.Wait(briefly), eventing.ErrUnconfirmed)
	// What fills the socket makes the next ones wait for room.
	for err == nil {
		_, err = provider.Submit(briefly, textMessage(queue.Event, strings.Repeat("x", 4<<20)))
	}
	require.ErrorIs(t, err, eventing.ErrNotSent)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = provider.Attach(briefly, queue, 1)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorIs(t, provider.Declare(briefly, []eventing.Queue{queue}), context.DeadlineExceeded)
	var delivery eventing.Delivery
	require.ErrorIs(t, consumer.Receive(briefly, &delivery), context.DeadlineExceeded)
	require.ErrorIs(t, consumer.Close(briefly), context.DeadlineExceeded)
	require.ErrorIs(t, provider.Stop(briefly), context.DeadlineExceeded)
	assert.Less(t, time.Since(begin), 5*time.Second)
	require.ErrorIs(t, provider.Err(), eventing.ErrClosed)
	requireNoGoroutines(t)
}

func TestSilenceIsALostConnection(t *testing.T) {
	t.Parallel()
	between := newProxy(t, brokertest.URL(t))
	provider := start(t, amqp.Config{URL: between.url, IdleTimeout: time.Second})
	between.freeze()
	<-provider.Done()
	require.ErrorIs(t, provider.Err(), eventing.ErrUnavailable)
}
