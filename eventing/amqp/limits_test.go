package amqp_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

func TestPrefetchBoundsEachListener(t *testing.T) {
	t.Parallel()
	place := brokertest.URL(t)
	provider := start(t, amqp.Config{URL: place, Prefetch: 2})
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener")}
	declare(t, provider, place, queue)
	for i := range 5 {
		send(t, provider, textMessage(queue.Event, fmt.Sprint(i)))
	}
	consumer := attach(t, provider, queue, 100)
	for range 2 {
		var held eventing.Delivery
		require.NoError(t, consumer.Receive(within(t), &held))
	}
	other := attach(t, start(t, amqp.Config{URL: place}), queue, 100)
	for i := range 3 {
		assert.Equal(t, fmt.Sprint(i+2), string(receive(t, other).Message.Body))
	}
}

func TestWindowBoundsWhatIsUnconfirmed(t *testing.T) {
	t.Parallel()
	between := newProxy(t, brokertest.URL(t))
	provider := start(t, amqp.Config{URL: between.url, Window: 1})
	event := unique("event")
	send(t, provider, textMessage(event, "attached"))
	end := between.hush(t)
	first, err := provider.Submit(within(t), textMessage(event, "first"))
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = provider.Submit(ctx, textMessage(event, "second"))
	require.ErrorIs(t, err, eventing.ErrNotSent)
	end()
	require.NoError(t, first.Wait(within(t)))
	send(t, provider, textMessage(event, "third"))
}

// TestDisabledLimits: a body above the default, and no idle timeout.
func TestDisabledLimits(t *testing.T) {
	t.Parallel()
	place := brokertest.URL(t)
	provider := start(t, amqp.Config{URL: place, MaxMessageBytes: -1, IdleTimeout: -1})
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener")}
	declare(t, provider, place, queue)
	large := &eventing.Message{ID: eventing.NewID(), Event: queue.Event, Body: make([]byte, 10<<20+1)}
	_, err := start(t, amqp.Config{URL: place}).Submit(within(t), large)
	require.ErrorIs(t, err, eventing.ErrTooLarge)
	send(t, provider, large)
	got := receive(t, attach(t, provider, queue, 1)).Message
	require.NoError(t, got.Invalid)
	assert.Len(t, got.Body, len(large.Body))
}
