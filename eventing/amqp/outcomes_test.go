package amqp_test

import (
	"fmt"
	"testing"

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

func submit(tb testing.TB, provider *amqp.Provider, event, body string) eventing.Receipt {
	tb.Helper()
	receipt, err := provider.Submit(within(tb), durable(event, body))
	require.NoError(tb, err)
	return receipt
}

// TestOutcomesOfThePeer are told apart, in whatever order they come, and concern
// one event each.
func TestOutcomesOfThePeer(t *testing.T) {
	t.Parallel()
	_, provider := scripted(t, amqppeer.Script{Answer: amqppeer.InTurn(
		amqppeer.Accepted, amqppeer.Rejected("amqp:resource-limit-exceeded", "the address is full"), amqppeer.RejectedBare,
		amqppeer.Released, amqppeer.Modified)})
	for i, want := range []string{"", "amqp:resource-limit-exceeded: the address is full", "gave no reason", "can't take the message now", "can't take the message now", ""} {
		err := submit(t, provider, "event", fmt.Sprint(i)).Wait(within(t))
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorIs(t, err, eventing.ErrRejected)
		assert.NotErrorIs(t, err, eventing.ErrUnconfirmed)
		assert.NotErrorIs(t, err, eventing.ErrNotSent)
		assert.ErrorContains(t, err, want)
	}
}
