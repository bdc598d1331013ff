package amqp_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/internal/artemis"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

// The acceptors of the broker in TestTLSOnABroker.
const (
	valid = iota
	expired
	withClientCertificate
	external
)

// issue signs a certificate for the address 127.0.0.1 and the common name, and
// writes it with its key as one file.
func (a *authority) issue(t *testing.T, name string, notAfter time.Time) (file string, certificate tls.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: notAfter,
	}, a.certificate, key.Public(), a.key)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	file = writePEM(t, &pem.Block{Type: "PRIVATE KEY", Bytes: secret}, &pem.Block{Type: "CERTIFICATE", Bytes: der})
	return file, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func writePEM(t *testing.T, blocks ...*pem.Block) string {
	t.Helper()
	var content []byte
	for _, block := range blocks {
		content = append(content, pem.EncodeToMemory(block)...)
	}
	file := filepath.Join(t.TempDir(), "tls.pem")
	require.NoError(t, os.WriteFile(file, content, 0o600))
	return file
}

// secureBroker starts a broker with the acceptors above. Clients with the
// certificate in the name of "shop" may do all at the last of them.
func secureBroker(t *testing.T, trusted *authority) *artemis.Broker {
	t.Helper()
	now := time.Now()
	good, _ := trusted.issue(t, "broker", now.Add(time.Hour))
	old, _ := trusted.issue(t, "broker", now.Add(-time.Hour))
	authorities := writePEM(t, &pem.Block{Type: "CERTIFICATE", Bytes: trusted.certificate.Raw})
	server := func(file string) string { return "sslEnabled=true;keyStoreType=PEM;keyStorePath=" + file }
	client := ";needClientAuth=true;trustStoreType=PEMCA;trustStorePath=" + authorities
	return brokertest.Own(t, func(o *artemis.Options) {
		o.CertificateName = "CN=shop"
		o.Acceptors = []string{
			valid:                 server(good),
			expired:               server(old),
			withClientCertificate: server(good) + client,
			external:              server(good) + client + ";saslMechanisms=EXTERNAL;securityDomain=certificates",
		}
	})
}

func TestTLSOnABroker(t *testing.T) {
	t.Parallel()
	trusted, stranger := newAuthority(t), newAuthority(t)
	broker := secureBroker(t, trusted)
	login, err := url.Parse(broker.URL())
	require.NoError(t, err)
	password, _ := login.User.Password()
	later := time.Now().Add(time.Hour)
	_, shop := trusted.issue(t, "shop", later)
	_, other := trusted.issue(t, "other", later)
	_, foreign := stranger.issue(t, "shop", later)
	_, old := trusted.issue(t, "shop", time.Now().Add(-time.Hour))
	for name, test := range map[string]struct {
		acceptor int
		host     string
		roots    *x509.CertPool
		client   *tls.Certificate
		sasl     amqp.SASL
		password string
		version  uint16 // the latest; zero means any
		want     string // of the error; empty means that it works
	}{
		"right":                        {acceptor: valid},
		"client certificate not asked": {acceptor: valid, client: &shop},
		"wrong password":               {acceptor: valid, password: canary, want: "user or password refused"},
		"wrong host name":              {acceptor: valid, host: "localhost", want: "isn't for localhost"},
		"unknown authority":            {acceptor: valid, roots: stranger.roots(), want: "unknown authority"},
		"expired":                      {acceptor: expired, want: "has expired"},
		"with client certificate":      {acceptor: withClientCertificate, client: &shop},
		"without client certificate":   {acceptor: withClientCertificate, want: "client certificate"},
		"without one over TLS 1.2":     {acceptor: withClientCertificate, version: tls.VersionTLS12, want: "wants a client certificate"},
		"client's unknown authority":   {acceptor: withClientCertificate, client: &foreign, want: "client certificate"},
		"client's expired":             {acceptor: withClientCertificate, client: &old, want: "client certificate"},
		"external":                     {acceptor: external, client: &shop, sasl: amqp.SASLExternal},
		"external of another":          {acceptor: external, client: &other, sasl: amqp.SASLExternal, want: "EXTERNAL refused"},
		"external not offered":         {acceptor: withClientCertificate, client: &shop, sasl: amqp.SASLExternal, want: "doesn't offer SASL EXTERNAL"},
		"password not offered":         {acceptor: external, client: &shop, want: "doesn't offer SASL PLAIN"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := amqp.Config{SASL: test.sasl, TLS: &tls.Config{MinVersion: tls.VersionTLS12, MaxVersion: test.version, RootCAs: trusted.roots()}}
			host := "127.0.0.1"
			if test.host != "" {
				host = test.host
			}
			config.URL = fmt.Sprintf("amqps://%s:%d", host, broker.Port(test.acceptor))
			if test.sasl != amqp.SASLExternal {
				config.User, config.Password = login.User.Username(), password
			}
			if test.password != "" {
				config.Password = test.password
			}
			if test.roots != nil {
				config.TLS.RootCAs = test.roots
			}
			if test.client != nil {
				config.TLS.Certificates = []tls.Certificate{*test.client}
			}
			if test.want == "" {
				requireWorks(t, config)
				return
			}
			requireRefused(t, config, test.want)
		})
	}
}

// requireRefused has a start fail for the reason, without telling a password.
func requireRefused(t *testing.T, config amqp.Config, reason string) {
	t.Helper()
	provider, err := amqp.New(config)
	require.NoError(t, err)
	err = provider.Start(within(t))
	require.ErrorIs(t, err, eventing.ErrUnavailable)
	require.ErrorContains(t, err, reason)
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), artemis.PasswordMarker)
	require.NoError(t, provider.Stop(within(t)))
}

// requireWorks sends an event and takes it again.
func requireWorks(t *testing.T, config amqp.Config) {
	t.Helper()
	provider := start(t, config)
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: true}
	require.NoError(t, provider.Declare(within(t), []eventing.Queue{queue}))
	consumer := attach(t, provider, queue, 1)
	send(t, provider, textMessage(queue.Event, "over TLS"))
	assert.Equal(t, "over TLS", string(receive(t, consumer).Message.Body))
	require.NoError(t, consumer.Close(within(t)))
}
