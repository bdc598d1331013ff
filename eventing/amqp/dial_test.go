package amqp_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
)

// listen serves each connection by serve until the test ends.
func listen(t *testing.T, serve func(net.Conn)) int {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serve(conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	address, ok := listener.Addr().(*net.TCPAddr)
	require.True(t, ok)
	return address.Port
}

// requireUnavailable starts a provider, in vain, and returns the error's text.
func requireUnavailable(t *testing.T, config amqp.Config) string {
	t.Helper()
	config.User, config.Password = "u", canary
	config.ConnectTimeout = time.Second
	provider, err := amqp.New(config)
	require.NoError(t, err)
	begin := time.Now()
	err = provider.Start(t.Context())
	require.ErrorIs(t, err, eventing.ErrUnavailable)
	assert.Less(t, time.Since(begin), 5*time.Second)
	text := fmt.Sprint(err)
	assert.Contains(t, text, fmt.Sprintf("127.0.0.1:%d", config.Port))
	assert.NotContains(t, text, "\n")
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), canary)
	require.NoError(t, provider.Stop(t.Context()))
	return text
}

func drain(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

func TestPeersThatAreNoBroker(t *testing.T) {
	t.Parallel()
	header := []byte{'A', 'M', 'Q', 'P', 3, 1, 0, 0}
	for name, test := range map[string]struct {
		serve func(net.Conn)
		want  string
	}{
		"silent":            {drain, "no answer in time"},
		"closes":            {func(net.Conn) {}, "closed the connection"},
		"closes at header":  {func(conn net.Conn) { _, _ = conn.Write(header) }, "closed the connection"},
		"silent at header":  {func(conn net.Conn) { _, _ = conn.Write(header); drain(conn) }, "no answer in time"},
		"speaks other":      {func(conn net.Conn) { _, _ = io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n"); drain(conn) }, "doesn't speak AMQP 1.0"},
		"speaks other AMQP": {func(conn net.Conn) { _, _ = conn.Write([]byte{'A', 'M', 'Q', 'P', 0, 0, 9, 1}); drain(conn) }, "doesn't speak AMQP 1.0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := requireUnavailable(t, amqp.Config{Host: "127.0.0.1", Port: listen(t, test.serve)})
			assert.Contains(t, text, test.want)
		})
	}
}

func TestClosedPort(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	address, ok := listener.Addr().(*net.TCPAddr)
	require.True(t, ok)
	assert.Contains(t, requireUnavailable(t, amqp.Config{Host: "127.0.0.1", Port: address.Port}), "connection refused")
}

func TestStartGivenUp(t *testing.T) {
	t.Parallel()
	provider, err := amqp.New(amqp.Config{Host: "127.0.0.1", Port: listen(t, drain)})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	err = provider.Start(ctx)
	require.ErrorIs(t, err, eventing.ErrUnavailable)
	require.ErrorIs(t, err, context.Canceled)
}

// authority signs certificates for tests.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	certificate, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return &authority{certificate, key}
}

func (a *authority) sign(t *testing.T, address net.IP, notAfter time.Time) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2), IPAddresses: []net.IP{address},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: notAfter,
	}, a.certificate, key.Public(), a.key)
	require.NoError(t, err)
	return &tls.Config{
		MinVersion:   tls.VersionTLS10, //nolint:gosec // a peer that is to be refused
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
	}
}

func (a *authority) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

func TestTLS(t *testing.T) {
	t.Parallel()
	trusted, stranger := newAuthority(t), newAuthority(t)
	here, later := net.IPv4(127, 0, 0, 1), time.Now().Add(time.Hour)
	old := trusted.sign(t, here, later)
	old.MaxVersion = tls.VersionTLS11
	for name, test := range map[string]struct {
		server *tls.Config
		want   string
	}{
		"expired":           {trusted.sign(t, here, time.Now().Add(-time.Hour)), "expired"},
		"other host":        {trusted.sign(t, net.IPv4(10, 0, 0, 1), later), "isn't for 127.0.0.1"},
		"unknown authority": {stranger.sign(t, here, later), "unknown authority"},
		"old version":       {old, "1.2 or later"},
		// The handshake succeeds; then nobody speaks AMQP.
		"trusted": {trusted.sign(t, here, later), "closed the connection"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			port := listen(t, func(conn net.Conn) { _ = tls.Server(conn, test.server).HandshakeContext(context.Background()) })
			text := requireUnavailable(t, amqp.Config{Host: "127.0.0.1", Port: port, TLS: &tls.Config{RootCAs: trusted.roots(), MinVersion: tls.VersionTLS12}})
			assert.Contains(t, text, test.want)
		})
	}
	t.Run("plain peer", func(t *testing.T) {
		t.Parallel()
		port := listen(t, func(conn net.Conn) { _, _ = io.Copy(conn, strings.NewReader("AMQP\x00\x01\x00\x00")); drain(conn) })
		text := requireUnavailable(t, amqp.Config{Host: "127.0.0.1", Port: port, TLS: &tls.Config{MinVersion: tls.VersionTLS12}})
		assert.Contains(t, text, "doesn't speak TLS")
	})
	t.Run("silent peer", func(t *testing.T) {
		t.Parallel()
		text := requireUnavailable(t, amqp.Config{Host: "127.0.0.1", Port: listen(t, drain), TLS: &tls.Config{MinVersion: tls.VersionTLS12}})
		assert.Contains(t, text, "no answer in time")
	})
}
