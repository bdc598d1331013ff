package memory_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

func TestStats(t *testing.T) {
	t.Parallel()
	provider := open(t, memory.Config{}, greeter)
	consumer := attach(t, provider, greeter, 10)
	send(t, provider, 5)
	accepted, released := receive(t, consumer), receive(t, consumer)
	settle(t, consumer, accepted, eventing.Accept)
	settle(t, consumer, released, eventing.Release)
	receive(t, consumer)
	assert.Equal(t, memory.QueueStats{
		Address: "hello", Queue: "greeter", Messages: 3, Unsettled: 1, Bytes: 4, Consumers: 1,
		MaxMessages: 5, Enqueued: 5, Delivered: 3, Accepted: 1, Released: 1,
	}, stats(t, provider, greeter))
	require.NoError(t, consumer.Close(t.Context()))
	assert.Equal(t, memory.QueueStats{
		Address: "hello", Queue: "greeter", Messages: 4, Bytes: 4,
		MaxMessages: 5, Enqueued: 5, Delivered: 3, Accepted: 1, Released: 2,
	}, stats(t, provider, greeter))
}

func TestAge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := open(t, memory.Config{}, greeter)
		first, second := attach(t, provider, greeter, 1), attach(t, provider, greeter, 10)
		now := func(m *eventing.Message) { m.Time = time.Now() }
		submit(t, provider, hello("a1", now, key("a")))
		time.Sleep(time.Second)
		submit(t, provider, hello("a2", now, key("a")))
		time.Sleep(time.Second)
		submit(t, provider, hello("b1", now), hello("from a server ahead", func(m *eventing.Message) { m.Time = time.Now().Add(time.Hour) }))
		time.Sleep(time.Second)
		assert.Equal(t, 3*time.Second, stats(t, provider, greeter).Age)
		a1 := requireNext(t, first, "a1")
		requireNext(t, second, "b1")
		assert.Equal(t, 2*time.Second, stats(t, provider, greeter).Age, "of what is assigned")
		settle(t, first, a1, eventing.Accept)
		requireNext(t, first, "a2")
		assert.Zero(t, stats(t, provider, greeter).Age)
		receive(t, second)
		assert.Zero(t, stats(t, provider, greeter).Age, "nothing is ready")
		send(t, provider, 1)
		assert.Zero(t, stats(t, provider, greeter).Age, "no time")
	})
}
