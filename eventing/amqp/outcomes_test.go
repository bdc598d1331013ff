package amqp_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/internal/amqppeer"
)

// scripted returns a provider on a peer that treats the address "event" so.
func scripted(tb testing.TB, script amqppeer.Script) (*amqppeer.Peer, *amqp.Provider) {
	tb.Helper()
	peer := amqppeer.Start(tb, amqppeer.Options{})
	peer.Script("event", script)
	return peer, start(tb, amqp.Config{URL: peer.URL})
}

// submit submits a message to the address "event".
func submit(tb testing.TB, provider *amqp.Provider, body string) eventing.Receipt {
	tb.Helper()
	receipt, err := provider.Submit(within(tb), durable("event", body))
	require.NoError(tb, err)
	return receipt
}

// submitAll submits messages with the numbers from first to last as bodies.
func submitAll(tb testing.TB, provider *amqp.Provider, first, last int) (receipts []eventing.Receipt) {
	tb.Helper()
	for i := first; i <= last; i++ {
		receipts = append(receipts, submit(tb, provider, fmt.Sprint(i)))
	}
	return receipts
}

// inVain waits for a receipt, but not long.
func inVain(tb testing.TB, receipt eventing.Receipt) error {
	tb.Helper()
	return brief(tb, receipt.Wait)
}

// brief has a call end soon by its context.
func brief(tb testing.TB, call func(context.Context) error) error {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), time.Second)
	defer cancel()
	return call(ctx)
}

// requireOutcome tells that the error is that outcome, and no other. Nil is
// success.
func requireOutcome(tb testing.TB, want, err error) {
	tb.Helper()
	if want == nil {
		require.NoError(tb, err)
		return
	}
	for _, each := range []error{eventing.ErrRejected, eventing.ErrUnconfirmed, eventing.ErrNotSent} {
		require.Equal(tb, errors.Is(want, each), errors.Is(err, each), "%v: %v", each, err)
	}
}

// texts returns the bodies of what has come by a link.
func texts(link *amqppeer.Link) (bodies []string) {
	for _, each := range link.Messages() {
		bodies = append(bodies, each.Text())
	}
	return bodies
}

// TestOutcomesOfThePeer concern one event each.
func TestOutcomesOfThePeer(t *testing.T) {
	t.Parallel()
	const full, held = "amqp:resource-limit-exceeded: the address is full", "can't take the message now"
	peer, provider := scripted(t, amqppeer.Script{Answer: amqppeer.InTurn(
		amqppeer.Accepted, amqppeer.Rejected("amqp:resource-limit-exceeded", "the address is full"), amqppeer.RejectedBare,
		amqppeer.Released, amqppeer.Modified)})
	receipts := submitAll(t, provider, 0, 5)
	for i, reason := range []string{"", full, "gave no reason", held, held, ""} {
		err := receipts[i].Wait(within(t))
		if reason == "" {
			require.NoError(t, err)
			continue
		}
		requireOutcome(t, eventing.ErrRejected, err)
		assert.ErrorContains(t, err, reason)
	}
	assert.Len(t, peer.Links("event"), 1)
}

// TestMessageThatIsNeverSettled is unconfirmed when its time is over. The others
// and the connection go on.
func TestMessageThatIsNeverSettled(t *testing.T) {
	t.Parallel()
	peer, provider := scripted(t, amqppeer.Script{Answer: func(received *amqppeer.Received) amqppeer.Outcome {
		if received.Text() == "1" {
			return amqppeer.None
		}
		return amqppeer.Accepted
	}})
	receipts := submitAll(t, provider, 0, 1)
	require.NoError(t, receipts[0].Wait(within(t)))
	peer.Link("event", 0).Message(1)
	requireOutcome(t, eventing.ErrUnconfirmed, inVain(t, receipts[1]))
	send(t, provider, durable("other", "x"))
	send(t, provider, durable("event", "2"))
	assert.Equal(t, "2", peer.Link("event", 0).Message(2).Text(), "on the same link")
	require.NoError(t, provider.Health())
	// Late, and to nobody.
	peer.Link("event", 0).Settle(amqppeer.Accepted, peer.Link("event", 0).Message(1))
	send(t, provider, durable("event", "3"))
	assert.Equal(t, []string{"0", "1", "2", "3"}, texts(peer.Link("event", 0)))
}

// TestOutcomesOutOfOrder has each message get its own.
func TestOutcomesOutOfOrder(t *testing.T) {
	t.Parallel()
	peer, provider := scripted(t, amqppeer.Script{Answer: amqppeer.Always(amqppeer.None)})
	receipts := submitAll(t, provider, 0, 9)
	link := peer.Link("event", 0)
	link.Message(9)
	of := link.Messages()
	link.Settle(amqppeer.Rejected("a:b", "the last one"), of[9])
	link.SettleRange(amqppeer.Released, of[4], of[6])
	link.Settle(amqppeer.Accepted, of[8], of[7])
	link.SettleRange(amqppeer.Accepted, of[0], of[3])
	for i, receipt := range receipts {
		err := receipt.Wait(within(t))
		switch {
		case i == 9:
			requireOutcome(t, eventing.ErrRejected, err)
			assert.ErrorContains(t, err, "the last one")
		case i >= 4 && i <= 6:
			requireOutcome(t, eventing.ErrRejected, err)
		default:
			require.NoError(t, err)
		}
	}
}

// TestMessageThatIsSettledWithoutAState was perhaps taken: it is sent again, and
// after three times it is unconfirmed.
func TestMessageThatIsSettledWithoutAState(t *testing.T) {
	t.Parallel()
	peer, provider := scripted(t, amqppeer.Script{Answer: func(received *amqppeer.Received) amqppeer.Outcome {
		if received.Text() == "1" {
			return amqppeer.SettledBare
		}
		return amqppeer.Accepted
	}})
	receipts := submitAll(t, provider, 0, 2)
	require.NoError(t, receipts[0].Wait(within(t)))
	requireOutcome(t, eventing.ErrUnconfirmed, receipts[1].Wait(within(t)))
	require.NoError(t, receipts[2].Wait(within(t)))
	var ids []any
	for _, link := range peer.Links("event") {
		for _, each := range link.Messages() {
			if each.Text() == "1" {
				ids = append(ids, each.Message.ApplicationProperties["_AMQ_DUPL_ID"])
			}
		}
	}
	require.Len(t, ids, 3)
	assert.NotEmpty(t, ids[0])
	assert.Equal(t, []any{ids[0], ids[0], ids[0]}, ids)
}

// TestNoCredit holds back one address, and no other. One message is in the
// library's hands, from which nobody can take it.
func TestNoCredit(t *testing.T) {
	t.Parallel()
	peer, provider := scripted(t, amqppeer.Script{Credit: -1})
	var unsent, unknown []string
	for i := range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		receipt, err := provider.Submit(ctx, durable("event", fmt.Sprint(i)))
		if err == nil {
			err = receipt.Wait(ctx)
		}
		cancel()
		require.ErrorIs(t, err, context.DeadlineExceeded)
		if errors.Is(err, eventing.ErrNotSent) {
			unsent = append(unsent, fmt.Sprint(i))
			continue
		}
		requireOutcome(t, eventing.ErrUnconfirmed, err)
		unknown = append(unknown, fmt.Sprint(i))
	}
	assert.LessOrEqual(t, len(unknown), 1)
	assert.GreaterOrEqual(t, len(unsent), 2)
	send(t, provider, durable("other", "x"))
	require.NoError(t, provider.Health())
	link := peer.Link("event", 0)
	assert.Empty(t, link.Messages())
	link.Grant(10)
	send(t, provider, durable("event", "after them"))
	assert.Equal(t, append(unknown, "after them"), texts(link))
}
