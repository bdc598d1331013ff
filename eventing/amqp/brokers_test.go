package amqp_test

import (
	"errors"
	"testing"

	goamqp "github.com/Azure/go-amqp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/internal/amqppeer"
)

// rabbit answers so many requests to its management, each with the code.
func rabbit(t *testing.T, peer *amqppeer.Peer, codes ...string) <-chan []*amqppeer.Received {
	t.Helper()
	done := make(chan []*amqppeer.Received, 1)
	replies, requests := peer.Link("/management", 0), peer.Link("/management", 1)
	go func() {
		var all []*amqppeer.Received
		for i, code := range codes {
			request := requests.Message(i)
			all = append(all, request)
			replies.Deliver(&goamqp.Message{
				Properties: &goamqp.MessageProperties{Subject: &code, CorrelationID: request.Message.Properties.MessageID},
				Value:      "words of the broker",
			})
		}
		done <- all
	}()
	return done
}

func TestRabbitMQ(t *testing.T) {
	t.Parallel()
	peer := amqppeer.Start(t, amqppeer.Options{Product: "RabbitMQ"})
	peer.Script("/exchanges/event", amqppeer.Script{Answer: amqppeer.Always(amqppeer.Released)})
	provider := start(t, amqp.Config{URL: peer.URL})
	assert.Equal(t, eventing.Capabilities{Mandatory: true}, provider.Capabilities())

	answered := rabbit(t, peer, "201", "204", "201", "200")
	queue := eventing.Queue{Event: "event", Listener: "listener", Durable: true}
	require.NoError(t, provider.Declare(within(t), []eventing.Queue{queue}))
	var requests []string
	for _, request := range <-answered {
		requests = append(requests, *request.Message.Properties.Subject+" "+*request.Message.Properties.To)
	}
	assert.Equal(t, []string{
		"PUT /queues/event::listener", "PUT /exchanges/event", "POST /bindings", "PUT /queues/DLQ.event.listener",
	}, requests)

	send(t, provider, textMessage("event", "nobody listens"))
	receipt, err := provider.Submit(within(t), mandatory("event", "somebody must"))
	require.NoError(t, err)
	require.ErrorIs(t, receipt.Wait(within(t)), eventing.ErrUnroutable)
}

func TestRabbitMQRefuses(t *testing.T) {
	t.Parallel()
	peer := amqppeer.Start(t, amqppeer.Options{Product: "RabbitMQ"})
	provider := start(t, amqp.Config{URL: peer.URL})
	own := eventing.Queue{Event: "event", Listener: "listener", Server: "north"}
	answered := rabbit(t, peer, "204", "409", "204")
	require.ErrorIs(t, provider.Declare(within(t), []eventing.Queue{own}), errors.ErrUnsupported)
	shared := eventing.Queue{Event: "event", Listener: "listener"}
	require.ErrorContains(t, provider.Declare(within(t), []eventing.Queue{shared}), "409: words of the broker")
	assert.Len(t, <-answered, 3, "dead letters of the first, the second and its dead letters")
	require.ErrorIs(t, provider.Remove(within(t), shared), errors.ErrUnsupported)
}

// TestServiceBus has the peer stand for it, which says no product.
func TestServiceBus(t *testing.T) {
	t.Parallel()
	peer := amqppeer.Start(t, amqppeer.Options{Product: "none"})
	peer.Script("event/Subscriptions/missing", amqppeer.Script{Refuse: &amqppeer.Error{Condition: "amqp:not-found", Description: "no such entity"}})
	provider := start(t, amqp.Config{URL: peer.URL, Broker: amqp.BrokerServiceBus})
	there := eventing.Queue{Event: "event", Listener: "there"}
	require.NoError(t, provider.Declare(within(t), []eventing.Queue{there}))
	err := provider.Declare(within(t), []eventing.Queue{{Event: "event", Listener: "missing"}})
	require.ErrorContains(t, err, "it doesn't exist: make it")
	require.ErrorContains(t, err, "no such entity")
	send(t, provider, textMessage("event", "hello"))
	assert.Equal(t, "hello", peer.Link("event", 0).Message(0).Text())

	retry := textMessage("event", "again")
	retry.Target = &there
	_, err = provider.Submit(within(t), retry)
	require.ErrorIs(t, err, eventing.ErrNotSent)
	require.ErrorIs(t, err, errors.ErrUnsupported)
	assert.False(t, provider.Capabilities().Delay, "so that a policy that needs it is refused")
	require.ErrorIs(t, provider.Remove(within(t), there), errors.ErrUnsupported)
}

func TestUnknownBroker(t *testing.T) {
	t.Parallel()
	peer := amqppeer.Start(t, amqppeer.Options{Product: "Unheard-of"})
	provider, err := amqp.New(amqp.Config{URL: peer.URL})
	require.NoError(t, err)
	err = provider.Start(within(t))
	require.ErrorIs(t, err, errors.ErrUnsupported)
	require.ErrorContains(t, err, `the broker says that it is "Unheard-of", which isn't known`)
	require.ErrorContains(t, err, "set amqp.Config.Broker")
	start(t, amqp.Config{URL: peer.URL, Broker: amqp.BrokerArtemis})
}
