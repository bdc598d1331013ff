package amqp_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

// durable is a message that the broker takes once, however often it is sent.
func durable(event, body string) *eventing.Message {
	message := textMessage(event, body)
	message.Durable, message.DuplicateID = true, message.ID.String()+"#0"
	return message
}

// requireHealed waits for the longest pause between two tries, and more.
func requireHealed(tb testing.TB, provider *amqp.Provider) {
	tb.Helper()
	require.Eventually(tb, func() bool { return provider.Health() == nil }, 2*time.Minute, 10*time.Millisecond)
}

// flow sends numbered messages, one after the other and pipelined, until it is
// told to end. All must be confirmed.
func flow(tb testing.TB, provider *amqp.Provider, event string) (end func() int) {
	tb.Helper()
	stop := make(chan struct{})
	receipts, count := make(chan eventing.Receipt, 500), 0
	var wait sync.WaitGroup
	wait.Go(func() {
		defer close(receipts)
		for ; ; count++ {
			select {
			case <-stop:
				return
			default:
			}
			receipt, err := provider.Submit(context.Background(), durable(event, fmt.Sprint(count)))
			if !assert.NoError(tb, err) {
				return
			}
			receipts <- receipt
		}
	})
	wait.Go(func() {
		for receipt := range receipts {
			assert.NoError(tb, receipt.Wait(context.Background()))
		}
	})
	return func() int {
		close(stop)
		wait.Wait()
		return count
	}
}

// TestBrokerKilledThreeTimes has durable events flow through both sides.
func TestBrokerKilledThreeTimes(t *testing.T) {
	t.Parallel()
	broker := brokertest.Own(t)
	provider := start(t, amqp.Config{URL: broker.URL()})
	queue := eventing.Queue{Event: "event", Listener: "listener", Durable: true}
	require.NoError(t, provider.Declare(within(t), []eventing.Queue{queue}))
	consumer := attach(t, provider, queue, 100)
	received := make(chan map[string]bool)
	go func() {
		all := map[string]bool{}
		defer func() { received <- all }()
		var delivery eventing.Delivery
		for consumer.Receive(t.Context(), &delivery) == nil {
			_ = consumer.Settle(&delivery, eventing.Accept) // it comes again where this fails
			body := string(delivery.Message.Body)
			if all[body] = true; body == "last" {
				return
			}
		}
	}()
	end := flow(t, provider, queue.Event)
	for range 3 {
		broker.Kill()
		require.Eventually(t, func() bool { return provider.Health() != nil }, limit, time.Millisecond)
		require.NoError(t, broker.Restart(t.Context()))
		requireHealed(t, provider)
		receipt, err := provider.Submit(within(t), durable("other", "x"))
		require.NoError(t, err)
		require.NoError(t, receipt.Wait(within(t)))
	}
	count := end()
	require.NoError(t, provider.Err())
	send(t, provider, durable(queue.Event, "last"))
	all := <-received
	assert.Len(t, all, count+1, "each event that was confirmed, and the last one")
	t.Logf("%d events", count)
}

// TestSendsOverConnectionsThatBreak looks at what arrives over a connection that
// holds: all, in order, and none twice, since what is sent again has its
// duplicate id.
func TestSendsOverConnectionsThatBreak(t *testing.T) {
	t.Parallel()
	place := brokertest.URL(t)
	between := newCutter(t, place)
	provider := start(t, amqp.Config{URL: between.url})
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: true}
	declare(t, provider, place, queue)
	consumer := attach(t, start(t, amqp.Config{URL: place}), queue, 1000)
	end := flow(t, provider, queue.Event)
	received := 0
	for range 4 {
		for range 200 {
			require.Equal(t, fmt.Sprint(received), string(receive(t, consumer).Message.Body))
			received++
		}
		between.interrupt()
	}
	count := end()
	require.GreaterOrEqual(t, count, received)
	for ; received < count; received++ {
		require.Equal(t, fmt.Sprint(received), string(receive(t, consumer).Message.Body))
	}
	requireEmpty(t, provider, consumer, queue)
}

// TestConsumingOverConnectionsThatBreak has what wasn't settled come again.
func TestConsumingOverConnectionsThatBreak(t *testing.T) {
	t.Parallel()
	place := brokertest.URL(t)
	between := newCutter(t, place)
	provider, sender := start(t, amqp.Config{URL: between.url}), start(t, amqp.Config{URL: place})
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: true}
	declare(t, provider, place, queue)
	consumer := attach(t, provider, queue, 10)
	for i := range 4 {
		for n := range 3 {
			send(t, sender, textMessage(queue.Event, fmt.Sprint(i, n)))
		}
		var held eventing.Delivery
		require.NoError(t, consumer.Receive(within(t), &held))
		between.interrupt()
		for settled := map[string]bool{}; len(settled) < 3; { // all again, since none was
			var delivery eventing.Delivery
			require.NoError(t, consumer.Receive(within(t), &delivery))
			body := string(delivery.Message.Body)
			if consumer.Settle(&delivery, eventing.Accept) == nil && strings.HasPrefix(body, fmt.Sprint(i)) {
				settled[body] = true // or it comes again, if that got lost on the way
			}
		}
		require.ErrorIs(t, consumer.Settle(&held, eventing.Accept), eventing.ErrUnavailable, "it is of an old link")
	}
	requireHealed(t, provider)
	require.NoError(t, consumer.Close(within(t)))
	rest := attach(t, sender, queue, 1)
	send(t, sender, textMessage(queue.Event, "fence"))
	for range 4 * 3 { // those whose settlement got lost, at most
		if body := string(receive(t, rest).Message.Body); body == "fence" {
			return
		}
	}
	requireEmpty(t, sender, rest, queue)
}

// TestTopologyIsDeclaredAgain has the broker forget the queues that aren't
// durable.
func TestTopologyIsDeclaredAgain(t *testing.T) {
	t.Parallel()
	broker := brokertest.Own(t)
	provider := start(t, amqp.Config{URL: broker.URL()})
	transient := eventing.Queue{Event: "event", Listener: "transient"}
	own := eventing.Queue{Event: "event", Listener: "own", Server: "one"}
	idle := eventing.Queue{Event: "event", Listener: "idle"}
	gone := eventing.Queue{Event: "event", Listener: "gone"}
	require.NoError(t, provider.Declare(within(t), []eventing.Queue{transient, own}))
	require.NoError(t, provider.Declare(within(t), []eventing.Queue{idle, gone}))
	require.NoError(t, provider.Remove(within(t), gone))
	consumers := []eventing.Consumer{attach(t, provider, transient, 10), attach(t, provider, own, 10)}
	broker.Kill()
	sent := make(chan error)
	go func() {
		receipt, err := provider.Submit(context.Background(), textMessage("event", "sent while it was away"))
		if err == nil {
			err = receipt.Wait(context.Background())
		}
		sent <- err
	}()
	require.NoError(t, broker.Restart(t.Context()))
	require.NoError(t, <-sent)
	requireHealed(t, provider)
	for _, consumer := range append(consumers, attach(t, provider, idle, 10)) {
		assert.Equal(t, "sent while it was away", string(receive(t, consumer).Message.Body))
	}
	assert.False(t, dial(t, broker.URL()).queueExists(t, "gone"))
}

// TestQueueTakenMeanwhile has another process take the queue of one server.
func TestQueueTakenMeanwhile(t *testing.T) {
	t.Parallel()
	place := brokertest.URL(t)
	between := newCutter(t, place)
	provider, other := start(t, amqp.Config{URL: between.url}), start(t, amqp.Config{URL: place})
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Server: "one", Durable: true}
	declare(t, provider, place, queue)
	consumer := attach(t, provider, queue, 10)
	received := make(chan *eventing.Delivery)
	between.cut()
	go func() { received <- receive(t, consumer) }()
	var second eventing.Consumer
	require.Eventually(t, func() bool {
		var err error
		second, err = other.Attach(within(t), queue, 10)
		return err == nil
	}, limit, 10*time.Millisecond)
	between.reopen()
	require.EventuallyWithT(t, func(c *assert.CollectT) { assert.ErrorIs(c, status(consumer).Err, eventing.ErrQueueInUse) }, limit, 10*time.Millisecond)
	assert.False(t, status(consumer).Attached)
	require.NoError(t, second.Close(within(t)))
	send(t, other, textMessage(queue.Event, "mine again"))
	assert.Equal(t, "mine again", string((<-received).Message.Body))
	assert.True(t, status(consumer).Attached)
	require.NoError(t, status(consumer).Err)
	requireHealed(t, provider)
}

// lines is a log that may be read while it is written.
type lines struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (l *lines) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buffer.Write(text)
}

func (l *lines) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.buffer.String(), text)
}

// TestUserRefusedMeanwhile: that is a state of its own, and heals.
func TestUserRefusedMeanwhile(t *testing.T) {
	t.Parallel()
	place, stranger := brokertest.URL(t), brokertest.Own(t) // each has another password
	between := newCutter(t, place)
	var log lines
	opened, err := amqp.Config{URL: between.url}.Open(eventing.Settings{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	require.NoError(t, opened.Start(within(t)))
	provider, ok := opened.(*amqp.Provider)
	require.True(t, ok)
	between.redirect(hostPort(t, stranger.URL()))
	between.interrupt()
	require.EventuallyWithT(t, func(c *assert.CollectT) { assert.ErrorIs(c, provider.Health(), amqp.ErrAuthentication) }, limit, 10*time.Millisecond)
	require.NoError(t, provider.Err())
	require.Eventually(t, func() bool { return log.count("refuses who connects") == 2 }, limit, 10*time.Millisecond)
	between.redirect(hostPort(t, place))
	requireHealed(t, provider)
	for _, text := range []string{"is lost", "refuses who connects", "connected to the broker again"} {
		assert.Equal(t, 2, log.count(text), "once for each connection: "+text)
	}
	require.NoError(t, provider.Stop(within(t)))
}
