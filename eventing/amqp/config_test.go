package amqp_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
)

func noCredentials(context.Context) (user, password string, err error) {
	return "", canary, errors.New("the vault says " + canary)
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	secure := func(config *tls.Config) amqp.Config { return amqp.Config{TLS: config} }
	for name, test := range map[string]struct {
		config amqp.Config
		want   []string
	}{
		"all at once": {
			amqp.Config{URL: "http://h:99999/x?y=1", Host: "h", ConnectTimeout: -1, IdleTimeout: 1, Prefetch: -1, Window: -1, Naming: 9, SASL: 9, Failover: []string{"h"}},
			[]string{"amqp:// or amqps://", "port must be", "path", `parameter "y"`, "both URL and Host", "ConnectTimeout", "IdleTimeout", "Prefetch", "Window is -1", "Naming", "SASL 9", "Config.Failover, entry 1"},
		},
		"no host":               {amqp.Config{URL: "amqp://:5672"}, []string{"names no host"}},
		"host with a port":      {amqp.Config{Host: "h:1"}, []string{"Config.Host"}},
		"port":                  {amqp.Config{Port: 70000}, []string{"Config.Port 70000"}},
		"user twice":            {amqp.Config{URL: "amqp://u:p@localhost", User: "v"}, []string{"Config has a user in URL and in User: give it once"}},
		"password twice":        {amqp.Config{URL: "amqp://u:p@localhost", Password: canary}, []string{"Config has a password in URL and in Password: give it once"}},
		"server twice":          {amqp.Config{URL: "amqp://localhost?server=a", ServerName: "b"}, []string{"give the name once"}},
		"plaintext":             {amqp.Config{Host: "broker.example", User: "u", Password: canary}, []string{"unencrypted", "broker.example:61616"}},
		"password without user": {amqp.Config{Password: canary}, []string{"needs a user"}},
		"anonymous with user":   {amqp.Config{User: "u", SASL: amqp.SASLAnonymous}, []string{"no user"}},
		"window":                {amqp.Config{Window: 100_001}, []string{"Window is 100001: it must be 1 to 100000"}},
		"failover url":          {amqp.Config{Failover: []string{"a:1", "amqp://u:" + canary + "@h:1"}}, []string{"entry 2 is no host:port: no scheme, user or path"}},
		"failover user":         {amqp.Config{Failover: []string{"u:" + canary + "@h:1"}}, []string{"Config.Failover, entry 1 is no host:port"}},
		"failover without host": {amqp.Config{Failover: []string{":1"}}, []string{"Config.Failover, entry 1 is no host:port"}},
		"failover port":         {amqp.Config{Failover: []string{"h:70000"}}, []string{"Config.Failover, entry 1 is no host:port"}},
		"failover parameter":    {amqp.Config{URL: "amqp://h:1?failover=" + canary + "@i:1"}, []string{"can't be parsed"}},
		"failover encoded user": {amqp.Config{URL: "amqp://h:1?failover=i:1,u:" + canary + "%40j:1"}, []string{"the URL's parameter failover, entry 2 is no host:port"}},
		"failover twice":        {amqp.Config{URL: "amqp://h:1?failover=i:1", Failover: []string{"j:1"}}, []string{"give the further places once"}},
		"failover plaintext":    {amqp.Config{User: "u", Password: canary, Failover: []string{"localhost:1", "broker.example:1"}}, []string{"unencrypted", "broker.example:1"}},
		"credentials and user":  {amqp.Config{User: "u", Credentials: noCredentials}, []string{"Config.Credentials takes the place of user and password"}},
		"credentials and URL":   {amqp.Config{URL: "amqp://u:" + canary + "@localhost", Credentials: noCredentials}, []string{"Config.Credentials takes the place of user and password"}},
		"credentials and SASL":  {amqp.Config{SASL: amqp.SASLAnonymous, Credentials: noCredentials}, []string{"is for SASL PLAIN"}},
		"credentials in plain":  {amqp.Config{Host: "broker.example", Credentials: noCredentials}, []string{"unencrypted"}},
		"external without cert": {amqp.Config{SASL: amqp.SASLExternal}, []string{"client certificate"}},
		"tls without amqps":     {amqp.Config{URL: "amqp://localhost", TLS: &tls.Config{MinVersion: tls.VersionTLS12}}, []string{"write amqps"}},
		"insecure":              {secure(&tls.Config{InsecureSkipVerify: true}), []string{"InsecureSkipVerify"}}, //nolint:gosec // refused
		"hook": {secure(&tls.Config{
			MinVersion:            tls.VersionTLS12,
			VerifyPeerCertificate: func([][]byte, [][]*x509.Certificate) error { return nil },
		}), []string{"Verify hook"}},
		"old minimum": {secure(&tls.Config{MinVersion: tls.VersionTLS11}), []string{"before TLS 1.2"}}, //nolint:gosec // refused
		"old maximum": {secure(&tls.Config{MaxVersion: tls.VersionTLS11}), []string{"before TLS 1.2"}}, //nolint:gosec // refused
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			provider, err := test.config.Open(eventing.Settings{})
			require.Error(t, err)
			assert.Nil(t, provider)
			for _, want := range test.want {
				require.ErrorContains(t, err, want)
			}
			assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), canary)
		})
	}
}

func TestConfigThatWorks(t *testing.T) {
	t.Parallel()
	for want, config := range map[string]amqp.Config{
		"localhost:61616":      {},
		"localhost:5672":       {URL: "amqp://u:p@localhost"},
		"broker.example:5671":  {URL: "amqps://u:p@broker.example/"},
		"localhost:1":          {URL: "amqp://u@localhost:1", Password: "p"},
		"localhost:2":          {URL: "amqp://:p@localhost:2", User: "u"},
		"[::1]:61616":          {Host: "::1", User: "u"},
		"127.0.0.9:1":          {Host: "127.0.0.9", Port: 1, User: "u", Password: "p"},
		"broker.example:61616": {Host: "broker.example", User: "u", AllowPlaintextAuth: true},
		"a:1,b:2,[::1]:3":      {URL: "amqp://a:1?failover=b:2,[::1]:3"},
		"localhost:61616,c:4":  {Failover: []string{"c:4"}},
		"localhost:61616,d:5":  {Failover: []string{"d:5"}, IdleTimeout: -1, MaxMessageBytes: -1, Prefetch: 1, Window: 1, StartOffline: true},
		"localhost:3":          {URL: "amqp://localhost:3", Credentials: noCredentials},
		"tls.example:61616":    {Host: "tls.example", User: "u", TLS: &tls.Config{MinVersion: tls.VersionTLS13}},
	} {
		provider, err := amqp.New(config)
		require.NoError(t, err, want)
		assert.Equal(t, "amqp.Provider("+want+")", provider.String())
		assert.Equal(t, "amqp", provider.Name())
	}
}

func TestOneFaultForEachFieldGivenTwice(t *testing.T) {
	t.Parallel()
	for text, config := range map[string]amqp.Config{
		"amqp: Config has a user in URL and in User: give it once":                                                                   {URL: "amqp://u@localhost", User: "v", Password: canary},
		"amqp: Config has a password in URL and in Password: give it once":                                                           {URL: "amqp://:" + canary + "@localhost", User: "v", Password: canary},
		"amqp: Config has a user in URL and in User: give it once\namqp: Config has a password in URL and in Password: give it once": {URL: "amqp://u:" + canary + "@localhost", User: "v", Password: canary},
	} {
		_, err := amqp.New(config)
		require.EqualError(t, err, text)
	}
}

func TestServerName(t *testing.T) {
	t.Parallel()
	for want, config := range map[string]amqp.Config{"": {}, "a": {ServerName: "a"}, "b": {URL: "amqp://localhost?server=b"}} {
		provider, err := config.Open(eventing.Settings{})
		require.NoError(t, err)
		assert.Equal(t, want, provider.ServerName())
		provider, err = config.Open(eventing.Settings{ServerName: "wins"})
		require.NoError(t, err)
		assert.Equal(t, "wins", provider.ServerName())
	}
}

func TestNothingPrintsThePassword(t *testing.T) {
	t.Parallel()
	for _, config := range []amqp.Config{
		{User: "u", Password: canary},
		{URL: "amqp://u:" + canary + "@localhost:1"},
		{URL: "amqp://u:" + canary + "%zz@localhost"},
		{URL: "amqp://u:" + canary + "#x@localhost"},
		{URL: "amqp://u:12/" + canary + "@localhost"},
		{URL: "amqp://u:12?" + canary + "@localhost"},
		{URL: "amqp://u:" + canary + "@local host"},
		{URL: "amqp:u:" + canary + "@localhost"},
		{URL: canary},
		{Credentials: noCredentials},
		{User: "u", Password: canary, Failover: []string{"localhost:2"}},
		{Failover: []string{"amqp://u:" + canary + "@localhost:2"}},
		{URL: "amqp://localhost:1?failover=u:" + canary + "%40localhost:2"},
	} {
		provider, err := amqp.New(config)
		var text bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			for _, value := range []any{config, &config, provider, err, []amqp.Config{config}, struct{ C amqp.Config }{config}, struct{ p *amqp.Provider }{provider}} {
				if value != any((*amqp.Provider)(nil)) {
					fmt.Fprintf(&text, verb, value)
				}
			}
		}
		if provider != nil {
			slog.New(slog.NewJSONHandler(&text, nil)).InfoContext(t.Context(), "x", slog.Any("provider", provider))
		}
		slog.New(slog.NewTextHandler(&text, nil)).InfoContext(t.Context(), "x", slog.Any("config", config), slog.Any("err", err))
		encoded, jsonErr := json.Marshal(map[string]any{"config": config})
		require.NoError(t, jsonErr)
		text.Write(encoded)
		assert.NotContains(t, text.String(), canary)
		assert.NotContains(t, text.String(), fmt.Sprintf("%x", canary))
	}
}

func TestScheme(t *testing.T) {
	t.Parallel()
	source, err := eventing.FromURL("amqp://u:p@localhost:1?server=s", amqp.Scheme)
	require.NoError(t, err)
	provider, err := source.Open(eventing.Settings{})
	require.NoError(t, err)
	assert.Equal(t, "s", provider.ServerName())
	assert.Equal(t, "amqp.Provider(localhost:1)", fmt.Sprint(provider))

	_, err = amqp.Scheme.Source(&url.URL{Scheme: "amqps", Host: "h", RawQuery: "insecure=true"})
	require.ErrorContains(t, err, `unknown URL parameter "insecure"`)
}

func TestUnstartedProvider(t *testing.T) {
	t.Parallel()
	provider, err := amqp.New(amqp.Config{ConnectTimeout: time.Second})
	require.NoError(t, err)
	_, err = provider.Submit(t.Context(), textMessage("e", "x"))
	require.ErrorIs(t, err, eventing.ErrNotSent)
	_, err = provider.Attach(t.Context(), eventing.Queue{Event: "e", Listener: "l"}, 1)
	require.Error(t, err)
	require.Error(t, provider.Declare(t.Context(), nil))
	require.NoError(t, provider.Stop(t.Context()))
	require.NoError(t, provider.Err())
}
