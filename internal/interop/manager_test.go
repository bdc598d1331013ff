package interop_test

import (
	"context"
	"log/slog"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

// note is the event of these tests. Its name is another in each test.
type note struct {
	Text   string `json:"text"`
	Number int    `json:"number"`
}

// heard is an event as a listener has got it.
type heard struct {
	note    note
	headers map[string]string
}

// manage starts a manager that knows the note by the event's name.
func manage(t *testing.T, event string) *eventing.EventManager {
	t.Helper()
	provider, err := amqp.New(amqp.Config{URL: brokertest.URL(t), TextBodies: true})
	require.NoError(t, err)
	manager, err := eventing.NewEventManager(provider, eventing.Config{
		Events: []eventing.EventDefinition{eventing.EventOf[note](eventing.Name(event), eventing.Durable())},
		Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	require.NoError(t, manager.Start(within(t)))
	return manager
}

// listen subscribes to the note, and returns what comes.
func listen(t *testing.T, manager *eventing.EventManager, listener string) <-chan heard {
	t.Helper()
	come := make(chan heard, 100)
	_, err := eventing.Subscribe(within(t), manager, func(ctx context.Context, event note) error {
		come <- heard{event, maps.Collect(eventing.EnvelopeFrom(ctx).Headers())}
		return nil
	}, eventing.As(listener))
	require.NoError(t, err)
	return come
}

// next returns what comes next.
func next(t *testing.T, come <-chan heard) heard {
	t.Helper()
	select {
	case got := <-come:
		return got
	case <-within(t).Done():
		require.FailNow(t, "no event has come")
		return heard{}
	}
}
