package amqp_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
)

func TestRemoveAQueueWithABacklog(t *testing.T) {
	t.Parallel()
	provider, place := shared(t)
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: true}
	other := eventing.Queue{Event: queue.Event, Listener: unique("other"), Durable: true}
	require.NoError(t, provider.Remove(within(t), queue), "it doesn't exist")
	declare(t, provider, place, other)
	declare(t, provider, place, queue)
	send(t, provider, textMessage(queue.Event, "backlog"))
	dead := queue.DeadLetter()
	letter := textMessage(queue.Event, "letter")
	letter.Target = &dead
	send(t, provider, letter)

	require.NoError(t, provider.Remove(within(t), queue))
	assert.False(t, dial(t, place).queueExists(t, queue.Name(eventing.NamingOriginal)))
	require.NoError(t, provider.Remove(within(t), queue), "it has gone")
	assert.Equal(t, "backlog", string(receive(t, attach(t, provider, other, 1)).Message.Body), "others stay")
	assert.Equal(t, "letter", string(receive(t, attach(t, provider, dead, 1)).Message.Body), "its dead letters stay")

	require.NoError(t, provider.Declare(within(t), []eventing.Queue{queue}))
	consumer := attach(t, provider, queue, 10)
	requireEmpty(t, provider, consumer, queue)
}

func TestRemoveKeepsAQueueWithAConsumer(t *testing.T) {
	t.Parallel()
	provider, place := shared(t)
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: true}
	declare(t, provider, place, queue)
	consumer := attach(t, provider, queue, 1)
	err := start(t, amqp.Config{URL: place}).Remove(within(t), queue)
	require.ErrorIs(t, err, eventing.ErrQueueInUse)
	require.ErrorContains(t, err, "remove "+queue.String())
	send(t, provider, textMessage(queue.Event, "still"))
	assert.Equal(t, "still", string(receive(t, consumer).Message.Body))
	require.NoError(t, consumer.Close(within(t)))
	require.NoError(t, provider.Remove(within(t), queue))
}

// TestRemoveLeavesTheQueueOfAnotherAddress: names are global in Artemis.
func TestRemoveLeavesTheQueueOfAnotherAddress(t *testing.T) {
	t.Parallel()
	provider, place := shared(t)
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: true}
	declare(t, provider, place, queue)
	namesake := eventing.Queue{Event: unique("event"), Listener: queue.Listener, Durable: true}
	require.NoError(t, provider.Remove(within(t), namesake))
	assert.True(t, dial(t, place).queueExists(t, queue.Listener))
}
