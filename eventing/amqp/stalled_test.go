package amqp

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

// limit is how long a test waits for what must happen.
const limit = 30 * time.Second

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}

// impatient returns a provider on the shared broker that looks often, and the
// queue of a listener.
func impatient(t *testing.T) (*Provider, eventing.Queue) {
	t.Helper()
	provider, err := New(Config{URL: brokertest.URL(t)})
	require.NoError(t, err)
	provider.lookInterval, provider.patience = 100*time.Millisecond, time.Second
	require.NoError(t, provider.Start(within(t)))
	name := "test.stalled." + eventing.NewID().String()
	queue := eventing.Queue{Event: name, Listener: name + ".listener", Durable: true}
	require.NoError(t, provider.Declare(within(t), []eventing.Queue{queue}))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		manage(t, provider, func(m *artemisManager) error {
			for _, each := range []eventing.Queue{queue, queue.DeadLetter()} {
				_ = m.call(ctx, nil, "destroyQueue", each.Name(eventing.NamingOriginal), true, true)
			}
			return nil
		})
		require.NoError(t, provider.Stop(ctx))
	})
	return provider, queue
}

func manage(t *testing.T, provider *Provider, work func(m *artemisManager) error) {
	t.Helper()
	require.NoError(t, provider.manage(context.Background(), func(m manager) error {
		opened, ok := m.(*artemisManager)
		require.True(t, ok)
		return work(opened)
	}))
}

func submit(t *testing.T, provider *Provider, event, body string) eventing.Receipt {
	t.Helper()
	receipt, err := provider.Submit(within(t), &eventing.Message{ID: eventing.NewID(), Event: event, Body: []byte(body)})
	require.NoError(t, err)
	return receipt
}

// TestQueueThatIsPausedOnTheBroker is noticed, told, and forgotten when it ends.
func TestQueueThatIsPausedOnTheBroker(t *testing.T) {
	t.Parallel()
	provider, queue := impatient(t)
	consumer, err := provider.Attach(within(t), queue, 10)
	require.NoError(t, err)
	reporter, ok := consumer.(eventing.Reporter)
	require.True(t, ok)
	received := make(chan eventing.Delivery)
	go func() {
		for {
			var delivery eventing.Delivery
			if consumer.Receive(within(t), &delivery) != nil {
				return
			}
			received <- delivery
		}
	}()
	manage(t, provider, func(m *artemisManager) error { return m.callQueue(within(t), queue.Listener, nil, "pause") })
	require.NoError(t, submit(t, provider, queue.Event, "x").Wait(within(t)))
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		assert.ErrorIs(c, reporter.Status().Err, eventing.ErrStalled)
	}, limit, 10*time.Millisecond)
	status := reporter.Status()
	require.ErrorContains(t, status.Err, "is paused on the broker, and 1 events wait in it")
	assert.True(t, status.Attached)
	assert.Equal(t, 10, status.Credit)
	assert.Zero(t, status.Unsettled)
	assert.True(t, status.LastDelivery.IsZero())
	assert.WithinDuration(t, time.Now(), status.LastFrame, limit)
	require.NoError(t, provider.Health(), "it is the listener's")

	manage(t, provider, func(m *artemisManager) error { return m.callQueue(within(t), queue.Listener, nil, "resume") })
	delivery := <-received
	status = reporter.Status()
	require.NoError(t, status.Err)
	assert.Equal(t, 9, status.Credit)
	assert.Equal(t, 1, status.Unsettled)
	assert.WithinDuration(t, time.Now(), status.LastDelivery, limit)
	require.NoError(t, consumer.Settle(&delivery, eventing.Accept))
	assert.Zero(t, reporter.Status().Unsettled)
	require.NoError(t, consumer.Close(within(t)))
	assert.Zero(t, reporter.Status())
}

// TestBacklogOfAQueue is what the broker tells, in the terms of the watch.
func TestBacklogOfAQueue(t *testing.T) {
	t.Parallel()
	provider, queue := impatient(t)
	ask := func() *backlog {
		found, err := provider.backlog(within(t), queue)
		require.NoError(t, err)
		return found
	}
	assert.Equal(t, &backlog{}, ask())
	var consumers [2]eventing.Consumer
	for i := range consumers {
		var err error
		consumers[i], err = provider.Attach(within(t), queue, 1)
		require.NoError(t, err)
	}
	send := func(key string, delay time.Duration) {
		receipt, err := provider.Submit(within(t), &eventing.Message{ID: eventing.NewID(), Event: queue.Event, Key: key, Delay: delay})
		require.NoError(t, err)
		require.NoError(t, receipt.Wait(within(t)))
	}
	send("", time.Hour)
	assert.Equal(t, &backlog{}, ask(), "it is delayed")
	for range 3 {
		send("", 0)
	}
	require.EventuallyWithT(t, func(c *assert.CollectT) { assert.Equal(c, &backlog{deliverable: 1}, ask()) }, limit, 10*time.Millisecond)
	send("k", 0)
	var delivery eventing.Delivery
	for range 2 {
		require.NoError(t, consumers[0].Receive(within(t), &delivery))
		require.NoError(t, consumers[0].Settle(&delivery, eventing.Accept))
	}
	// The one with the key is in the hands of a consumer, who thereby owns it.
	send("k", 0)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		assert.Equal(c, &backlog{deliverable: 1, settled: 2, others: true}, ask())
	}, limit, 10*time.Millisecond)
	_, err := provider.backlog(within(t), eventing.Queue{Event: "nowhere", Listener: "nobody"})
	require.Error(t, err)
}

// TestAddressThatIsFull has the broker give no credit.
func TestAddressThatIsFull(t *testing.T) {
	t.Parallel()
	provider, queue := impatient(t)
	manage(t, provider, func(m *artemisManager) error {
		return m.call(within(t), nil, "addAddressSettings", queue.Event, `{"addressFullMessagePolicy":"BLOCK","maxSizeBytes":10000,"pageSizeBytes":5000}`)
	})
	t.Cleanup(func() {
		manage(t, provider, func(m *artemisManager) error {
			return m.call(context.Background(), nil, "removeAddressSettings", queue.Event)
		})
	})
	var receipts []eventing.Receipt
	for range defaultWindow + 1 { // all credit, and one
		receipts = append(receipts, submit(t, provider, queue.Event, strings.Repeat("x", 1000)))
	}
	require.EventuallyWithT(t, func(c *assert.CollectT) { assert.ErrorIs(c, provider.Health(), eventing.ErrStalled) }, limit, 10*time.Millisecond)
	require.ErrorContains(t, provider.Health(), "address "+queue.Event+" has ")
	assert.Positive(t, provider.TransportStats().BlockedTime)

	consumer, err := provider.Attach(within(t), queue, 100)
	require.NoError(t, err)
	for range receipts {
		var delivery eventing.Delivery
		require.NoError(t, consumer.Receive(within(t), &delivery))
		require.NoError(t, consumer.Settle(&delivery, eventing.Accept))
	}
	for _, receipt := range receipts {
		require.NoError(t, receipt.Wait(within(t)))
	}
	require.NoError(t, provider.Health())
	require.NoError(t, consumer.Close(within(t)))
}
