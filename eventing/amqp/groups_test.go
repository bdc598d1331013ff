package amqp_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
)

// keyed returns a message whose body is its key and number.
func keyed(event, key string, number int) *eventing.Message {
	message := textMessage(event, key+" "+strconv.Itoa(number))
	message.Key = key
	return message
}

// numbered returns bodies of keyed messages.
func numbered(key string, first, count int) []string {
	bodies := make([]string, count)
	for i := range bodies {
		bodies[i] = fmt.Sprint(key, " ", first+i)
	}
	return bodies
}

// hold receives so many messages without settling them.
func hold(t *testing.T, consumer eventing.Consumer, count int) []string {
	t.Helper()
	bodies := make([]string, count)
	for i := range bodies {
		var delivery eventing.Delivery
		require.NoError(t, consumer.Receive(within(t), &delivery))
		bodies[i] = string(delivery.Message.Body)
	}
	return bodies
}

func TestAKeyGoesToOneConsumerAtATime(t *testing.T) {
	t.Parallel()
	provider, place := shared(t)
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: true}
	declare(t, provider, place, queue)
	one, two := attach(t, provider, queue, 30), attach(t, start(t, amqp.Config{URL: place}), queue, 30)
	const each = 10
	for number := range each {
		for _, key := range []string{"a", "b", "c", "d"} {
			send(t, provider, keyed(queue.Event, key, number))
		}
	}
	first := hold(t, one, 2*each)
	second := hold(t, two, 2*each)
	for _, key := range []string{"a", "b", "c", "d"} {
		of := func(bodies []string) []string {
			found := []string{}
			for _, body := range bodies {
				if strings.HasPrefix(body, key) {
					found = append(found, body)
				}
			}
			return found
		}
		holder := of(first)
		if len(holder) == 0 {
			holder = of(second)
		}
		assert.Equal(t, numbered(key, 0, each), holder, "all of a key are at one consumer, in order")
	}
}

// TestAKeyGoesOn with what its consumer held, and in order, when that closes or
// its connection is cut. No more is on its way then: see doc.go.
func TestAKeyGoesOn(t *testing.T) {
	t.Parallel()
	for _, cut := range []bool{false, true} {
		t.Run(fmt.Sprint("cut=", cut), func(t *testing.T) {
			t.Parallel()
			provider, place := shared(t)
			queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: true}
			declare(t, provider, place, queue)
			between := newCutter(t, place)
			ending, err := amqp.New(amqp.Config{URL: between.url})
			require.NoError(t, err)
			require.NoError(t, ending.Start(within(t)))
			owner := attach(t, ending, queue, 20)
			send(t, provider, keyed(queue.Event, "k", 0))
			assert.Equal(t, "k 0", string(receive(t, owner).Message.Body))

			heir := attach(t, provider, queue, 20)
			for number := range 10 {
				send(t, provider, keyed(queue.Event, "k", number+1))
			}
			bodies := hold(t, owner, 4)
			assert.Equal(t, numbered("k", 1, 4), bodies)
			for _, key := range []string{"other", "another"} { // one for each consumer
				send(t, provider, keyed(queue.Event, key, 0))
			}
			assert.Contains(t, string(receive(t, heir).Message.Body), "other 0", "of k it has none")
			if cut {
				between.cut()
				require.Eventually(t, func() bool { return ending.Health() != nil }, limit, time.Millisecond)
			} else {
				require.NoError(t, owner.Close(within(t)))
			}
			bodies = hold(t, heir, 11)
			assert.Equal(t, numbered("k", 1, 10), slices.DeleteFunc(bodies, func(body string) bool { return strings.Contains(body, "other") }))
			require.NoError(t, ending.Stop(within(t)))
		})
	}
}
