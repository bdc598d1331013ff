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

// TestStopWithAMessageThatTheBrokerHoldsBack is on an address that is full: the
// broker gives no credit.
func TestStopWithAMessageThatTheBrokerHoldsBack(t *testing.T) {
	t.Parallel()
	place := brokertest.URL(t)
	provider, err := amqp.New(amqp.Config{URL: place})
	require.NoError(t, err)
	require.NoError(t, provider.Start(within(t)))
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener")}
	client := dial(t, place)
	settings := `{"addressFullMessagePolicy":"BLOCK","maxSizeBytes":10000,"pageSizeBytes":5000}`
	require.Contains(t, client.manage(t, "addAddressSettings", queue.Event, settings), "BLOCK")
	t.Cleanup(func() { dial(t, place).manage(t, "removeAddressSettings", queue.Event) })
	declare(t, provider, place, queue)

	briefly := func() (context.Context, context.CancelFunc) { return context.WithTimeout(t.Context(), time.Second) }
	var receipts []eventing.Receipt
	for err == nil && len(receipts) < 5000 {
		ctx, cancel := briefly()
		var receipt eventing.Receipt
		receipt, err = provider.Submit(ctx, textMessage(queue.Event, strings.Repeat("x", 1000)))
		cancel()
		if err == nil {
			receipts = append(receipts, receipt)
		}
	}
	require.ErrorIs(t, err, eventing.ErrNotSent, "the one behind the one that is held")
	held := receipts[len(receipts)-1]
	for _, receipt := range receipts[:len(receipts)-1] {
		require.NoError(t, receipt.Wait(within(t)))
	}
	stopped := make(chan error, 1)
	begin := time.Now()
	go func() { stopped <- provider.Stop(within(t)) }()
	// It is flushed as long as somebody waits for it, and only so long.
	ctx, cancel := briefly()
	defer cancel()
	require.ErrorIs(t, held.Wait(ctx), eventing.ErrUnconfirmed)
	require.NoError(t, <-stopped)
	assert.Less(t, time.Since(begin), limit/2)
}

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
