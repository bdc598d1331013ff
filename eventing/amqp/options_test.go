package amqp_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

func TestPriorityOrdersWhatWaits(t *testing.T) {
	t.Parallel()
	provider, place := shared(t)
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: true}
	declare(t, provider, place, queue)
	for _, priority := range []int{0, 4, 9, 5} {
		message := textMessage(queue.Event, "")
		message.Priority = eventing.PriorityLevel(priority)
		send(t, provider, message)
	}
	consumer := attach(t, provider, queue, 10)
	var got []int
	for range 4 {
		got = append(got, receive(t, consumer).Message.Priority.Int())
	}
	assert.Equal(t, []int{9, 5, 4, 0}, got)
}

func TestTimeToLive(t *testing.T) {
	t.Parallel()
	provider, place := shared(t)
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: true}
	declare(t, provider, place, queue)
	for body, ttl := range map[string]time.Duration{"brief": 1, "long": time.Hour, "longest": 49 * 24 * time.Hour} {
		message := textMessage(queue.Event, body)
		message.TTL = ttl
		send(t, provider, message)
	}
	fence := textMessage(queue.Event, "due")
	fence.Target, fence.Delay = &queue, 100*time.Millisecond
	send(t, provider, fence)
	// The broker's clock: when this comes, the millisecond is over.
	other := eventing.Queue{Event: unique("event"), Listener: unique("listener")}
	declare(t, provider, place, other)
	clock := textMessage(other.Event, "")
	clock.Delay = 200 * time.Millisecond
	send(t, provider, clock)
	receive(t, attach(t, provider, other, 1))

	consumer := attach(t, provider, queue, 10)
	var bodies []string
	for range 3 {
		bodies = append(bodies, string(receive(t, consumer).Message.Body))
	}
	assert.ElementsMatch(t, []string{"long", "longest", "due"}, bodies)
	requireEmpty(t, provider, consumer, queue)
}

type parcel struct{ Number int }

// TestSentAgain sends one event twice, as after an unknown outcome.
func TestSentAgain(t *testing.T) {
	t.Parallel()
	provider, place := shared(t)
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: true}
	declare(t, provider, place, queue)
	manager, err := eventing.NewEventManager(unstarted(t, place), eventing.Config{
		Events: []eventing.EventDefinition{eventing.EventOf[parcel](eventing.Name(queue.Event), eventing.Durable())},
	})
	require.NoError(t, err)
	require.NoError(t, manager.Start(within(t)))
	id := eventing.ParseID("parcel 4711")
	for range 2 {
		require.NoError(t, manager.SendEvent(within(t), parcel{1}, eventing.WithID(id)))
	}
	require.NoError(t, manager.SendEvent(within(t), parcel{2}, eventing.WithID(eventing.NewID())))
	require.NoError(t, manager.Stop(within(t)))
	consumer := attach(t, provider, queue, 10)
	first := receive(t, consumer).Message
	assert.Equal(t, id, first.ID)
	assert.JSONEq(t, `{"Number":1}`, string(first.Body))
	assert.JSONEq(t, `{"Number":2}`, string(receive(t, consumer).Message.Body))
	requireEmpty(t, provider, consumer, queue)
}

// TestSendAsync keeps the order, and needs no goroutine for each event.
func TestSendAsync(t *testing.T) {
	t.Parallel()
	provider, place := shared(t)
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener")}
	declare(t, provider, place, queue)
	manager, err := eventing.NewEventManager(unstarted(t, place), eventing.Config{
		Events: []eventing.EventDefinition{eventing.EventOf[parcel](eventing.Name(queue.Event))},
	})
	require.NoError(t, err)
	require.NoError(t, manager.Start(within(t)))
	const count = 3000
	sent := make([]*eventing.Sent, count)
	for i := range sent {
		sent[i] = manager.SendAsync(within(t), parcel{i})
	}
	consumer := attach(t, provider, queue, 100)
	for i := range count {
		require.NoError(t, sent[i].Wait(within(t)))
		require.JSONEq(t, fmt.Sprintf(`{"Number":%d}`, i), string(receive(t, consumer).Message.Body))
	}
	assert.Equal(t, uint64(count), manager.Stats().Sent)
	last := manager.SendAsync(within(t), parcel{count})
	require.NoError(t, manager.Stop(within(t)))
	<-last.Done()
	require.NoError(t, last.Wait(within(t)), "a stop waits for confirmations")
}
