package amqp_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/internal/brokertest"
	"github.com/aspyx-go/aspyx/internal/classic"
)

// TestClassicOverARestart has a queue with a backlog and an empty one, and no
// consumer of either. The empty one is safe on disk at the broker's next
// checkpoint, or its end.
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

	require.NoError(t, broker.Stop(within(t)))
	require.NoError(t, broker.Restart(t.Context()))
	after := start(t, amqp.Config{URL: place})
	last := textMessage(empty.Event, "after")
	last.Durable = true
	send(t, after, last)
	assert.Equal(t, "after", string(receive(t, attach(t, after, empty, 10)).Message.Body))
	require.NoError(t, after.Stop(within(t)))

	require.NoError(t, broker.Restart(t.Context()), "killed this time")
	consumer := attach(t, start(t, amqp.Config{URL: place}), full, 10)
	for _, want := range []string{"0", "1", "3", "after"} {
		assert.Equal(t, want, string(receive(t, consumer).Message.Body), "what is durable, in its order")
	}
}

func TestClassicWithoutAScheduler(t *testing.T) {
	t.Parallel()
	broker := brokertest.Classic(t, func(options *classic.Options) { options.NoScheduler = true })
	provider := start(t, amqp.Config{URL: broker.URL()})
	assert.False(t, provider.Capabilities().Delay, "what needs a delay is refused")
	assert.True(t, provider.Capabilities().Groups)
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
		for range 3 {
			between.interrupt()
			received := make(chan struct{})
			go func() {
				defer close(received)
				var delivery eventing.Delivery
				assert.NoError(t, consumer.Receive(within(t), &delivery))
				_ = consumer.Settle(&delivery, eventing.Accept) // one of before the next interruption may come again
			}()
			// What isn't durable is lost until the queue is there again.
			require.Eventually(t, func() bool {
				send(t, provider, textMessage(queue.Event, "again"))
				select {
				case <-received:
					return true
				default:
					return false
				}
			}, limit, 50*time.Millisecond)
		}
		require.NoError(t, consumer.Close(within(t)))
		requireHealed(t, provider)
	}
}
