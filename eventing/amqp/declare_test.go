package amqp_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

func TestExistingQueueStaysAsItIs(t *testing.T) {
	t.Parallel()
	provider, place := shared(t)
	transient := eventing.Queue{Event: unique("event"), Listener: unique("listener")}
	declare(t, provider, place, transient)
	durable := transient
	durable.Durable = true

	var log bytes.Buffer
	opened, err := amqp.Config{URL: brokertest.URL(t)}.Open(eventing.Settings{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	require.NoError(t, opened.Start(within(t)))
	require.NoError(t, opened.Declare(within(t), []eventing.Queue{transient}))
	assert.Empty(t, log.String())
	require.NoError(t, opened.Declare(within(t), []eventing.Queue{durable}))
	assert.Equal(t, 1, strings.Count(log.String(), "WARN"), log.String())
	assert.Contains(t, log.String(), "property=durable wanted=true found=false")
	require.NoError(t, opened.Stop(within(t)))
}

func TestExistingQueueOfAnotherRoutingType(t *testing.T) {
	t.Parallel()
	provider, place := shared(t)
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: true}
	removeLater(t, place, queue)
	dial(t, place).manage(t, "createQueue", `{"name":"`+queue.Listener+`","address":"`+queue.Event+`","routing-type":"ANYCAST"}`, true)
	err := provider.Declare(within(t), []eventing.Queue{queue})
	require.ErrorContains(t, err, "routing type ANYCAST, not MULTICAST")
}
