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

// TestAttachRefused tells what the peer says, and concerns that address only. A
// later send or attach tries again.
func TestAttachRefused(t *testing.T) {
	t.Parallel()
	for _, refusal := range []amqppeer.Error{
		{Condition: "amqp:unauthorized-access", Description: "AMQ229032: no permission"},
		{Condition: "amqp:not-found", Description: "no such node"},
		{Condition: "amqp:resource-limit-exceeded", Description: "too many links"},
		{Condition: "amqp:internal-error", Description: "something else"},
	} {
		t.Run(refusal.Condition, func(t *testing.T) {
			t.Parallel()
			refuse := amqppeer.Script{Refuse: &refusal}
			peer, provider := scripted(t, refuse)
			peer.Script("event::listener", refuse)
			queue := eventing.Queue{Event: "event", Listener: "listener", Durable: true}
			require.NoError(t, provider.Declare(within(t), []eventing.Queue{queue}))
			receipt, err := provider.Submit(within(t), durable("event", "x"))
			if err == nil {
				err = receipt.Wait(within(t))
			}
			requireOutcome(t, eventing.ErrRejected, err)
			require.ErrorContains(t, err, refusal.Condition+": "+refusal.Description)
			_, err = provider.Attach(within(t), queue, 1)
			require.ErrorContains(t, err, refusal.Condition+": "+refusal.Description)
			require.ErrorContains(t, err, "event::listener")
			send(t, provider, durable("other", "x"))
			require.NoError(t, provider.Health())

			peer.Script("event", amqppeer.Script{})
			peer.Script("event::listener", deliver("x"))
			send(t, provider, durable("event", "x"))
			receive(t, attach(t, provider, queue, 1))
		})
	}
}

// TestNoMoreConsumers is what Artemis says where max-consumers are there.
func TestNoMoreConsumers(t *testing.T) {
	t.Parallel()
	peer, provider := scripted(t, amqppeer.Script{})
	full := amqppeer.Script{Refuse: &amqppeer.Error{Condition: "amqp:internal-error", Description: "AMQ229200: Maximum Consumer Limit Reached on Queue"}}
	peer.Script("event::listener-one", full)
	queue := eventing.Queue{Event: "event", Listener: "listener", Server: "one"}
	require.NoError(t, provider.Declare(within(t), []eventing.Queue{queue}))
	_, err := provider.Attach(within(t), queue, 1)
	require.ErrorIs(t, err, eventing.ErrQueueInUse)

	// The same, met again: it goes on trying, and tells.
	peer.Script("event::listener-one", amqppeer.Script{})
	consumer := attach(t, provider, queue, 1)
	peer.Script("event::listener-one", full)
	received := make(chan *eventing.Delivery)
	go func() { received <- receive(t, consumer) }()
	peer.Link("event::listener-one", 1).Detach(&amqppeer.Error{Condition: "amqp:resource-deleted"})
	peer.Link("event::listener-one", 3) // at once, and after a pause
	require.ErrorIs(t, status(consumer).Err, eventing.ErrQueueInUse)
	peer.Script("event::listener-one", deliver("x"))
	assert.Equal(t, "x", string((<-received).Message.Body))
	requireHealed(t, provider)
}

// TestAttachWithoutAnAnswer ends when its time is over.
func TestAttachWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	peer := amqppeer.Start(t, amqppeer.Options{})
	peer.Script("event", amqppeer.Script{Silent: true})
	peer.Script("event::listener", amqppeer.Script{Silent: true})
	provider := start(t, amqp.Config{URL: peer.URL, ConnectTimeout: 500 * time.Millisecond})
	sent := make(chan error)
	go func() { // it goes on trying
		receipt, err := provider.Submit(context.Background(), durable("event", "x"))
		if err == nil {
			err = receipt.Wait(context.Background())
		}
		sent <- err
	}()
	peer.Link("event", 0)
	_, err := provider.Attach(within(t), eventing.Queue{Event: "event", Listener: "listener", Durable: true}, 1)
	require.ErrorIs(t, err, eventing.ErrUnavailable)
	send(t, provider, durable("other", "x"))
	peer.Script("event", amqppeer.Script{})
	require.NoError(t, <-sent)
}

// TestConnectionRefused says why, and whether it is for who connects.
func TestConnectionRefused(t *testing.T) {
	t.Parallel()
	code := func(code byte) amqppeer.Options {
		return amqppeer.Options{Authenticate: func(amqppeer.Credentials) byte { return code }}
	}
	opened := func(condition string) amqppeer.Options {
		return amqppeer.Options{RefuseOpen: &amqppeer.Error{Condition: condition, Description: "because"}}
	}
	for name, test := range map[string]struct {
		options amqppeer.Options
		denied  bool
		want    string
	}{
		"wrong password":        {code(1), true, "user or password refused"},
		"system error":          {code(2), false, "code 0x2"},
		"permanent error":       {code(3), false, "code 0x3"},
		"temporary error":       {code(4), false, "code 0x4"},
		"no mechanism":          {amqppeer.Options{Mechanisms: []string{"SCRAM-SHA-256"}}, true, "doesn't offer SASL PLAIN"},
		"open not authorized":   {opened("amqp:unauthorized-access"), true, "refused"},
		"open not allowed":      {opened("amqp:not-allowed"), false, "because"},
		"open forced to close":  {opened("amqp:connection:forced"), false, "because"},
		"nothing but heartbeat": {amqppeer.Options{Mute: true}, false, "no answer in time"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			peer := amqppeer.Start(t, test.options)
			provider, err := amqp.New(amqp.Config{URL: peer.URL, User: "u", Password: canary, ConnectTimeout: time.Second, IdleTimeout: time.Second})
			require.NoError(t, err)
			err = provider.Start(within(t))
			require.ErrorIs(t, err, eventing.ErrUnavailable)
			assert.Equal(t, test.denied, errors.Is(err, amqp.ErrAuthentication), err)
			require.ErrorContains(t, err, test.want)
			assert.NotContains(t, fmt.Sprintf("%+v", err), canary)
			require.NoError(t, provider.Stop(within(t)))
		})
	}
}

// TestPeerThatOnlySaysThatItIsThere has every call end when its time is over.
func TestPeerThatOnlySaysThatItIsThere(t *testing.T) {
	t.Parallel()
	peer := amqppeer.Start(t, amqppeer.Options{})
	peer.Script("event::listener", amqppeer.Script{})
	provider, err := amqp.New(amqp.Config{URL: peer.URL, ConnectTimeout: time.Second, IdleTimeout: time.Second})
	require.NoError(t, err)
	require.NoError(t, provider.Start(within(t)))
	queue := eventing.Queue{Event: "event", Listener: "listener", Durable: true}
	require.NoError(t, provider.Declare(within(t), []eventing.Queue{queue}))
	consumer := attach(t, provider, queue, 1)
	send(t, provider, durable("event", "x"))
	peer.Conn(0).Mute()
	peer.Conn(1).Mute()
	requireOutcome(t, eventing.ErrUnconfirmed, inVain(t, submit(t, provider, "x")))
	require.ErrorIs(t, provider.Declare(within(t), []eventing.Queue{queue}), eventing.ErrUnavailable)
	_, err = provider.Attach(within(t), queue, 1)
	require.ErrorIs(t, err, eventing.ErrUnavailable)
	require.Error(t, brief(t, consumer.Close))
	require.Error(t, brief(t, provider.Stop))
	require.ErrorIs(t, provider.Err(), eventing.ErrClosed)
}
