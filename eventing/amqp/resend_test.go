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

// TestSendsOnTheNextConnectionKeepTheirOrder: those that may have arrived come
// first, then what wasn't written whole or waited, then what is new. Without
// duplicate ids, so that each shows where it is sent again.
func TestSendsOnTheNextConnectionKeepTheirOrder(t *testing.T) {
	t.Parallel()
	place := brokertest.URL(t)
	stuck := newProxy(t, place)
	between := newCutter(t, stuck.url)
	provider := start(t, amqp.Config{URL: between.url, IdleTimeout: time.Minute, MaxMessageBytes: 16 << 20})
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: true}
	other := start(t, amqp.Config{URL: place, MaxMessageBytes: 16 << 20})
	declare(t, other, place, queue)
	send(t, provider, textMessage(queue.Event, "attaches"))

	// Nothing arrives any more. The large one is more than what fits on the way.
	stuck.freeze()
	submit := func(body string) eventing.Receipt {
		receipt, err := provider.Submit(within(t), textMessage(queue.Event, body))
		require.NoError(t, err)
		return receipt
	}
	bodies := []string{"a", "b", "c", strings.Repeat("large", 3<<20), "d", "e", "given up", "f"}
	receipts := make([]eventing.Receipt, 0, len(bodies)+1)
	for _, body := range bodies {
		receipts = append(receipts, submit(body))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, receipts[6].Wait(ctx), eventing.ErrNotSent, "it waits behind the large one")
	bodies, receipts = append(bodies[:6], "f"), append(receipts[:6], receipts[7])

	between.redirect(hostPort(t, place))
	between.interrupt()
	bodies, receipts = append(bodies, "new"), append(receipts, submit("new"))
	for _, receipt := range receipts {
		require.NoError(t, receipt.Wait(within(t)))
	}
	consumer := attach(t, other, queue, 2)
	assert.Equal(t, "attaches", string(receive(t, consumer).Message.Body))
	for _, body := range bodies {
		got := string(receive(t, consumer).Message.Body)
		assert.Equal(t, len(body), len(got), got[:min(len(got), 10)])
		assert.True(t, body == got)
	}
	requireEmpty(t, other, consumer, queue)
}

// TestConfirmationThatNeverComes: the peer takes a message and says nothing. That
// ends with the caller's context, and costs the others nothing.
func TestConfirmationThatNeverComes(t *testing.T) {
	t.Parallel()
	place := brokertest.URL(t)
	between := newProxy(t, place)
	provider := start(t, amqp.Config{URL: between.url, IdleTimeout: time.Minute})
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener")}
	other := start(t, amqp.Config{URL: place})
	declare(t, other, place, queue)
	consumer := attach(t, other, queue, 10)
	send(t, provider, textMessage(queue.Event, "attaches"))
	receive(t, consumer)
	speak := between.hush(t)
	receipt, err := provider.Submit(within(t), textMessage(queue.Event, "taken"))
	require.NoError(t, err)
	assert.Equal(t, "taken", string(receive(t, consumer).Message.Body))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err = receipt.Wait(ctx)
	require.ErrorIs(t, err, eventing.ErrUnconfirmed)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	next, err := provider.Submit(within(t), textMessage(queue.Event, "next"))
	require.NoError(t, err)
	speak()
	require.NoError(t, next.Wait(within(t)))
	assert.Equal(t, "next", string(receive(t, consumer).Message.Body))
}
