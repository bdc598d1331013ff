package memory_test

import (
	"bytes"
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

func TestDrainWaitsForWhatIsHandled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		next := eventing.Queue{Event: "next", Listener: "next"}
		provider := open(t, memory.Config{}, greeter, next)
		first, second := attach(t, provider, greeter, 1), attach(t, provider, next, 1)
		submit(t, provider, hello("1", delay(time.Hour)))
		start := time.Now()
		draining := call(func() error { return provider.Drain(t.Context()) })

		delivery := receive(t, first)
		synctest.Wait()
		require.True(t, draining.waits(), "unsettled")
		submit(t, provider, hello("retry", target(greeter), delay(time.Hour)))
		settle(t, first, delivery, eventing.Accept)
		delivery = receive(t, first) // its delay was cut short as well
		submit(t, provider, &eventing.Message{Event: "next"})
		settle(t, first, delivery, eventing.Accept)
		synctest.Wait()
		require.True(t, draining.waits(), "its listener has sent another event")
		take(t, second, 1)
		require.NoError(t, <-draining.done)
		assert.Zero(t, time.Since(start))

		_, err := provider.Submit(t.Context(), hello("late"))
		require.ErrorIs(t, err, eventing.ErrNotSent)
		require.ErrorIs(t, err, eventing.ErrClosed)
	})
}

func TestDrainLeavesQueuesWithoutConsumers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := open(t, memory.Config{}, greeter)
		consumer := attach(t, provider, greeter, 1)
		send(t, provider, 1)
		submit(t, provider, hello("dead", target(greeter.DeadLetter())))
		draining := call(func() error { return provider.Drain(t.Context()) })
		synctest.Wait()
		require.True(t, draining.waits())
		require.NoError(t, consumer.Close(t.Context()))
		require.NoError(t, <-draining.done)
		require.NoError(t, provider.Drain(t.Context()), "a second call")
	})
}

func TestDrainEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := open(t, memory.Config{MaxMessages: 1}, greeter)
		attach(t, provider, greeter, 1)
		send(t, provider, 1)
		waiting := submitting(t.Context(), provider, hello("2"))
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, provider.Drain(ctx), context.DeadlineExceeded)
		err := <-waiting.done
		require.ErrorIs(t, err, eventing.ErrNotSent)
		require.ErrorIs(t, err, eventing.ErrClosed)
	})
}

func TestStopEndsEverything(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]eventing.Source{
		"private": memory.Config{MaxMessages: 1}, "shared": sharedBroker(t, memory.Config{MaxMessages: 1}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			provider := open(t, source, greeter)
			consumer := attach(t, provider, greeter, 1)
			send(t, provider, 1)
			receive(t, consumer)
			waiting := []*pending{
				submitting(t.Context(), provider, hello("2")),
				call(func() error { return consumer.Receive(t.Context(), &eventing.Delivery{}) }),
			}
			require.NoError(t, provider.Err())
			require.NoError(t, provider.Stop(t.Context()))
			for _, w := range waiting {
				require.ErrorIs(t, <-w.done, eventing.ErrClosed)
			}
			<-provider.Done()
			require.ErrorIs(t, provider.Err(), eventing.ErrClosed)
			require.NoError(t, provider.Stop(t.Context()))
			require.NoError(t, provider.Drain(t.Context()))

			_, err := provider.Submit(t.Context(), hello("3"))
			require.ErrorIs(t, err, eventing.ErrNotSent)
			require.ErrorIs(t, err, eventing.ErrClosed)
			_, err = provider.Attach(t.Context(), greeter, 1)
			require.ErrorIs(t, err, eventing.ErrClosed)
			require.ErrorIs(t, provider.Declare(t.Context(), nil), eventing.ErrClosed)
			require.ErrorIs(t, provider.Start(t.Context()), eventing.ErrClosed)
		})
	}
}

func sharedBroker(t *testing.T, config memory.Config) *memory.Broker {
	t.Helper()
	broker, err := config.NewBroker()
	require.NoError(t, err)
	return broker
}

func TestSharedBrokerOutlivesProviders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broker := memory.NewBroker()
		first := open(t, broker, greeter)
		consumer := attach(t, first, greeter, 1)
		send(t, first, 2)
		submit(t, first, hello("delayed", delay(time.Minute)))
		receive(t, consumer)
		require.NoError(t, first.Drain(t.Context()), "others may handle it")
		require.NoError(t, first.Stop(t.Context()))
		second := open(t, broker)
		assert.Equal(t, []string{"1", "2", "delayed"}, take(t, attach(t, second, greeter, 1), 3))
	})
}

func TestStopLogsWhatIsLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		provider, err := memory.Config{}.Open(eventing.Settings{Logger: plainLogger(&out)})
		require.NoError(t, err)
		require.NoError(t, provider.Start(t.Context()))
		require.NoError(t, provider.Declare(t.Context(), []eventing.Queue{greeter}))
		dead := greeter.DeadLetter()
		for _, message := range []*eventing.Message{
			hello("1"), hello("2", delay(time.Hour)), hello("3", target(dead)),
		} {
			_, err := provider.Submit(t.Context(), message)
			require.NoError(t, err)
		}
		require.NoError(t, provider.Stop(t.Context()))
		assert.Equal(t, `level=INFO msg="dead letters end with the broker in memory" address=DLQ.hello.greeter queue=DLQ.hello.greeter messages=1
level=WARN msg="events are lost with the broker in memory" address=hello queue=greeter messages=2
`, out.String())
	})
}

func TestBeforeStart(t *testing.T) {
	t.Parallel()
	provider, err := memory.New(memory.Config{})
	require.NoError(t, err)
	require.NoError(t, provider.Stop(t.Context()), "does nothing")
	_, err = provider.Submit(t.Context(), hello("1"))
	require.ErrorIs(t, err, eventing.ErrNotSent)
	require.ErrorIs(t, err, eventing.ErrNotRunning)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, provider.Start(ctx), context.Canceled)
}
