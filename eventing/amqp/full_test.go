package amqp_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

// limited makes a queue whose address is full with ten messages of a KB.
func limited(t *testing.T, provider *amqp.Provider, place, policy string) eventing.Queue {
	t.Helper()
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener")}
	settings := fmt.Sprintf(`{"addressFullMessagePolicy":%q,"maxSizeBytes":10000,"pageSizeBytes":5000}`, policy)
	require.Contains(t, dial(t, place).manage(t, "addAddressSettings", queue.Event, settings), policy)
	t.Cleanup(func() { dial(t, place).manage(t, "removeAddressSettings", queue.Event) })
	declare(t, provider, place, queue)
	return queue
}

// kilobyte is a numbered message of that size.
func kilobyte(queue eventing.Queue, number int) *eventing.Message {
	return textMessage(queue.Event, fmt.Sprintf("%d %s", number, strings.Repeat("x", 1000)))
}

// fillUp sends until the sender's queue is full too. So many have been submitted
// then that some weren't written: the broker has let the link have 1,000, and no
// more since.
func fillUp(t *testing.T, provider *amqp.Provider, queue eventing.Queue) []eventing.Receipt {
	t.Helper()
	var receipts []eventing.Receipt
	for {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		receipt, err := provider.Submit(ctx, kilobyte(queue, len(receipts)))
		cancel()
		if err == nil {
			receipts = append(receipts, receipt)
			continue
		}
		require.ErrorIs(t, err, eventing.ErrNotSent)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		if len(receipts) > 1500 {
			return receipts
		}
	}
}

// giveUp waits for all for a second. What was sent comes first, then, mostly,
// one that the client library has in its hands, and then what waits.
func giveUp(t *testing.T, receipts []eventing.Receipt) (confirmed, unconfirmed, unsent int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	for _, receipt := range receipts {
		err := receipt.Wait(ctx)
		switch {
		case err == nil:
			assert.Zero(t, unconfirmed+unsent)
			confirmed++
		case errors.Is(err, eventing.ErrUnconfirmed):
			assert.Zero(t, unsent)
			unconfirmed++
		default:
			require.ErrorIs(t, err, eventing.ErrNotSent)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			unsent++
		}
	}
	assert.Positive(t, confirmed)
	assert.Positive(t, unsent)
	return confirmed, unconfirmed, unsent
}

// TestAddressThatBlocksWhenItIsFull holds back its own messages alone. They go on
// once there is room, in their order and without those that were given up.
func TestAddressThatBlocksWhenItIsFull(t *testing.T) {
	t.Parallel()
	provider, place := shared(t)
	queue := limited(t, provider, place, "BLOCK")
	receipts := fillUp(t, provider, queue)
	confirmed, unconfirmed, unsent := giveUp(t, receipts)
	send(t, provider, textMessage(unique("other"), "other addresses flow"))
	assert.NoError(t, provider.Health())

	// The queue is full of what was given up. So this one waits before it.
	sent := make(chan error)
	go func() {
		receipt, err := provider.Submit(within(t), kilobyte(queue, len(receipts)))
		if err == nil {
			err = receipt.Wait(within(t))
		}
		sent <- err
	}()
	consumer := attach(t, provider, queue, 100)
	number := func() (number int) {
		_, err := fmt.Sscan(string(receive(t, consumer).Message.Body), &number)
		require.NoError(t, err)
		return number
	}
	for i := range confirmed {
		require.Equal(t, i, number())
	}
	next := number()
	for i := confirmed; i < confirmed+unconfirmed && next == i; i++ {
		next = number()
	}
	assert.Equal(t, len(receipts), next, "%d weren't sent", unsent)
	require.NoError(t, <-sent)
	requireEmpty(t, provider, consumer, queue)
}

// TestStopWithMessagesThatTheBrokerHoldsBack flushes as long as somebody waits
// for one of them, and only so long.
func TestStopWithMessagesThatTheBrokerHoldsBack(t *testing.T) {
	t.Parallel()
	place := brokertest.URL(t)
	provider, err := amqp.New(amqp.Config{URL: place})
	require.NoError(t, err)
	require.NoError(t, provider.Start(within(t)))
	queue := limited(t, provider, place, "BLOCK")
	receipts := fillUp(t, provider, queue)
	stopped := make(chan error, 1)
	begin := time.Now()
	go func() { stopped <- provider.Stop(within(t)) }()
	giveUp(t, receipts)
	require.NoError(t, <-stopped)
	assert.Less(t, time.Since(begin), limit/2)
}

// TestAddressThatFailsWhenItIsFull refuses single messages.
func TestAddressThatFailsWhenItIsFull(t *testing.T) {
	t.Parallel()
	provider, place := shared(t)
	queue := limited(t, provider, place, "FAIL")
	var err error
	taken := 0
	for ; err == nil && taken < 100; taken++ {
		var receipt eventing.Receipt
		receipt, err = provider.Submit(within(t), kilobyte(queue, taken))
		require.NoError(t, err)
		err = receipt.Wait(within(t))
	}
	taken--
	require.ErrorIs(t, err, eventing.ErrRejected)
	require.ErrorContains(t, err, "resource-limit-exceeded")
	send(t, provider, textMessage(unique("other"), "other addresses flow"))
	consumer := attach(t, provider, queue, 100)
	for i := range taken {
		assert.True(t, strings.HasPrefix(string(receive(t, consumer).Message.Body), fmt.Sprintf("%d ", i)))
	}
	// The broker counts what it has freed a little later.
	require.Eventually(t, func() bool {
		receipt, err := provider.Submit(within(t), textMessage(queue.Event, "there is room again"))
		require.NoError(t, err)
		return receipt.Wait(within(t)) == nil
	}, limit, 10*time.Millisecond)
	assert.Equal(t, "there is room again", string(receive(t, consumer).Message.Body))
	requireEmpty(t, provider, consumer, queue)
}
