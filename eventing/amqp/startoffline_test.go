package amqp_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

type letter struct {
	eventing.Event `event:"name=letter,durable,key=To"`
	To             string
}

type letterBox struct {
	eventing.Listener[letter] `listener:"name=letterbox"`
	handled                   chan string
}

func (l *letterBox) On(_ context.Context, event letter) error {
	l.handled <- event.To
	return nil
}

// openOffline returns a provider for a broker that may be away, and its log.
func openOffline(t *testing.T, config amqp.Config) (eventing.Provider, *lines) {
	t.Helper()
	config.StartOffline = true
	var log lines
	provider, err := config.Open(eventing.Settings{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	return provider, &log
}

// TestStartWithoutABroker: all that was begun before the broker comes works then.
func TestStartWithoutABroker(t *testing.T) {
	t.Parallel()
	broker := brokertest.Own(t)
	broker.Kill()
	provider, log := openOffline(t, amqp.Config{URL: broker.URL()})
	listener := &letterBox{handled: make(chan string, 10)}
	manager, err := eventing.NewEventManager(provider, eventing.Config{Listeners: []any{listener}})
	require.NoError(t, err)
	require.NoError(t, manager.Start(within(t)))
	dynamic := make(chan string, 10)
	_, err = eventing.Subscribe(within(t), manager, func(_ context.Context, event letter) error {
		dynamic <- event.To
		return nil
	})
	require.NoError(t, err)
	require.ErrorIs(t, manager.Health(t.Context()), eventing.ErrUnavailable)
	require.Eventually(t, func() bool { return log.count("no connection to the broker yet") == 2 }, limit, 10*time.Millisecond)

	hasty, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err = manager.SendEvent(hasty, letter{To: "nobody"})
	require.ErrorIs(t, err, eventing.ErrNotSent)
	require.ErrorIs(t, err, eventing.ErrUnavailable)
	sent := make(chan error)
	go func() { sent <- manager.SendEvent(context.Background(), letter{To: "all"}, eventing.WithMandatory()) }()
	require.NoError(t, broker.Restart(t.Context()))
	require.NoError(t, <-sent)
	assert.Equal(t, "all", <-listener.handled)
	assert.Equal(t, "all", <-dynamic)
	require.EventuallyWithT(t, func(c *assert.CollectT) { assert.NoError(c, manager.Health(t.Context())) }, limit, 10*time.Millisecond)
	assert.True(t, manager.Policies()[0].Capabilities.Groups)
	require.NoError(t, manager.Stop(within(t)))
}

// TestStartOfflineBesideABroker: the queues are compared, and what is refused is
// told.
func TestStartOfflineBesideABroker(t *testing.T) {
	t.Parallel()
	place := brokertest.URL(t)
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: true}
	wrong := eventing.Queue{Event: unique("event"), Listener: unique("wrong"), Durable: true}
	other := eventing.Queue{Event: queue.Event, Listener: unique("other")}
	for _, each := range []eventing.Queue{queue, wrong, other} {
		removeLater(t, place, each)
	}
	client := dial(t, place)
	client.manage(t, "createQueue", `{"name":"`+wrong.Listener+`","address":"`+wrong.Event+`","routing-type":"ANYCAST"}`, true)
	client.manage(t, "createQueue", `{"name":"`+other.Listener+`","address":"`+other.Event+`","routing-type":"MULTICAST","max-consumers":7}`, true)
	provider, log := openOffline(t, amqp.Config{URL: place})
	require.NoError(t, provider.Start(within(t)))
	require.NoError(t, provider.Declare(within(t), []eventing.Queue{wrong, queue, other}), "it is told later")
	healthy, ok := provider.(eventing.Healthy)
	require.True(t, ok)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		assert.ErrorContains(c, healthy.Health(), "exists with the routing type ANYCAST")
		assert.Equal(c, 1, log.count("property=max-consumers"))
	}, limit, 10*time.Millisecond)
	assert.Equal(t, 1, log.count("can't be declared"))
	consumer, err := provider.Attach(within(t), queue, 1)
	require.NoError(t, err)
	receipt, err := provider.Submit(within(t), textMessage(queue.Event, "others flow"))
	require.NoError(t, err)
	require.NoError(t, receipt.Wait(within(t)))
	assert.Equal(t, "others flow", string(receive(t, consumer).Message.Body))
	require.NoError(t, provider.Remove(within(t), wrong))
	require.NoError(t, healthy.Health())
	require.NoError(t, provider.Stop(within(t)))
}

// TestStopWithoutABroker doesn't wait for one.
func TestStopWithoutABroker(t *testing.T) {
	t.Parallel()
	between := newCutter(t, brokertest.URL(t))
	between.cut()
	provider, _ := openOffline(t, amqp.Config{URL: between.url})
	require.NoError(t, provider.Start(within(t)))
	require.Error(t, provider.Start(within(t)))
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener")}
	require.NoError(t, provider.Declare(within(t), []eventing.Queue{queue}))
	consumer, err := provider.Attach(within(t), queue, 1)
	require.NoError(t, err)
	var delivery eventing.Delivery
	briefly, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, consumer.Receive(briefly, &delivery), context.DeadlineExceeded)
	require.ErrorIs(t, provider.Remove(briefly, queue), context.DeadlineExceeded)
	ended := make(chan error, 2)
	go func() {
		var delivery eventing.Delivery
		ended <- consumer.Receive(context.Background(), &delivery)
	}()
	go func() {
		receipt, err := provider.Submit(context.Background(), textMessage(queue.Event, "x"))
		if err == nil {
			err = receipt.Wait(context.Background())
		}
		ended <- err
	}()
	require.NoError(t, consumer.Close(within(t)))
	require.ErrorIs(t, <-ended, eventing.ErrClosed)
	require.NoError(t, provider.Stop(within(t)))
	err = <-ended
	require.ErrorIs(t, err, eventing.ErrNotSent)
	require.ErrorIs(t, err, eventing.ErrClosed)
	require.ErrorIs(t, provider.Declare(within(t), []eventing.Queue{{Event: "e", Listener: "l"}}), eventing.ErrClosed)
}

// TestDeclareDuringAShutdown of the broker, in which it detaches links before it
// closes connections: it waits for the next broker.
func TestDeclareDuringAShutdown(t *testing.T) {
	t.Parallel()
	broker := brokertest.Own(t)
	provider := start(t, amqp.Config{URL: broker.URL()})
	stop, declared := make(chan struct{}), make(chan int)
	go func() {
		count := 0
		defer func() { declared <- count }()
		for {
			select {
			case <-stop:
				return
			default:
			}
			queue := eventing.Queue{Event: "event", Listener: unique("listener"), Durable: true}
			if !assert.NoError(t, provider.Declare(context.Background(), []eventing.Queue{queue})) {
				return
			}
			count++
		}
	}()
	for range 2 {
		require.NoError(t, broker.Stop(within(t)))
		require.NoError(t, broker.Restart(t.Context()))
		requireHealed(t, provider)
	}
	close(stop)
	t.Logf("%d queues", <-declared)
}
