package amqp_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

// TestClassicOverARestart kills a broker that has an empty queue and one with a
// backlog, and no consumer of either.
func TestClassicOverARestart(t *testing.T) {
	t.Parallel()
	broker := brokertest.Classic(t)
	place := broker.URL()
	empty := eventing.Queue{Event: unique("event"), Listener: "empty", Durable: true}
	full := eventing.Queue{Event: empty.Event, Listener: "full.one", Durable: true}
	before := start(t, amqp.Config{URL: place})
	require.NoError(t, before.Declare(within(t), []eventing.Queue{full}))
	for n := range 4 {
		message := textMessage(full.Event, fmt.Sprint(n))
		message.Durable = n != 2
		send(t, before, message)
	}
	require.NoError(t, before.Declare(within(t), []eventing.Queue{empty}))
	require.NoError(t, before.Stop(within(t)))

	require.NoError(t, broker.Restart(t.Context()))
	after := start(t, amqp.Config{URL: place})
	send(t, after, textMessage(empty.Event, "after"))
	consumer := attach(t, after, full, 10)
	for _, want := range []string{"0", "1", "3", "after"} {
		assert.Equal(t, want, string(receive(t, consumer).Message.Body), "what is durable, in its order")
	}
	assert.Equal(t, "after", string(receive(t, attach(t, after, empty, 10)).Message.Body), "an empty queue is still there")
}

func TestClassicRefusals(t *testing.T) {
	t.Parallel()
	broker := brokertest.Classic(t)
	provider := start(t, amqp.Config{URL: broker.URL()})
	queue := eventing.Queue{Event: unique("event"), Listener: "listener", Durable: true}
	require.NoError(t, provider.Declare(within(t), []eventing.Queue{queue}))
	err := provider.Remove(within(t), queue)
	require.ErrorIs(t, err, errors.ErrUnsupported)
	require.ErrorContains(t, err, "remove it on the broker")
	assert.NotContains(t, err.Error(), "permission")
	assert.False(t, provider.Capabilities().Mandatory)

	for _, durable := range []bool{true, false} {
		own := eventing.Queue{Event: unique("event"), Listener: "listener", Server: "one", Durable: durable}
		require.NoError(t, provider.Declare(within(t), []eventing.Queue{own}))
		consumer := attach(t, provider, own, 10)
		other := start(t, amqp.Config{URL: broker.URL()})
		require.NoError(t, other.Declare(within(t), []eventing.Queue{own}))
		_, err = other.Attach(within(t), own, 10)
		require.ErrorIs(t, err, eventing.ErrQueueInUse)
		require.ErrorContains(t, err, `server "one"`)
		require.NoError(t, consumer.Close(within(t)))
		consumer = attach(t, other, own, 10)
		send(t, provider, textMessage(own.Event, "to the second"))
		assert.Equal(t, "to the second", string(receive(t, consumer).Message.Body))
	}
}

func TestClassicAuthentication(t *testing.T) {
	t.Parallel()
	broker := brokertest.Classic(t)
	host := hostPort(t, broker.URL())
	for name, config := range map[string]amqp.Config{
		"wrong password": {URL: "amqp://" + host, User: "aspyx", Password: canary},
		"nobody":         {URL: "amqp://" + host},
	} {
		provider, err := amqp.New(config)
		require.NoError(t, err)
		err = provider.Start(within(t))
		require.ErrorIs(t, err, amqp.ErrAuthentication, name)
		assert.NotContains(t, err.Error(), canary)
		require.NoError(t, provider.Stop(context.Background()))
	}
}

// TestClassicOwnConnectionHeals cuts all connections, also that of a queue which
// is one server's.
func TestClassicOwnConnectionHeals(t *testing.T) {
	t.Parallel()
	broker := brokertest.Classic(t)
	between := newCutter(t, broker.URL())
	provider := start(t, amqp.Config{URL: between.url})
	for _, durable := range []bool{true, false} {
		queue := eventing.Queue{Event: unique("event"), Listener: "listener", Server: "one", Durable: durable}
		require.NoError(t, provider.Declare(within(t), []eventing.Queue{queue}))
		consumer := attach(t, provider, queue, 10)
		for n := range 3 {
			send(t, provider, textMessage(queue.Event, fmt.Sprint(n)))
			assert.Equal(t, fmt.Sprint(n), string(receive(t, consumer).Message.Body))
			between.interrupt()
			again := make(chan *eventing.Delivery)
			go func() { again <- receive(t, consumer) }()
			awaitHealth(t, provider)
			send(t, provider, textMessage(queue.Event, "again"))
			assert.Equal(t, "again", string((<-again).Message.Body))
		}
		require.NoError(t, consumer.Close(within(t)))
	}
}
