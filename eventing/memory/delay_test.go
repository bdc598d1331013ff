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

func TestDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := open(t, memory.Config{}, greeter)
		consumer := attach(t, provider, greeter, 10)
		start := time.Now()
		submit(t, provider,
			hello("3s", delay(3*time.Second)),
			hello("1s", delay(time.Second)),
			hello("1s, later", delay(time.Second)),
			hello("2s", delay(2*time.Second)),
			hello("now"))
		assert.Equal(t, memory.QueueStats{
			Address: "hello", Queue: "greeter", Messages: 1, Delayed: 4, Bytes: 18, Consumers: 1, MaxMessages: 5, Enqueued: 5,
		}, stats(t, provider, greeter))
		for _, want := range []struct {
			body  string
			after time.Duration
		}{
			{"now", 0}, {"1s", time.Second}, {"1s, later", time.Second}, {"2s", 2 * time.Second}, {"3s", 3 * time.Second},
		} {
			assert.Equal(t, []string{want.body}, take(t, consumer, 1))
			assert.Equal(t, want.after, time.Since(start))
		}
		assert.Zero(t, stats(t, provider, greeter).Bytes)
	})
}

func TestDelayedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := open(t, memory.Config{}, greeter)
		consumer := attach(t, provider, greeter, 1)
		start := time.Now()
		for i := range 5 { // the timer is set again after it has run
			submit(t, provider, hello("retry", target(greeter), delay(time.Minute)))
			take(t, consumer, 1)
			assert.Equal(t, time.Duration(i+1)*time.Minute, time.Since(start))
		}
	})
}

func TestDelayedMessagesTakeRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := open(t, memory.Config{MaxMessages: 1}, greeter)
		consumer := attach(t, provider, greeter, 1)
		submit(t, provider, hello("1", delay(time.Hour)))
		start := time.Now()
		waiting := submitting(t.Context(), provider, hello("2"))
		synctest.Wait()
		require.True(t, waiting.waits())
		assert.Equal(t, []string{"1", "2"}, take(t, consumer, 2))
		assert.Equal(t, time.Hour, time.Since(start))
		require.NoError(t, <-waiting.done)
	})
}

func TestDelayedMessagesVanishWithTheirQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		queue := eventing.Queue{Event: "hello", Listener: "greeter", Server: "web1"}
		provider := open(t, memory.NewBroker(), queue)
		consumer := attach(t, provider, queue, 1)
		submit(t, provider, hello("1", delay(time.Second)))
		require.NoError(t, consumer.Close(t.Context()))
		require.NoError(t, provider.Declare(t.Context(), []eventing.Queue{queue}))
		time.Sleep(time.Minute) // the clock of synctest
		assert.Zero(t, stats(t, provider, queue).Messages)
	})
}

func TestDelayedMessagesOfOneInstant(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := open(t, memory.Config{}, greeter)
		consumer := attach(t, provider, greeter, 3)
		var waiting []*pending
		for range 3 {
			waiting = append(waiting, call(func() error { return consumer.Receive(t.Context(), &eventing.Delivery{}) }))
			submit(t, provider, hello("1s", delay(time.Second)))
		}
		time.Sleep(time.Second)
		synctest.Wait()
		for _, w := range waiting {
			require.False(t, w.waits(), "each who waits gets one")
			require.NoError(t, <-w.done)
		}
	})
}
