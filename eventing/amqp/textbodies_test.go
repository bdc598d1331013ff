package amqp_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

func TestTextBodies(t *testing.T) {
	t.Parallel()
	place := brokertest.URL(t)
	provider := start(t, amqp.Config{URL: place, TextBodies: true})
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: true}
	declare(t, provider, place, queue)
	bodies := []string{`{"text":"grüß"}`, "", "\xff is no UTF-8", "NUL \x00 is"}
	for _, body := range bodies {
		send(t, provider, textMessage(queue.Event, body))
	}
	client := dial(t, place)
	receiver, err := client.session.NewReceiver(within(t), queue.Event+"::"+queue.Listener, nil)
	require.NoError(t, err)
	first, err := receiver.Receive(within(t), nil)
	require.NoError(t, err)
	assert.Equal(t, bodies[0], first.Value)
	assert.Empty(t, first.Data)
	require.NoError(t, receiver.ReleaseMessage(within(t), first))
	require.NoError(t, receiver.Close(within(t)))

	consumer := attach(t, provider, queue, 10)
	for _, body := range bodies {
		message := receive(t, consumer).Message
		assert.Equal(t, body, string(message.Body))
		assert.Equal(t, "text/plain", message.ContentType)
	}
	require.NoError(t, consumer.Close(within(t)))
}
