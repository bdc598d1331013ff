package amqppeer_test

import (
	"context"
	"strings"
	"testing"

	"github.com/Azure/go-amqp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/internal/amqppeer"
)

func dial(t *testing.T, peer *amqppeer.Peer) (*amqp.Conn, *amqp.Session) {
	t.Helper()
	conn, err := amqp.Dial(t.Context(), peer.URL, &amqp.ConnOptions{SASLType: amqp.SASLTypePlain("user", "secret"), HostName: "vhost:a"})
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	session, err := conn.NewSession(t.Context(), nil)
	require.NoError(t, err)
	return conn, session
}

func text(body string) *amqp.Message { return amqp.NewMessage([]byte(body)) }

func TestOutcomes(t *testing.T) {
	t.Parallel()
	peer := amqppeer.Start(t, amqppeer.Options{Product: "other", Properties: map[string]any{"version": "1"}})
	peer.Script("event", amqppeer.Script{Answer: amqppeer.InTurn(
		amqppeer.Accepted, amqppeer.Rejected("a:b", "why"), amqppeer.RejectedBare, amqppeer.Released, amqppeer.Modified, amqppeer.SettledBare)})
	conn, session := dial(t, peer)
	assert.Equal(t, map[string]any{"product": "other", "version": "1"}, conn.Properties())
	opened := peer.Conn(0)
	assert.Equal(t, amqppeer.Credentials{Mechanism: "PLAIN", User: "user", Password: "secret"}, opened.Credentials)
	assert.Equal(t, "vhost:a", opened.HostName)

	sender, err := session.NewSender(t.Context(), "event", &amqp.SenderOptions{TargetCapabilities: []string{"topic"}})
	require.NoError(t, err)
	link := peer.Link("event", 0)
	assert.Equal(t, []string{"topic"}, link.Capabilities)
	assert.False(t, link.Receiver)
	for i, want := range []amqp.DeliveryState{
		&amqp.StateAccepted{}, &amqp.StateRejected{Error: &amqp.Error{Condition: "a:b", Description: "why"}}, &amqp.StateRejected{},
		&amqp.StateReleased{}, &amqp.StateModified{DeliveryFailed: true}, nil, &amqp.StateAccepted{},
	} {
		body := strings.Repeat("x", i*100_000) // in several frames
		receipt, err := sender.SendWithReceipt(context.Background(), text(body), nil)
		require.NoError(t, err)
		state, err := receipt.Wait(t.Context())
		require.NoError(t, err)
		assert.Equal(t, want, state)
		assert.Equal(t, body, link.Message(i).Text())
	}
	require.NoError(t, sender.Close(t.Context()))
	link.Ended()
}

func TestSettledByHand(t *testing.T) {
	t.Parallel()
	peer := amqppeer.Start(t, amqppeer.Options{})
	peer.Script("event", amqppeer.Script{Credit: 3, Answer: amqppeer.Always(amqppeer.None)})
	_, session := dial(t, peer)
	sender, err := session.NewSender(t.Context(), "event", nil)
	require.NoError(t, err)
	link := peer.Link("event", 0)
	receipts := make([]amqp.SendReceipt, 4)
	for i := range receipts {
		if i == 3 {
			link.Grant(1)
		}
		receipts[i], err = sender.SendWithReceipt(context.Background(), text("x"), nil)
		require.NoError(t, err)
	}
	link.Settle(amqppeer.Released, link.Message(3))
	link.SettleRange(amqppeer.Accepted, link.Message(0), link.Message(2))
	for i := range receipts {
		state, err := receipts[i].Wait(t.Context())
		require.NoError(t, err)
		assert.Equal(t, i == 3, assert.ObjectsAreEqual(&amqp.StateReleased{}, state))
	}
	link.Detach(&amqppeer.Error{Condition: "a:b"})
	link.Ended()
	require.Eventually(t, func() bool {
		_, err := sender.SendWithReceipt(context.Background(), &amqp.Message{DeliveryTag: make([]byte, 33)}, nil)
		return strings.Contains(err.Error(), "a:b")
	}, limit, tick)
}

func TestDeliveries(t *testing.T) {
	t.Parallel()
	peer := amqppeer.Start(t, amqppeer.Options{FirstDelivery: 5})
	large := strings.Repeat("x", 300_000)
	peer.Script("event", amqppeer.Script{Deliver: []*amqp.Message{text("a"), text(large)}})
	_, session := dial(t, peer)
	receiver, err := session.NewReceiver(t.Context(), "event", &amqp.ReceiverOptions{Credit: 1})
	require.NoError(t, err)
	link := peer.Link("event", 0)
	link.Deliver(text("c"))
	for i, want := range []string{"a", large, "c"} {
		message, err := receiver.Receive(t.Context(), nil)
		require.NoError(t, err)
		assert.Equal(t, want, string(message.GetData()))
		if i == 2 {
			require.NoError(t, receiver.ReleaseMessage(t.Context(), message))
		} else {
			require.NoError(t, receiver.AcceptMessage(t.Context(), message))
		}
	}
	assert.Equal(t, []string{"accepted", "accepted", "released"}, link.Outcomes(3))
	link.End(nil)
	_, err = receiver.Receive(t.Context(), nil)
	require.Error(t, err)
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	peer := amqppeer.Start(t, amqppeer.Options{})
	peer.Script("event", amqppeer.Script{Refuse: &amqppeer.Error{Condition: "amqp:not-found", Description: "gone"}})
	conn, session := dial(t, peer)
	_, err := session.NewSender(t.Context(), "event", nil)
	require.ErrorContains(t, err, "gone")
	_, err = session.NewReceiver(t.Context(), "event", nil)
	require.ErrorContains(t, err, "gone")
	assert.Equal(t, []string{"event", "event"}, peer.Addresses())
	peer.Conn(0).Close(&amqppeer.Error{Condition: "amqp:connection:forced", Description: "bye"})
	<-conn.Done()
	require.ErrorContains(t, conn.Err(), "bye")
	peer.Conn(0).Ended()

	unfriendly := amqppeer.Start(t, amqppeer.Options{Authenticate: func(amqppeer.Credentials) byte { return 3 }})
	_, err = amqp.Dial(t.Context(), unfriendly.URL, &amqp.ConnOptions{SASLType: amqp.SASLTypeAnonymous()})
	require.ErrorContains(t, err, "0x3")
}
