package amqp

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/Azure/go-amqp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/internal/amqppeer"
)

// renewing returns a provider whose sessions have so few messages, on a peer.
func renewing(t *testing.T, maxDeliveries int64) (ctx context.Context, peer *amqppeer.Peer, provider *Provider) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	peer = amqppeer.Start(t, amqppeer.Options{})
	provider, err := New(Config{URL: peer.URL})
	require.NoError(t, err)
	provider.maxDeliveries = maxDeliveries
	require.NoError(t, provider.Start(ctx))
	t.Cleanup(func() { assert.NoError(t, provider.Stop(context.WithoutCancel(ctx))) })
	return ctx, peer, provider
}

// TestSendersRenewTheirSession loses, doubles and reorders nothing.
func TestSendersRenewTheirSession(t *testing.T) {
	t.Parallel()
	ctx, peer, provider := renewing(t, 100)
	const count = 1050
	receipts := make([]eventing.Receipt, count)
	for i := range receipts {
		var err error
		receipts[i], err = provider.Submit(ctx, &eventing.Message{Event: "event", Body: fmt.Append(nil, i)})
		require.NoError(t, err)
	}
	for _, receipt := range receipts {
		require.NoError(t, receipt.Wait(ctx))
	}
	links := peer.Links("event")
	require.Len(t, links, 11)
	next := 0
	for i, link := range links {
		messages := link.Messages()
		assert.Len(t, messages, min(100, count-next))
		for _, each := range messages {
			require.Equal(t, fmt.Sprint(next), each.Text())
			next++
		}
		if i < 10 {
			link.Ended()
		}
	}
	assert.Equal(t, count, next)
}

// TestSenderThatRenewsWithoutAnOutcome waits for one, but not for ever.
func TestSenderThatRenewsWithoutAnOutcome(t *testing.T) {
	t.Parallel()
	ctx, peer, provider := renewing(t, 1)
	peer.Script("event", amqppeer.Script{Answer: amqppeer.InTurn(amqppeer.None)})
	var receipts []eventing.Receipt
	for i := range 2 {
		receipt, err := provider.Submit(ctx, &eventing.Message{Event: "event", Body: fmt.Append(nil, i)})
		require.NoError(t, err)
		receipts = append(receipts, receipt)
	}
	for _, receipt := range receipts {
		require.NoError(t, receipt.Wait(ctx))
	}
	for i, body := range []string{"0", "0", "1"} {
		assert.Equal(t, body, peer.Link("event", i).Message(0).Text())
	}
}

// TestListenersRenewTheirSession gives nothing back, also where handlers end out
// of order.
func TestListenersRenewTheirSession(t *testing.T) {
	t.Parallel()
	ctx, peer, provider := renewing(t, 20)
	queue := eventing.Queue{Event: "event", Listener: "listener", Durable: true}
	require.NoError(t, provider.Declare(ctx, []eventing.Queue{queue}))
	var script amqppeer.Script
	for i := range 100 {
		script.Deliver = append(script.Deliver, amqp.NewMessage(fmt.Append(nil, i)))
	}
	peer.Script("event::listener", script)
	consumer, err := provider.Attach(ctx, queue, 8)
	require.NoError(t, err)
	for len(peer.Links("event::listener")) < 5 {
		var deliveries [4]eventing.Delivery
		for i := range deliveries {
			require.NoError(t, consumer.Receive(ctx, &deliveries[i]))
		}
		for i := range deliveries {
			require.NoError(t, consumer.Settle(&deliveries[3-i], eventing.Accept))
		}
	}
	require.NoError(t, consumer.Close(ctx))
	for _, link := range peer.Links("event::listener")[:4] {
		link.Ended()
		assert.Equal(t, 20, link.Delivered())
		assert.Len(t, link.Outcomes(0), 20)
	}
	require.NoError(t, provider.Health())
}
