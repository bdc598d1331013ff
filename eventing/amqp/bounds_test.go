package amqp_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	goamqp "github.com/Azure/go-amqp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

func TestUnconfirmedBytesAreBounded(t *testing.T) {
	t.Parallel()
	place := brokertest.URL(t)
	between := newProxy(t, place)
	provider := start(t, amqp.Config{URL: between.url, IdleTimeout: time.Minute})
	queue, other := eventing.Queue{Event: unique("event")}, eventing.Queue{Event: unique("other")}
	removeLater(t, place, queue)
	removeLater(t, place, other)
	send(t, provider, textMessage(queue.Event, "attaches"))
	send(t, provider, textMessage(other.Event, "attaches"))

	unsilence := between.hush(t)
	body := string(bytes.Repeat([]byte("x"), 4<<20))
	var receipts []eventing.Receipt
	var err error
	for range 10 {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		var receipt eventing.Receipt
		receipt, err = provider.Submit(ctx, textMessage(queue.Event, body))
		cancel()
		if err != nil {
			break
		}
		receipts = append(receipts, receipt)
	}
	require.ErrorIs(t, err, eventing.ErrNotSent)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Len(t, receipts, 4, "16 MiB")
	receipt, err := provider.Submit(within(t), textMessage(other.Event, "other addresses flow"))
	require.NoError(t, err)
	receipts = append(receipts, receipt)
	unsilence()

	for _, receipt := range receipts {
		require.NoError(t, receipt.Wait(within(t)))
	}
	// Confirmations make room, also for one that is larger than the bound.
	for range 6 {
		send(t, provider, textMessage(queue.Event, body))
	}
	large := start(t, amqp.Config{URL: place, MaxMessageBytes: 20 << 20})
	send(t, large, textMessage(queue.Event, string(bytes.Repeat([]byte("x"), 20<<20))))
}

func TestTooLargeAMessageIsRefusedBeforeSending(t *testing.T) {
	t.Parallel()
	place := brokertest.URL(t)
	provider := start(t, amqp.Config{URL: place, MaxMessageBytes: 10})
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener")}
	declare(t, provider, place, queue)
	_, err := provider.Submit(within(t), textMessage(queue.Event, "12345678901"))
	require.ErrorIs(t, err, eventing.ErrRejected)
	require.ErrorIs(t, err, eventing.ErrTooLarge)
	require.ErrorContains(t, err, "11 bytes")
	require.ErrorContains(t, err, "amqp.Config.MaxMessageBytes (10)")
	consumer := attach(t, provider, queue, 1)
	send(t, provider, textMessage(queue.Event, "1234567890"))
	assert.Equal(t, "1234567890", string(receive(t, consumer).Message.Body))

	// A copy for a retry or a dead letter must be possible for what has come.
	copied := textMessage(queue.Event, "12345678901")
	copied.Target = &queue
	send(t, provider, copied)
}

func TestTooLargeAMessageIsInvalidWhenItComes(t *testing.T) {
	t.Parallel()
	place := brokertest.URL(t)
	provider := start(t, amqp.Config{URL: place, MaxMessageBytes: 10})
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: true}
	declare(t, provider, place, queue)
	dial(t, place).send(t, queue.Event,
		&goamqp.Message{Data: [][]byte{[]byte("12345678901")}},
		&goamqp.Message{Value: "12345678901"},
		&goamqp.Message{Data: [][]byte{[]byte("1234567890")}})
	consumer := attach(t, provider, queue, 10)
	for range 2 {
		message := receive(t, consumer).Message
		require.ErrorContains(t, message.Invalid, "11 bytes")
		require.ErrorContains(t, message.Invalid, "amqp.Config.MaxMessageBytes (10)")
		assert.Equal(t, "12345678901", string(message.Body), "its dead letter loses nothing")
	}
	require.NoError(t, receive(t, consumer).Message.Invalid)

	// A dead letter can be read, whatever its size.
	dead := queue.DeadLetter()
	letter := textMessage(queue.Event, "12345678901")
	letter.Target = &dead
	send(t, provider, letter)
	require.NoError(t, receive(t, attach(t, provider, dead, 1)).Message.Invalid)
}

// TestTooLargeAMessageIsDeadLettered goes the whole way, with the default.
func TestTooLargeAMessageIsDeadLettered(t *testing.T) {
	t.Parallel()
	provider, place := shared(t)
	queue := eventing.Queue{Event: "test.large", Listener: "test.large.listener", Durable: true}
	removeLater(t, place, queue)
	manager, err := eventing.NewEventManager(unstarted(t, place), eventing.Config{Listeners: []any{&largeListener{}}})
	require.NoError(t, err)
	require.NoError(t, manager.Start(within(t)))
	dial(t, place).send(t, queue.Event, &goamqp.Message{Data: [][]byte{bytes.Repeat([]byte(" "), 10<<20+1)}})
	letter := receive(t, attach(t, provider, queue.DeadLetter(), 1)).Message
	assert.Len(t, letter.Body, 10<<20+1)
	var reason string
	for _, header := range letter.Headers {
		if header.Key == "aspyx_error" {
			reason = header.Value
		}
	}
	assert.Contains(t, reason, fmt.Sprint(10<<20+1, " bytes"))
	require.NoError(t, manager.Stop(within(t)))
}

type largeEvent struct {
	eventing.Event `event:"name=test.large,durable"`
}

type largeListener struct {
	eventing.Listener[largeEvent] `listener:"name=test.large.listener"`
}

func (*largeListener) On(context.Context, largeEvent) error { return nil }

func unstarted(t *testing.T, place string) *amqp.Provider {
	t.Helper()
	provider, err := amqp.New(amqp.Config{URL: place})
	require.NoError(t, err)
	return provider
}
