package amqp_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

// live returns how many connections there are.
func (c *cutter) live() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.conns) / 2
}

// twoPlaces returns two ways to one broker.
func twoPlaces(t *testing.T) (first, second *cutter, config amqp.Config) {
	t.Helper()
	place := brokertest.URL(t)
	first, second = newCutter(t, place), newCutter(t, place)
	return first, second, amqp.Config{URL: first.url, Failover: []string{hostPort(t, second.url)}}
}

func TestFailover(t *testing.T) {
	t.Parallel()
	first, second, config := twoPlaces(t)
	f := newTraffic(t, config)
	// Once each way: the pauses grow where connections break as soon as they are made.
	f.requireFlow(t)
	assert.Equal(t, []int{2, 0}, []int{first.live(), second.live()}, "both connections are to one place")
	second.reopen()
	first.cut()
	require.Eventually(t, func() bool { return second.live() >= 2 }, limit, 10*time.Millisecond)
	requireHealed(t, f.provider)
	f.requireFlow(t)
	assert.Equal(t, []int{0, 2}, []int{first.live(), second.live()})
	first.reopen()
	second.cut()
	require.Eventually(t, func() bool { return first.live() >= 2 }, limit, 10*time.Millisecond)
	requireHealed(t, f.provider)
	f.requireAllHandled(t)
}

func TestFailoverAtTheStart(t *testing.T) {
	t.Parallel()
	first, second, config := twoPlaces(t)
	first.cut()
	requireWorks(t, config)
	assert.Equal(t, []int{0, 2}, []int{first.count(), second.count()})
	second.cut()
	provider, err := amqp.New(config)
	require.NoError(t, err)
	err = provider.Start(within(t))
	require.ErrorIs(t, err, eventing.ErrUnavailable)
	require.ErrorContains(t, err, hostPort(t, first.url)+": ")
	require.ErrorContains(t, err, "; eventing: broker unavailable: "+hostPort(t, second.url)+": ")
}

// TestUserRefusedAtOnePlace: the next one is tried.
func TestUserRefusedAtOnePlace(t *testing.T) {
	t.Parallel()
	first, second, config := twoPlaces(t)
	stranger := brokertest.Own(t) // it has another password
	first.redirect(hostPort(t, stranger.URL()))
	requireWorks(t, config)
	provider := start(t, config)
	first.redirect(hostPort(t, brokertest.URL(t)))
	second.redirect(hostPort(t, stranger.URL()))
	second.interrupt()
	require.Eventually(t, func() bool { return first.live() == 2 }, limit, 10*time.Millisecond)
	requireHealed(t, provider)
}

// TestOneConnectionStaysWithTheOther, though it would find another place.
func TestOneConnectionStaysWithTheOther(t *testing.T) {
	t.Parallel()
	first, second, config := twoPlaces(t)
	provider := start(t, config)
	for range 6 { // the pauses grow
		first.mu.Lock()
		_ = first.conns[0].Close() // the one that was made first
		first.conns = first.conns[2:]
		first.mu.Unlock()
		require.Eventually(t, func() bool { return first.live() == 2 && provider.Health() == nil }, limit, 10*time.Millisecond)
	}
	assert.Zero(t, second.count())
}

func TestFailoverOverTLS(t *testing.T) {
	t.Parallel()
	trusted := newAuthority(t)
	broker := secureBroker(t, trusted)
	login, err := url.Parse(broker.URL())
	require.NoError(t, err)
	password, _ := login.User.Password()
	place := func(host string, acceptor int) string { return fmt.Sprintf("%s:%d", host, broker.Port(acceptor)) }
	good := place("127.0.0.1", valid)
	for name, test := range map[string]struct {
		first, second string
		serverName    string
		want          string // of the error; empty means that it works
	}{
		"first is dead":                {first: "127.0.0.1:1", second: good},
		"first has expired":            {first: place("127.0.0.1", expired), second: good},
		"first has another name":       {first: place("localhost", valid), second: good},
		"a name for both":              {first: "localhost:1", second: place("localhost", valid), serverName: "127.0.0.1"},
		"second has another name":      {first: "127.0.0.1:1", second: place("localhost", valid), want: "isn't for localhost"},
		"second doesn't speak TLS":     {first: "127.0.0.1:1", second: login.Host, want: "no answer in time"},
		"neither has a good one":       {first: place("localhost", valid), second: place("127.0.0.1", expired), want: "has expired"},
		"first speaks no TLS, is next": {first: login.Host, second: good},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := amqp.Config{
				URL: "amqps://" + test.first + "?failover=" + test.second, User: login.User.Username(), Password: password,
				TLS: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: trusted.roots(), ServerName: test.serverName},
			}
			if test.want == "" {
				requireWorks(t, config)
				return
			}
			requireRefused(t, config, test.want)
		})
	}
}

// TestPasswordThatChanges while the program runs, over TLS.
func TestPasswordThatChanges(t *testing.T) {
	t.Parallel()
	trusted := newAuthority(t)
	broker := secureBroker(t, trusted)
	login := func() *url.Userinfo {
		parsed, err := url.Parse(broker.URL())
		require.NoError(t, err)
		return parsed.User
	}
	var current atomic.Pointer[url.Userinfo]
	current.Store(login())
	f := newTraffic(t, amqp.Config{
		URL: fmt.Sprintf("amqps://127.0.0.1:%d", broker.Port(valid)),
		TLS: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: trusted.roots()},
		Credentials: func(context.Context) (user, password string, err error) {
			password, _ = current.Load().Password()
			return current.Load().Username(), password, nil
		},
	})
	f.requireFlow(t)
	require.NoError(t, broker.ChangePassword())
	require.NoError(t, broker.Restart(t.Context()))
	require.EventuallyWithT(t, func(c *assert.CollectT) { assert.ErrorIs(c, f.provider.Health(), amqp.ErrAuthentication) }, limit, 10*time.Millisecond)
	old, _ := current.Load().Password()
	assert.NotContains(t, fmt.Sprintf("%+v", f.provider.Health()), old)
	current.Store(login())
	requireHealed(t, f.provider)
	f.requireFlow(t)
	f.requireAllHandled(t)
}
