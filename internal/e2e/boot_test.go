package e2e_test

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/internal/artemis"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

const wrongPassword = artemis.PasswordMarker + "wrong"

// refused asserts that a boot ends soon, with one line that shows no password.
func refused(t *testing.T, broker, want string) {
	t.Helper()
	begin := time.Now()
	env, err := boot(t.Context(), broker, "server", true)
	require.ErrorIs(t, err, eventing.ErrUnavailable)
	require.ErrorContains(t, err, want)
	assert.Nil(t, env)
	assert.Less(t, time.Since(begin), 15*time.Second)
	text := fmt.Sprintf("%v %+v %#v", err, err, err)
	assert.NotContains(t, text, artemis.PasswordMarker)
	assert.NotContains(t, fmt.Sprint(err), "\n")
}

func TestBootWithAnUnreachableBroker(t *testing.T) {
	t.Parallel()
	refused(t, "amqp://user:"+wrongPassword+"@127.0.0.1:1", "connection refused: check host and port, and that the broker is running")
}

func TestBootWithAWrongPassword(t *testing.T) {
	t.Parallel()
	broker, err := url.Parse(brokertest.URL(t))
	require.NoError(t, err)
	refused(t, "amqp://nobody:"+wrongPassword+"@"+broker.Host, "authentication failed: user or password refused")
}

func TestBootWithABrokerThatClosesTheConnection(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed below
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = connection.Read(make([]byte, 8)) // the protocol's header
			_ = connection.Close()
		}
	}()
	refused(t, "amqp://user:"+wrongPassword+"@"+listener.Addr().String(), "the broker closed the connection")
	require.NoError(t, listener.Close())
	<-done
}

func TestBootWithoutAPossibleURL(t *testing.T) {
	t.Parallel()
	_, err := eventing.FromURL("amqp://user:" + wrongPassword + "%zz@host")
	require.ErrorContains(t, err, "can't be parsed")
	assert.NotContains(t, err.Error(), artemis.PasswordMarker)
}

// TestALostConnectionHeals has the broker killed under a program that runs.
func TestALostConnectionHeals(t *testing.T) {
	t.Parallel()
	broker := brokertest.Own(t)
	env, err := boot(t.Context(), broker.URL(), "server", true)
	require.NoError(t, err)
	manager := environment.Get[*eventing.EventManager](env)
	require.NoError(t, manager.SendEvent(t.Context(), sharedEvent{Run: "before"}))
	require.NoError(t, manager.Health(t.Context()))
	running, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- env.Run(running) }()

	broker.Kill()
	require.Eventually(t, func() bool { return manager.Health(t.Context()) != nil }, 40*time.Second, time.Millisecond)
	err = manager.Health(t.Context())
	require.ErrorIs(t, err, eventing.ErrUnavailable)
	assert.NotContains(t, fmt.Sprintf("%+v", err), artemis.PasswordMarker)
	briefly, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err = manager.SendEvent(briefly, sharedEvent{Run: "too early"})
	require.ErrorIs(t, err, eventing.ErrNotSent)
	require.ErrorIs(t, err, eventing.ErrUnavailable)
	sent := make(chan error)
	patient, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	go func() { sent <- manager.SendEvent(patient, sharedEvent{Run: "meanwhile"}) }()
	require.NoError(t, broker.Restart(t.Context()))
	require.NoError(t, <-sent)
	require.Eventually(t, func() bool { return manager.Health(t.Context()) == nil }, 2*time.Minute, time.Millisecond)
	select {
	case err = <-ended:
		require.FailNow(t, "Run has ended", err)
	default:
	}
	stop()
	require.NoError(t, <-ended)
}
