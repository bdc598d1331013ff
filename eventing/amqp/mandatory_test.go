package amqp_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
)

func mandatory(event, body string) *eventing.Message {
	message := textMessage(event, body)
	message.Mandatory = true
	return message
}

func TestMandatory(t *testing.T) {
	t.Parallel()
	provider, place := shared(t)
	capabilities := provider.Capabilities()
	assert.True(t, capabilities.Mandatory)
	assert.True(t, capabilities.Groups)
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: true}
	refused := func() error {
		_, err := provider.Submit(within(t), mandatory(queue.Event, "nobody"))
		return err
	}
	err := refused()
	require.ErrorIs(t, err, eventing.ErrRejected)
	require.ErrorIs(t, err, eventing.ErrUnroutable)
	require.ErrorContains(t, err, queue.Event)

	declare(t, provider, place, queue)
	send(t, provider, mandatory(queue.Event, "somebody"))
	consumer := attach(t, provider, queue, 10)
	delivery := receive(t, consumer)
	assert.Equal(t, "somebody", string(delivery.Message.Body))
	assert.False(t, delivery.Message.Mandatory)
	require.NoError(t, consumer.Close(within(t)))

	// By another one: this one learns it within a second.
	require.NoError(t, start(t, amqp.Config{URL: place}).Remove(within(t), queue))
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		require.ErrorIs(c, refused(), eventing.ErrUnroutable)
	}, 3*time.Second, 50*time.Millisecond)
}

func TestCapabilitiesBeforeTheStart(t *testing.T) {
	t.Parallel()
	provider, err := amqp.New(amqp.Config{})
	require.NoError(t, err)
	assert.False(t, provider.Capabilities().Mandatory)
	assert.False(t, provider.Capabilities().Groups)
}
