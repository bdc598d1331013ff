package amqp_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

func TestDurableEventsSurviveARestartOfTheBroker(t *testing.T) {
	t.Parallel()
	broker := brokertest.Own(t)
	before, err := amqp.New(amqp.Config{URL: broker.URL()})
	require.NoError(t, err)
	require.NoError(t, before.Start(within(t)))
	queue := eventing.Queue{Event: "event", Listener: "listener", Durable: true}
	transient := eventing.Queue{Event: "event", Listener: "transient"}
	require.NoError(t, before.Declare(within(t), []eventing.Queue{queue, transient}))
	const count = 20
	for i := range count {
		durable := textMessage(queue.Event, fmt.Sprint("durable ", i))
		durable.Durable = true
		send(t, before, durable)
		send(t, before, textMessage(queue.Event, fmt.Sprint("transient ", i)))
	}
	dead := queue.DeadLetter()
	letter := textMessage(queue.Event, "letter")
	letter.Durable, letter.Target = true, &dead
	send(t, before, letter)
	require.NoError(t, before.Stop(within(t)), "else it declares its queues again")
	require.NoError(t, broker.Restart(t.Context()))

	client := dial(t, broker.URL())
	assert.True(t, client.queueExists(t, "listener"))
	assert.False(t, client.queueExists(t, "transient"))
	after := start(t, amqp.Config{URL: broker.URL()})
	consumer := attach(t, after, queue, 10)
	for i := range count {
		assert.Equal(t, fmt.Sprint("durable ", i), string(receive(t, consumer).Message.Body))
	}
	requireEmpty(t, after, consumer, queue)
	letters := attach(t, after, dead, 10)
	assert.Equal(t, "letter", string(receive(t, letters).Message.Body))
	requireEmpty(t, after, letters, dead)
}

func TestStopFlushesAndLeavesNothing(t *testing.T) { //nolint:paralleltest // counts goroutines
	place := brokertest.URL(t)
	provider, err := amqp.New(amqp.Config{URL: place})
	require.NoError(t, err)
	require.NoError(t, provider.Start(within(t)))
	require.Error(t, provider.Start(within(t)))
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: true}
	declare(t, provider, place, queue)
	consumer := attach(t, provider, queue, 10)
	send(t, provider, textMessage(queue.Event, "first"))
	receive(t, consumer)
	require.NoError(t, consumer.Close(within(t)))
	var receipts []eventing.Receipt
	for range 100 {
		receipt, err := provider.Submit(within(t), textMessage(queue.Event, "x"))
		require.NoError(t, err)
		receipts = append(receipts, receipt)
	}
	require.NoError(t, provider.Stop(within(t)))
	for _, receipt := range receipts {
		require.NoError(t, receipt.Wait(within(t)))
	}
	<-provider.Done()
	require.ErrorIs(t, provider.Err(), eventing.ErrClosed)
	_, err = provider.Submit(within(t), textMessage(queue.Event, "late"))
	require.ErrorIs(t, err, eventing.ErrNotSent)
	require.ErrorIs(t, err, eventing.ErrClosed)
	require.ErrorIs(t, provider.Start(within(t)), eventing.ErrClosed)
	requireNoGoroutines(t)
}

func TestWithoutManagePermission(t *testing.T) {
	t.Parallel()
	broker := brokertest.Own(t)
	admin := dial(t, broker.URL())
	// In the order of Artemis: send, consume, four to create and delete
	// queues, manage, browse, create and delete addresses.
	admin.manage(t, "addSecuritySettings", "#", "amq", "amq", "amq", "amq", "amq", "amq", "nobody", "amq", "amq", "amq")
	var log bytes.Buffer
	source := amqp.Config{URL: broker.URL()}
	opened, err := source.Open(eventing.Settings{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	require.NoError(t, opened.Start(within(t)))
	queue := eventing.Queue{Event: "event", Listener: "listener", Durable: true}
	require.NoError(t, opened.Declare(within(t), []eventing.Queue{queue, {Event: "event", Listener: "other"}}))
	assert.Equal(t, 1, strings.Count(log.String(), "WARN"), log.String())
	assert.Contains(t, log.String(), "permission manage")
	require.NoError(t, opened.Declare(within(t), []eventing.Queue{queue}))
	assert.Equal(t, 1, strings.Count(log.String(), "WARN"), "it is said once")

	err = opened.Remove(within(t), queue)
	require.ErrorIs(t, err, errors.ErrUnsupported)
	require.ErrorContains(t, err, "grant the permission manage")
	capable, ok := opened.(eventing.Capable)
	require.True(t, ok)
	assert.False(t, capable.Capabilities().Mandatory)
	assert.True(t, capable.Capabilities().Groups)
	_, err = opened.Submit(within(t), mandatory(queue.Event, "unknown"))
	require.ErrorIs(t, err, eventing.ErrNotSent)

	carriesAndStops(t, opened, queue)
}

func TestSendRefusedByTheBroker(t *testing.T) {
	t.Parallel()
	broker := brokertest.Own(t)
	dial(t, broker.URL()).manage(t, "addSecuritySettings", "closed", "nobody", "amq", "amq", "amq", "amq", "amq", "amq", "amq", "amq", "amq")
	provider := start(t, amqp.Config{URL: broker.URL()})
	for range 2 {
		receipt, err := provider.Submit(within(t), textMessage("closed", "x"))
		if err == nil { // it was in time for the queue
			err = receipt.Wait(within(t))
		}
		require.ErrorIs(t, err, eventing.ErrRejected)
	}
	send(t, provider, textMessage("open", "others flow"))
}
