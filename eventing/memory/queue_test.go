package memory_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

func TestEachQueueGetsTheEventOnce(t *testing.T) {
	t.Parallel()
	logger := eventing.Queue{Event: "hello", Listener: "logger"}
	synctest.Test(t, func(t *testing.T) {
		provider := open(t, memory.Config{}, greeter, logger)
		first, second := attach(t, provider, greeter, 10), attach(t, provider, logger, 10)
		send(t, provider, 3)
		assert.Equal(t, []string{"1", "2", "3"}, take(t, first, 3))
		assert.Equal(t, []string{"1", "2", "3"}, take(t, second, 3))
		requireNone(t, first)
		requireNone(t, second)
	})
}

func TestConsumersCompete(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broker := memory.NewBroker()
		one, two := open(t, broker, greeter), open(t, broker, greeter)
		first, second := attach(t, one, greeter, 10), attach(t, two, greeter, 10)
		var a, b eventing.Delivery
		waiting := []*pending{
			call(func() error { return first.Receive(t.Context(), &a) }),
			call(func() error { return second.Receive(t.Context(), &b) }),
		}
		synctest.Wait()
		send(t, one, 2)
		for _, w := range waiting {
			require.NoError(t, <-w.done)
		}
		assert.NotEqual(t, string(a.Message.Body), string(b.Message.Body), "each who waits gets one")
		requireNone(t, first)
	})
}

func TestMessagesWaitForTheConsumer(t *testing.T) {
	t.Parallel()
	provider := open(t, memory.Config{}, greeter)
	send(t, provider, 2)
	consumer := attach(t, provider, greeter, 1)
	assert.Equal(t, []string{"1", "2"}, take(t, consumer, 2))
	require.NoError(t, consumer.Close(t.Context()))
	send(t, provider, 1)
	assert.Equal(t, []string{"1"}, take(t, attach(t, provider, greeter, 1), 1))
}

func TestEventWithoutQueuesIsConfirmed(t *testing.T) {
	t.Parallel()
	provider := open(t, memory.Config{})
	send(t, provider, 1)
	assert.Empty(t, provider.Broker().Stats())
}

func TestReleasedMessagesKeepTheirOrder(t *testing.T) {
	t.Parallel()
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 2, 0}, {1, 0, 2}} {
		provider := open(t, memory.Config{}, greeter)
		consumer := attach(t, provider, greeter, 10)
		send(t, provider, 5)
		held := []*eventing.Delivery{receive(t, consumer), receive(t, consumer), receive(t, consumer)}
		for _, i := range order {
			settle(t, consumer, held[i], eventing.Release)
		}
		assert.Equal(t, []string{"1", "2", "3", "4", "5"}, take(t, consumer, 5), "released in order %v", order)
	}
}

func TestReleasedMessageGoesToWhoWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := open(t, memory.Config{}, greeter)
		first, second := attach(t, provider, greeter, 1), attach(t, provider, greeter, 1)
		send(t, provider, 1)
		delivery := receive(t, first)
		var again eventing.Delivery
		waiting := call(func() error { return second.Receive(t.Context(), &again) })
		synctest.Wait()
		settle(t, first, delivery, eventing.Release)
		require.NoError(t, <-waiting.done)
		assert.Equal(t, 1, again.Count, "a release isn't counted")
	})
}

func TestPrefetchBoundsWhatIsHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := open(t, memory.Config{}, greeter)
		consumer := attach(t, provider, greeter, 2)
		send(t, provider, 3)
		first := receive(t, consumer)
		receive(t, consumer)
		requireNone(t, consumer)
		var third eventing.Delivery
		waiting := call(func() error { return consumer.Receive(t.Context(), &third) })
		synctest.Wait()
		require.True(t, waiting.waits())
		settle(t, consumer, first, eventing.Accept)
		require.NoError(t, <-waiting.done)
		assert.Equal(t, "3", string(third.Message.Body))
	})
}

func TestCloseGivesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := open(t, memory.Config{}, greeter)
		consumer := attach(t, provider, greeter, 2)
		send(t, provider, 3)
		held := receive(t, consumer)
		receive(t, consumer)
		waiting := call(func() error { return consumer.Receive(t.Context(), &eventing.Delivery{}) })
		synctest.Wait()
		require.NoError(t, consumer.Close(t.Context()))
		require.NoError(t, consumer.Close(t.Context()))
		require.ErrorIs(t, <-waiting.done, eventing.ErrClosed)
		require.ErrorIs(t, consumer.Receive(t.Context(), &eventing.Delivery{}), eventing.ErrClosed)
		require.ErrorIs(t, consumer.Settle(held, eventing.Accept), eventing.ErrClosed)
		assert.Equal(t, []string{"1", "2", "3"}, take(t, attach(t, provider, greeter, 1), 3))
	})
}

// TestCountIsOfWhatEndedWithItsConsumer, as of what a process had in its hands
// when it died.
func TestCountIsOfWhatEndedWithItsConsumer(t *testing.T) {
	t.Parallel()
	broker := memory.NewBroker()
	sender := open(t, broker, greeter)
	send(t, sender, 3)
	for n := range 3 {
		dying := open(t, broker)
		consumer := attach(t, dying, greeter, 3)
		first := receive(t, consumer)
		assert.Equal(t, n+1, first.Count)
		second := receive(t, consumer)
		assert.Equal(t, 1, second.Count)
		settle(t, consumer, second, eventing.Release)
		require.NoError(t, dying.Stop(t.Context()))
	}
	consumer := attach(t, sender, greeter, 3)
	for _, want := range []int{4, 1, 1} {
		assert.Equal(t, want, receive(t, consumer).Count)
	}
	require.NoError(t, consumer.Close(t.Context()))
	assert.Equal(t, 4, receive(t, attach(t, sender, greeter, 3)).Count, "what is given back isn't counted")
}

func TestSettleIsForWhatIsHeld(t *testing.T) {
	t.Parallel()
	provider := open(t, memory.Config{}, greeter)
	consumer, other := attach(t, provider, greeter, 2), attach(t, provider, greeter, 2)
	send(t, provider, 2)
	delivery := receive(t, consumer)
	copied := *delivery
	require.ErrorContains(t, consumer.Settle(delivery, 0), "neither accept nor release")
	require.ErrorContains(t, other.Settle(delivery, eventing.Accept), "with the consumer that received it")
	settle(t, consumer, delivery, eventing.Accept)
	require.ErrorContains(t, consumer.Settle(delivery, eventing.Accept), "settle each delivery once")
	require.ErrorContains(t, consumer.Settle(&copied, eventing.Accept), "settle each delivery once")
	receive(t, consumer) // takes the same place
	require.Error(t, consumer.Settle(&copied, eventing.Accept))
	assert.Equal(t, 1, stats(t, provider, greeter).Unsettled)
}

func TestExclusiveQueue(t *testing.T) {
	t.Parallel()
	queue := eventing.Queue{Event: "hello", Listener: "greeter", Server: "web1"}
	broker := memory.NewBroker()
	one, two := open(t, broker, queue), open(t, broker, queue)
	consumer := attach(t, one, queue, 1)
	_, err := two.Attach(t.Context(), queue, 1)
	require.ErrorIs(t, err, eventing.ErrQueueInUse)
	assert.ErrorContains(t, err, "hello::greeter-web1")
	assert.ErrorContains(t, err, `server "web1"`)

	send(t, one, 1)
	require.NoError(t, consumer.Close(t.Context()))
	send(t, one, 1)
	_, err = two.Attach(t.Context(), queue, 1)
	require.ErrorContains(t, err, "declare it before", "a queue that isn't durable goes with its consumer")
	require.NoError(t, two.Declare(t.Context(), []eventing.Queue{queue}))
	attach(t, two, queue, 1)
	assert.Zero(t, stats(t, two, queue).Messages)
}

func TestDurableExclusiveQueueStays(t *testing.T) {
	t.Parallel()
	queue := eventing.Queue{Event: "hello", Listener: "greeter", Server: "web1", Durable: true}
	provider := open(t, memory.Config{}, queue)
	require.NoError(t, attach(t, provider, queue, 1).Close(t.Context()))
	send(t, provider, 1)
	assert.Equal(t, []string{"1"}, take(t, attach(t, provider, queue, 1), 1))
}

func TestTargetGetsTheMessageAlone(t *testing.T) {
	t.Parallel()
	logger := eventing.Queue{Event: "hello", Listener: "logger"}
	provider := open(t, memory.Config{}, greeter, logger)
	submit(t, provider, hello("retry", target(greeter)), hello("dead", target(greeter.DeadLetter())))
	assert.Equal(t, 1, stats(t, provider, greeter).Messages)
	assert.Zero(t, stats(t, provider, logger).Messages)
	assert.Equal(t, []string{"dead"}, take(t, attach(t, provider, greeter.DeadLetter(), 1), 1))

	missing := eventing.Queue{Event: "hello", Listener: "missing"}
	for _, queue := range []eventing.Queue{missing, missing.DeadLetter()} {
		_, err := provider.Submit(t.Context(), hello("", target(queue)))
		require.ErrorIs(t, err, eventing.ErrRejected)
	}
}

func TestDeclare(t *testing.T) {
	t.Parallel()
	provider := open(t, memory.Config{}, greeter, greeter, greeter.DeadLetter())
	assert.Len(t, provider.Broker().Stats(), 2)

	alike := []eventing.Queue{
		{Event: "e", Listener: "a-b"}, {Event: "e", Listener: "a", Server: "b"},
	}
	require.ErrorContains(t, provider.Declare(t.Context(), alike), "rename one of them")
	require.NoError(t, provider.Declare(t.Context(), []eventing.Queue{{Event: "a.b", Listener: "c"}}))
	require.ErrorContains(t, provider.Declare(t.Context(), []eventing.Queue{{Event: "a", Listener: "b.c"}}), "rename one of them",
		"both have their dead letters in DLQ.a.b.c")
	shared := []eventing.Queue{
		{Event: "e", Listener: "x", Group: "g"}, {Event: "e", Listener: "y", Group: "g"},
	}
	require.NoError(t, provider.Declare(t.Context(), shared), "a group is for many listeners")

	_, err := provider.Attach(t.Context(), eventing.Queue{Event: "none", Listener: "none"}, 1)
	require.ErrorContains(t, err, "declare it before")
	_, err = provider.Attach(t.Context(), greeter, 0)
	require.ErrorContains(t, err, "prefetch")
}
