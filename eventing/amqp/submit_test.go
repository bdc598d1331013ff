package amqp_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
)

func TestTargetQueueAlone(t *testing.T) {
	t.Parallel()
	provider, place := shared(t)
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: true}
	other := eventing.Queue{Event: queue.Event, Group: unique("group"), Durable: true}
	declare(t, provider, place, other)
	declare(t, provider, place, queue)
	consumer, bystander := attach(t, provider, queue, 10), attach(t, provider, other, 10)
	retry := textMessage(queue.Event, "again")
	retry.Target, retry.Delay = &queue, 300*time.Millisecond
	before := time.Now()
	send(t, provider, retry)
	assert.Equal(t, "again", string(receive(t, consumer).Message.Body))
	assert.GreaterOrEqual(t, time.Since(before), retry.Delay)

	dead := queue.DeadLetter()
	letter := textMessage(queue.Event, "dead")
	letter.Target = &dead
	send(t, provider, letter)
	send(t, provider, textMessage(queue.Event, "next"))
	letters := attach(t, provider, dead, 10)
	assert.Equal(t, "dead", string(receive(t, letters).Message.Body))
	requireEmpty(t, provider, letters, dead)
	assert.Equal(t, "next", string(receive(t, consumer).Message.Body))
	assert.Equal(t, "next", string(receive(t, bystander).Message.Body))
	requireEmpty(t, provider, bystander, other)
}

func TestPipelinedSendsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	provider, place := shared(t)
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener")}
	declare(t, provider, place, queue)
	const count = 1000
	receipts := make([]eventing.Receipt, count)
	for i := range receipts {
		receipt, err := provider.Submit(within(t), textMessage(queue.Event, fmt.Sprint(i)))
		require.NoError(t, err)
		receipts[i] = receipt
	}
	for _, receipt := range receipts {
		require.NoError(t, receipt.Wait(within(t)))
	}
	consumer := attach(t, provider, queue, 100)
	for i := range count {
		require.Equal(t, fmt.Sprint(i), string(receive(t, consumer).Message.Body))
	}
}

func TestSendWithoutListeners(t *testing.T) {
	t.Parallel()
	provider, place := shared(t)
	queue := eventing.Queue{Event: unique("event")}
	removeLater(t, place, queue)
	send(t, provider, textMessage(queue.Event, "for nobody"))
}

func TestSendThatCannotBeEncoded(t *testing.T) {
	t.Parallel()
	provider, place := shared(t)
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener")}
	declare(t, provider, place, queue)
	bad := textMessage(queue.Event, "")
	bad.Headers = []eventing.Header{{Key: "k", Value: "\xff"}}
	receipt, err := provider.Submit(within(t), bad)
	require.NoError(t, err)
	require.ErrorIs(t, receipt.Wait(within(t)), eventing.ErrNotSent)
	send(t, provider, textMessage(queue.Event, "the next flows"))
}

func TestQueueOfAnotherAddress(t *testing.T) {
	t.Parallel()
	provider, place := shared(t)
	first := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: true}
	second := eventing.Queue{Event: unique("event"), Listener: first.Listener, Durable: true}
	declare(t, provider, place, first)
	removeLater(t, place, second)
	err := provider.Declare(within(t), []eventing.Queue{second})
	require.ErrorContains(t, err, "belongs to another address \""+first.Event)
	require.ErrorContains(t, err, "NamingQualified")
	_, err = provider.Attach(within(t), second, 1)
	require.ErrorContains(t, err, "NamingQualified")

	qualified := start(t, amqp.Config{URL: place, Naming: eventing.NamingQualified})
	require.NoError(t, qualified.Declare(within(t), []eventing.Queue{first, second}))
	consumer := attach(t, qualified, second, 1)
	send(t, qualified, textMessage(second.Event, "mine"))
	assert.Equal(t, "mine", string(receive(t, consumer).Message.Body))
}
