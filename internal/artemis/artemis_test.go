package artemis_test

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/internal/artemis"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

func TestBrokerDiesAndComesBack(t *testing.T) {
	t.Parallel()
	broker := brokertest.Own(t)
	before := broker.URL()
	requireAnswer(t, before)

	broker.Kill()
	requireNoAnswer(t, before)

	require.NoError(t, broker.Restart(t.Context()))
	assert.Equal(t, before, broker.URL(), "clients find it again")
	requireAnswer(t, before)

	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	require.NoError(t, broker.Stop(ctx))
	requireNoAnswer(t, before)
	require.NoError(t, broker.Stop(ctx), "a stopped broker stays stopped")
}

func TestBrokerHidesItsPassword(t *testing.T) {
	t.Parallel()
	broker := brokertest.Own(t)
	address, err := url.Parse(broker.URL())
	require.NoError(t, err)
	password, _ := address.User.Password()
	require.NotEmpty(t, password)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		assert.NotContains(t, fmt.Sprintf(verb, broker), password)
	}
	assert.NotContains(t, broker.LogTail(), password)
}

func TestRestartOnATakenPort(t *testing.T) {
	t.Parallel()
	broker := brokertest.Own(t)
	broker.Kill()
	address, err := url.Parse(broker.URL())
	require.NoError(t, err)
	var config net.ListenConfig
	other, err := config.Listen(t.Context(), "tcp", address.Host)
	require.NoError(t, err)
	require.ErrorIs(t, broker.Restart(t.Context()), artemis.ErrPortTaken)

	require.NoError(t, other.Close())
	require.NoError(t, broker.Restart(t.Context()))
}

func TestStartTellsWhyItEnded(t *testing.T) {
	t.Parallel()
	brokertest.Home(t) // where a distribution is, there is Java
	_, err := artemis.Start(t.Context(), artemis.Options{Home: t.TempDir(), Dir: t.TempDir()})
	require.ErrorContains(t, err, "its log ends")
	assert.ErrorContains(t, err, "boot.Artemis", "the JVM's own words")
}

func requireAnswer(t *testing.T, rawURL string) {
	t.Helper()
	conn, err := dial(t, rawURL)
	require.NoError(t, err)
	require.NoError(t, conn.Close())
}

func requireNoAnswer(t *testing.T, rawURL string) {
	t.Helper()
	_, err := dial(t, rawURL)
	require.Error(t, err)
}

func dial(t *testing.T, rawURL string) (net.Conn, error) {
	t.Helper()
	address, err := url.Parse(rawURL)
	require.NoError(t, err)
	var dialer net.Dialer
	return dialer.DialContext(t.Context(), "tcp", address.Host)
}
