package memory_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// greeter is the queue of the tests that need one.
var greeter = eventing.Queue{Event: "hello", Listener: "greeter", Durable: true}

// open returns a started provider of a source, which the test's end stops.
func open(tb testing.TB, source eventing.Source, queues ...eventing.Queue) *memory.Provider {
	tb.Helper()
	opened, err := source.Open(eventing.Settings{})
	require.NoError(tb, err)
	provider, ok := opened.(*memory.Provider)
	require.True(tb, ok)
	require.NoError(tb, provider.Start(tb.Context()))
	tb.Cleanup(func() { require.NoError(tb, provider.Stop(context.Background())) })
	require.NoError(tb, provider.Declare(tb.Context(), queues))
	return provider
}

func attach(tb testing.TB, provider *memory.Provider, queue eventing.Queue, prefetch int) eventing.Consumer {
	tb.Helper()
	consumer, err := provider.Attach(tb.Context(), queue, prefetch)
	require.NoError(tb, err)
	return consumer
}

// hello returns an event of the given body, changed as told.
func hello(body string, change ...func(*eventing.Message)) *eventing.Message {
	message := &eventing.Message{Event: "hello", Body: []byte(body)}
	for _, c := range change {
		c(message)
	}
	return message
}

func delay(d time.Duration) func(*eventing.Message) {
	return func(m *eventing.Message) { m.Delay = d }
}

func target(queue eventing.Queue) func(*eventing.Message) {
	return func(m *eventing.Message) { m.Target = &queue }
}

func submit(tb testing.TB, provider *memory.Provider, messages ...*eventing.Message) {
	tb.Helper()
	for _, message := range messages {
		receipt, err := provider.Submit(tb.Context(), message)
		require.NoError(tb, err)
		require.NoError(tb, receipt.Wait(tb.Context()))
	}
}

// send submits events with the numbers from 1 to n as bodies.
func send(tb testing.TB, provider *memory.Provider, n int) {
	tb.Helper()
	for i := 1; i <= n; i++ {
		submit(tb, provider, hello(strconv.Itoa(i)))
	}
}

func receive(tb testing.TB, consumer eventing.Consumer) *eventing.Delivery {
	tb.Helper()
	delivery := &eventing.Delivery{}
	require.NoError(tb, consumer.Receive(tb.Context(), delivery))
	require.Positive(tb, delivery.Count)
	return delivery
}

func settle(tb testing.TB, consumer eventing.Consumer, delivery *eventing.Delivery, disposition eventing.Disposition) {
	tb.Helper()
	require.NoError(tb, consumer.Settle(delivery, disposition))
}

// take receives and accepts so many messages and returns their bodies.
func take(tb testing.TB, consumer eventing.Consumer, n int) []string {
	tb.Helper()
	var bodies []string
	for range n {
		delivery := receive(tb, consumer)
		bodies = append(bodies, string(delivery.Message.Body))
		settle(tb, consumer, delivery, eventing.Accept)
	}
	return bodies
}

// requireNone checks that Receive waits. It needs the clock of synctest.
func requireNone(tb testing.TB, consumer eventing.Consumer) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), time.Millisecond)
	defer cancel()
	require.Equal(tb, context.DeadlineExceeded, consumer.Receive(ctx, &eventing.Delivery{}))
}

// stats returns the state of one queue.
func stats(tb testing.TB, provider *memory.Provider, queue eventing.Queue) memory.QueueStats {
	tb.Helper()
	for _, q := range provider.Broker().Stats() {
		if q.Address == queue.Address() && q.Queue == queue.Name(eventing.NamingOriginal) {
			return q
		}
	}
	require.Fail(tb, "no such queue", "%v", queue)
	return memory.QueueStats{}
}

// pending is a call in a goroutine.
type pending struct{ done chan error }

func call(f func() error) *pending {
	p := &pending{make(chan error, 1)}
	go func() { p.done <- f() }()
	return p
}

func (p *pending) waits() bool { return len(p.done) == 0 }

// submitting submits in a goroutine.
func submitting(ctx context.Context, provider *memory.Provider, message *eventing.Message) *pending {
	return call(func() error {
		_, err := provider.Submit(ctx, message)
		return err
	})
}
