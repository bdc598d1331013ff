package amqp_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/internal/artemis"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

// TestManagementRequestsWithoutReply is on a broker to which activemq.management
// is an address like any other: it accepts the requests and drops them.
func TestManagementRequestsWithoutReply(t *testing.T) {
	t.Parallel()
	broker := brokertest.Own(t, func(options *artemis.Options) { options.ManagementAddress = "elsewhere" })
	var log bytes.Buffer
	source := amqp.Config{URL: broker.URL(), ConnectTimeout: 2 * time.Second}
	opened, err := source.Open(eventing.Settings{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	require.NoError(t, opened.Start(within(t)))
	queue := eventing.Queue{Event: "event", Listener: "listener", Durable: true}
	declared := make(chan error, 1)
	go func() { declared <- opened.Declare(context.Background(), []eventing.Queue{queue}) }()
	select {
	case err = <-declared:
	case <-time.After(limit):
		require.FailNow(t, "Declare waits for a reply that never comes")
	}
	require.NoError(t, err)
	assert.Equal(t, 1, strings.Count(log.String(), "WARN"), log.String())
	assert.Contains(t, log.String(), "no reply to listBindingsForAddress within 2s")
	assert.Contains(t, log.String(), "activemq.management")

	carriesAndStops(t, opened, queue)
}

// TestDeclareOnAFrozenBroker gives no deadline: the provider has to have one.
func TestDeclareOnAFrozenBroker(t *testing.T) {
	t.Parallel()
	between := newProxy(t, brokertest.URL(t))
	provider, err := amqp.New(amqp.Config{URL: between.url, IdleTimeout: time.Minute, ConnectTimeout: time.Second})
	require.NoError(t, err)
	require.NoError(t, provider.Start(within(t)))
	between.freeze()
	declared := make(chan error, 1)
	go func() {
		declared <- provider.Declare(context.Background(), []eventing.Queue{{Event: unique("event"), Listener: unique("listener")}})
	}()
	select {
	case err = <-declared:
	case <-time.After(limit):
		require.FailNow(t, "Declare waits for ever")
	}
	require.ErrorIs(t, err, eventing.ErrUnavailable)
	require.ErrorContains(t, err, "no answer within 1s")
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	require.NoError(t, provider.Stop(ctx), "nothing is left that waits")
}
