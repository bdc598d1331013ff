package amqp_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

// TestLinkThatTheBrokerHasDetached has a message sent after the link's end: on
// a new link, since it is known that it wasn't on its way.
func TestLinkThatTheBrokerHasDetached(t *testing.T) {
	t.Parallel()
	place := brokertest.URL(t)
	between := newProxy(t, place)
	provider := start(t, amqp.Config{URL: between.url})
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener")}
	declare(t, provider, place, queue)
	consumer := attach(t, start(t, amqp.Config{URL: place}), queue, 10)
	send(t, provider, textMessage(queue.Event, "first"))
	receive(t, consumer)
	for range 3 {
		between.detach(t)
		// A round trip on the same connection tells that it has arrived.
		require.NoError(t, provider.Declare(within(t), []eventing.Queue{queue}))
		send(t, provider, textMessage(queue.Event, "next"))
		assert.Equal(t, "next", string(receive(t, consumer).Message.Body))
	}
	require.NoError(t, provider.Err())
}

// TestLinkThatTheBrokerDetachesBeforeItConfirms has the message sent again on
// another link of the same connection.
func TestLinkThatTheBrokerDetachesBeforeItConfirms(t *testing.T) {
	t.Parallel()
	place := brokertest.URL(t)
	between := newProxy(t, place)
	provider, other := start(t, amqp.Config{URL: between.url, IdleTimeout: time.Minute}), start(t, amqp.Config{URL: place})
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: true}
	declare(t, other, place, queue)
	consumer := attach(t, other, queue, 10)
	send(t, provider, durable(queue.Event, "first"))
	receive(t, consumer)
	end := between.hush(t)
	var receipts []eventing.Receipt
	for _, body := range []string{"a", "b", "c"} {
		receipt, err := provider.Submit(within(t), durable(queue.Event, body))
		require.NoError(t, err)
		receipts = append(receipts, receipt)
	}
	between.detach(t)
	end()
	for i, body := range []string{"a", "b", "c"} {
		require.NoError(t, receipts[i].Wait(within(t)))
		assert.Equal(t, body, string(receive(t, consumer).Message.Body))
	}
	requireEmpty(t, other, consumer, queue)
}
