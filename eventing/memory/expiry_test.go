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

func ttl(d time.Duration) func(*eventing.Message) {
	return func(m *eventing.Message) { m.TTL = d }
}

func TestWhatIsOverIsNeverDelivered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := open(t, memory.Config{}, greeter)
		submit(t, provider,
			hello("1s", ttl(time.Second)),
			hello("stays"),
			hello("2s", ttl(2*time.Second)),
			hello("delayed too long", ttl(time.Second), delay(3*time.Second)),
			hello("delayed", ttl(5*time.Second), delay(3*time.Second)),
			hello("targeted", ttl(time.Second), target(greeter)))
		time.Sleep(time.Second - 1)
		require.Zero(t, stats(t, provider, greeter).Expired)
		time.Sleep(time.Nanosecond)
		assert.Equal(t, memory.QueueStats{
			Address: "hello", Queue: "greeter", Messages: 2, Delayed: 1, Bytes: 14, MaxMessages: 6, Enqueued: 6, Expired: 3,
		}, stats(t, provider, greeter))
		consumer := attach(t, provider, greeter, 10)
		assert.Equal(t, []string{"stays", "2s", "delayed"}, take(t, consumer, 3))
		assert.Equal(t, memory.QueueStats{
			Address: "hello", Queue: "greeter", Consumers: 1,
			MaxMessages: 6, Enqueued: 6, Delivered: 3, Accepted: 3, Expired: 3,
		}, stats(t, provider, greeter))
	})
}

func TestAReleasedMessageCanBeOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := open(t, memory.Config{}, greeter)
		consumer := attach(t, provider, greeter, 10)
		submit(t, provider, hello("late", ttl(time.Second)), hello("in time", ttl(time.Minute)))
		late, early := receive(t, consumer), receive(t, consumer)
		time.Sleep(2 * time.Second)
		assert.Equal(t, 2, stats(t, provider, greeter).Unsettled, "what is held isn't called back")
		settle(t, consumer, early, eventing.Release)
		settle(t, consumer, late, eventing.Release)
		assert.Equal(t, []string{"in time"}, take(t, consumer, 1))
		requireNone(t, consumer)
		assert.Equal(t, uint64(1), stats(t, provider, greeter).Expired)
	})
}

func TestWhatIsOverMakesRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := open(t, memory.Config{MaxMessages: 2}, greeter)
		submit(t, provider, hello("1"), hello("2", ttl(time.Minute)))
		start := time.Now()
		waiting := submitting(t.Context(), provider, hello("3"))
		require.NoError(t, <-waiting.done)
		assert.Equal(t, time.Minute, time.Since(start))
		consumer := attach(t, provider, greeter, 10)
		assert.Equal(t, []string{"1", "3"}, take(t, consumer, 2))
	})
}

func TestDrainDoesNotWaitForWhatIsOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := open(t, memory.Config{}, greeter)
		consumer := attach(t, provider, greeter, 1)
		submit(t, provider, hello("held"), hello("over", ttl(time.Second)))
		held := receive(t, consumer)
		draining := call(func() error { return provider.Drain(t.Context()) })
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.True(t, draining.waits())
		settle(t, consumer, held, eventing.Accept)
		requireNone(t, consumer)
		require.NoError(t, <-draining.done)
	})
}

// A crowd of messages that end one after the other isn't looked at for each.
func TestManyEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const count = 5000
		provider := open(t, memory.Config{}, greeter)
		for i := range count {
			submit(t, provider, hello("x", ttl(time.Second+time.Duration(i)*time.Millisecond)))
		}
		time.Sleep(time.Second + count/2*time.Millisecond)
		assert.Equal(t, uint64(count/2+1), stats(t, provider, greeter).Expired)
		time.Sleep(time.Hour)
		assert.Equal(t, memory.QueueStats{
			Address: "hello", Queue: "greeter", MaxMessages: count, Enqueued: count, Expired: count,
		}, stats(t, provider, greeter))
	})
}

func TestPriorityChangesNoOrder(t *testing.T) {
	t.Parallel()
	provider := open(t, memory.Config{}, greeter)
	urgent := hello("urgent")
	urgent.Priority = eventing.PriorityLevel(9)
	submit(t, provider, hello("first"), urgent)
	consumer := attach(t, provider, greeter, 10)
	assert.Equal(t, "first", string(receive(t, consumer).Message.Body))
	assert.Equal(t, 9, receive(t, consumer).Message.Priority.Int())
}
