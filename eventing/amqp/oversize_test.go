package amqp_test

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
	"time"

	goamqp "github.com/Azure/go-amqp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/internal/artemis"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

func large(size int) *goamqp.Message {
	return &goamqp.Message{Header: &goamqp.MessageHeader{Durable: true, Priority: 4}, Data: [][]byte{bytes.Repeat([]byte("x"), size)}}
}

func TestTooLargeAMessageToBeKept(t *testing.T) {
	t.Parallel()
	place := brokertest.URL(t)
	var log lines
	source := amqp.Config{URL: place, MaxMessageBytes: 1 << 20}
	opened, err := source.Open(eventing.Settings{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	provider, ok := opened.(*amqp.Provider)
	require.True(t, ok)
	require.NoError(t, provider.Start(within(t)))
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: true}
	declare(t, provider, place, queue)
	dial(t, place).send(t, queue.Event, &goamqp.Message{Value: "before"}, large(20<<20), &goamqp.Message{Value: "after"})
	consumer := attach(t, provider, queue, 10)
	assert.Equal(t, "before", string(receive(t, consumer).Message.Body))
	assert.Equal(t, "after", string(receive(t, consumer).Message.Body))

	message := putAside(t, place, queue)
	assert.Len(t, message.GetData(), 20<<20, "it is whole")
	requireEmpty(t, provider, consumer, queue)
	require.NoError(t, provider.Health())
	for _, text := range []string{"the broker has put it aside", "::" + queue.Name(eventing.NamingOriginal), "address=DLQ"} {
		assert.Equal(t, 1, log.count(text), text)
	}
	require.NoError(t, consumer.Close(within(t)))
	require.NoError(t, provider.Stop(within(t)))
}

// putAside returns what the broker has put aside from the queue.
func putAside(t *testing.T, place string, queue eventing.Queue) *goamqp.Message {
	t.Helper()
	client := dial(t, place)
	receiver, err := client.session.NewReceiver(within(t), "DLQ", &goamqp.ReceiverOptions{Credit: 100, SourceCapabilities: []string{"queue"}})
	require.NoError(t, err)
	for {
		message, err := receiver.Receive(within(t), nil)
		require.NoError(t, err)
		if message.Annotations["x-opt-ORIG-QUEUE"] == any(queue.Name(eventing.NamingOriginal)) {
			require.NoError(t, receiver.AcceptMessage(context.Background(), message))
			return message
		}
	}
}

// TestTooLargeAMessageThatCantBePutAside is where nobody can tell whether the
// broker would keep it.
func TestTooLargeAMessageThatCantBePutAside(t *testing.T) {
	t.Parallel()
	broker := brokertest.Own(t, func(options *artemis.Options) { options.ManagementAddress = "elsewhere" })
	config := amqp.Config{URL: broker.URL(), MaxMessageBytes: 1 << 20, ConnectTimeout: 2 * time.Second}
	provider := start(t, config)
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: true}
	require.NoError(t, provider.Declare(within(t), []eventing.Queue{queue}))
	consumer := attach(t, provider, queue, 2)
	dial(t, broker.URL()).send(t, queue.Event, large(5<<20), large(6<<20), &goamqp.Message{Value: "after"}, &goamqp.Message{Value: "more"})
	assert.Equal(t, "after", string(receive(t, consumer).Message.Body), "those that stay take no credit")
	assert.Equal(t, "more", string(receive(t, consumer).Message.Body))
	status := func() eventing.ConsumerStatus {
		reporter, ok := consumer.(eventing.Reporter)
		require.True(t, ok)
		return reporter.Status()
	}
	require.Eventually(t, func() bool { return status().Err != nil }, limit, 10*time.Millisecond)
	assert.Zero(t, status().Unsettled)
	require.ErrorContains(t, status().Err, "bytes is too large (the limit is 2097152), and stays in the queue: amqp: the broker offers no management")
	require.NoError(t, consumer.Close(within(t)))
	require.NoError(t, provider.Stop(within(t)))

	config.MaxMessageBytes = 10 << 20
	consumer = attach(t, start(t, config), queue, 2)
	assert.Len(t, receive(t, consumer).Message.Body, 5<<20, "nothing is lost")
	assert.Len(t, receive(t, consumer).Message.Body, 6<<20)
}

func TestMessagesInHandAreBounded(t *testing.T) {
	t.Parallel()
	place := brokertest.URL(t)
	provider := start(t, amqp.Config{URL: place, MaxInFlightBytes: 8 << 20, IdleTimeout: time.Second})
	slow := eventing.Queue{Event: unique("slow"), Listener: unique("slow"), Durable: true}
	quick := eventing.Queue{Event: unique("quick"), Listener: unique("quick"), Durable: true}
	declare(t, provider, place, slow)
	declare(t, provider, place, quick)
	body := bytes.Repeat([]byte("0123456789abcdef"), 3<<20/16)
	const count = 8
	for i := range count {
		send(t, provider, &eventing.Message{ID: eventing.NewID(), Event: slow.Event, Durable: true, Body: append(bytes.Clone(body), byte(i))})
	}
	consumer := attach(t, provider, slow, count)
	var held []eventing.Delivery
	for {
		var delivery eventing.Delivery
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		err := consumer.Receive(ctx, &delivery)
		cancel()
		if err != nil {
			require.ErrorIs(t, err, context.DeadlineExceeded)
			break
		}
		held = append(held, delivery)
	}
	assert.GreaterOrEqual(t, len(held), 2, "up to the bound, and what had been read")
	assert.LessOrEqual(t, len(held), 4)
	require.NoError(t, provider.Health(), "it isn't the broker that is silent")

	other := attach(t, provider, quick, 10)
	send(t, provider, textMessage(quick.Event, "quick"))
	for i := range count {
		for len(held) == 0 {
			held = append(held, eventing.Delivery{})
			require.NoError(t, consumer.Receive(within(t), &held[0]))
		}
		got := held[0].Message.Body
		assert.True(t, bytes.Equal(body, got[:len(got)-1]), i)
		assert.Equal(t, byte(i), got[len(got)-1])
		require.NoError(t, consumer.Settle(&held[0], eventing.Accept))
		held = held[1:]
	}
	assert.Equal(t, "quick", string(receive(t, other).Message.Body))
	requireEmpty(t, provider, consumer, slow)
	require.NoError(t, other.Close(within(t)))
	require.NoError(t, consumer.Close(within(t)))
}

// TestCloseWithTooMuchInHand closes one consumer while another has more than may
// be in hand.
func TestCloseWithTooMuchInHand(t *testing.T) {
	t.Parallel()
	place := brokertest.URL(t)
	provider := start(t, amqp.Config{URL: place, MaxInFlightBytes: 1 << 20})
	slow := eventing.Queue{Event: unique("slow"), Listener: unique("slow"), Durable: true}
	quick := eventing.Queue{Event: unique("quick"), Listener: unique("quick"), Durable: true}
	declare(t, provider, place, slow)
	declare(t, provider, place, quick)
	other := attach(t, provider, quick, 10)
	consumer := attach(t, provider, slow, 10)
	for range 4 {
		send(t, provider, textMessage(slow.Event, string(bytes.Repeat([]byte("x"), 2<<20))))
	}
	var delivery eventing.Delivery
	require.NoError(t, consumer.Receive(within(t), &delivery))
	begin := time.Now()
	require.NoError(t, other.Close(within(t)))
	assert.Less(t, time.Since(begin), 5*time.Second)
	require.NoError(t, consumer.Close(within(t)))
	consumer = attach(t, provider, slow, 10)
	for range 4 {
		assert.Len(t, receive(t, consumer).Message.Body, 2<<20, "what was given back")
	}
}
