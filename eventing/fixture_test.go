package eventing_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// order is the event of most tests here.
type order struct {
	eventing.Event `event:"name=order,durable"`
	ID             int
}

// orderListener handles orders by a function. Retries end in place.
type orderListener struct {
	eventing.Listener[order] `listener:"name=orders,retries=2,backoff=10ms"`
	on                       func(ctx context.Context, event order) error
}

func (l *orderListener) On(ctx context.Context, event order) error { return l.on(ctx, event) }

// start returns a running manager on a broker of its own. It is stopped at the
// end of the test.
func start(t *testing.T, config eventing.Config) (*eventing.EventManager, *memory.Broker) {
	t.Helper()
	broker := memory.NewBroker()
	manager := startOn(t, broker, config)
	return manager, broker
}

func startOn(t *testing.T, source eventing.Source, config eventing.Config) *eventing.EventManager {
	t.Helper()
	provider, err := source.Open(eventing.Settings{ServerName: "server"})
	require.NoError(t, err)
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	manager, err := eventing.NewEventManager(provider, config)
	require.NoError(t, err)
	require.NoError(t, manager.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, manager.Stop(context.Background())) })
	return manager
}

// deadLetters returns what the dead-letter queue of a listener holds.
func deadLetters(t *testing.T, broker *memory.Broker, listener string) []*eventing.Message {
	t.Helper()
	provider, err := broker.Open(eventing.Settings{})
	require.NoError(t, err)
	require.NoError(t, provider.Start(t.Context()))
	queue := eventing.Queue{Event: "order", Listener: listener}.DeadLetter()
	var messages []*eventing.Message
	for _, stats := range broker.Stats() {
		if stats.Address != queue.Address() {
			continue
		}
		consumer, err := provider.Attach(t.Context(), queue, 1000)
		require.NoError(t, err)
		for range stats.Messages {
			var delivery eventing.Delivery
			require.NoError(t, consumer.Receive(t.Context(), &delivery))
			messages = append(messages, delivery.Message)
		}
		require.NoError(t, consumer.Close(t.Context()))
	}
	require.NoError(t, provider.Stop(t.Context()))
	return messages
}

func header(message *eventing.Message, key string) string {
	for _, header := range message.Headers {
		if header.Key == key {
			return header.Value
		}
	}
	return ""
}

// recorder collects values from several goroutines.
type recorder[T any] struct {
	mu     sync.Mutex
	values []T
}

func (r *recorder[T]) add(value T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.values = append(r.values, value)
}

func (r *recorder[T]) all() []T {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]T(nil), r.values...)
}
