package eventing_test

import (
	"errors"
	"fmt"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/environment/config"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// urlSource is a source that only knows the URL that it was made from.
type urlSource struct {
	url *url.URL
	got *eventing.Settings
}

var errNotOpened = errors.New("this source opens nothing")

func (s urlSource) Open(settings eventing.Settings) (eventing.Provider, error) {
	*s.got = settings
	return nil, errNotOpened
}

func scheme(got *eventing.Settings, names ...string) eventing.Scheme {
	return eventing.Scheme{Names: names, Source: func(u *url.URL) (eventing.Source, error) {
		if u.Host == "" {
			return nil, errNotOpened
		}
		return urlSource{u, got}, nil
	}}
}

func TestFromURL(t *testing.T) {
	t.Parallel()
	amqp, stomp := scheme(nil, "amqp", "amqps"), scheme(nil, "stomp")
	for text, want := range map[string]string{
		"amqp://host":                     "amqp",
		"amqps://user:pa%40ss@host:5671/": "amqps",
		"AMQP://host":                     "amqp",
		"stomp://host:61613?a=b":          "stomp",
	} {
		source, err := eventing.FromURL(text, amqp, stomp)
		require.NoError(t, err, text)
		made, ok := source.(urlSource)
		require.True(t, ok, text)
		assert.Equal(t, want, made.url.Scheme)
	}
	_, err := eventing.FromURL("amqp://", amqp)
	require.Equal(t, errNotOpened, err, "the scheme's own error")
}

func TestFromURLRefuses(t *testing.T) {
	t.Parallel()
	const (
		malformed = "eventing: the provider's URL can't be parsed (write scheme://user:password@host:port, with special characters of the password percent-encoded)"
		none      = "eventing: the provider's URL has no scheme (known: memory, amqp, amqps)"
	)
	const canary = "c4n4ry-p4ssw0rd"
	for _, test := range []struct{ text, want string }{
		{"redis://user:" + canary + "@host", `eventing: no provider for URLs of scheme "redis" (known: memory, amqp, amqps)`},
		{"amqp+tls://host", `eventing: no provider for URLs of scheme "amqp+tls" (known: memory, amqp, amqps)`},
		{"//user:" + canary + "@host", none},
		{"/" + canary, none},
		{canary, none},
		{"user:" + canary + "@host", none},
		{"user:" + canary + "@host:5672", none},
		{canary + ":5672", none},
		{"", none},
		{"amqp://user:" + canary + "%zz@host", malformed},
		{"amqp://user:" + canary + "\x7f@host", malformed},
		{"amqp://user:" + canary + " @host", malformed},
		{"amqp://user:" + canary + "#@host:x", malformed},
		{"amqp://user:" + canary + "/@host", malformed},
		{"amqp://user:" + canary + "@[::1", malformed},
		{"amqp://user:" + canary + "@host:port", malformed},
		{"://user:" + canary + "@host", malformed},
		{"10.0.0.1:" + canary, malformed},
	} {
		source, err := eventing.FromURL(test.text, memory.Scheme, scheme(nil, "amqp", "amqps"))
		assert.Nil(t, source)
		require.EqualError(t, err, test.want, test.text)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			assert.NotContains(t, fmt.Sprintf(verb, err), canary)
		}
	}
}

func TestConfigured(t *testing.T) {
	var got eventing.Settings
	source := eventing.Configured(memory.Scheme, scheme(&got, "amqp"))
	settings := eventing.Settings{ServerName: "node-1"}

	t.Setenv(eventing.URLVariable, "")
	provider, err := source.Open(settings)
	require.NoError(t, err)
	assert.Equal(t, "memory", provider.Name(), "when unset")

	t.Setenv(eventing.URLVariable, "amqp://host")
	_, err = source.Open(settings)
	require.Equal(t, errNotOpened, err, "the source's own error")
	assert.Equal(t, settings, got)

	t.Setenv(eventing.URLVariable, "redis://user:c4n4ry@host")
	provider, err = source.Open(settings)
	assert.Nil(t, provider)
	require.EqualError(t, err, `read EVENTING_URL: eventing: no provider for URLs of scheme "redis" (known: memory, amqp)`)

	t.Setenv(eventing.URLVariable, "amqp://user:c4n4ry%zz@host")
	_, err = source.Open(settings)
	require.ErrorContains(t, err, "read EVENTING_URL: eventing: the provider's URL can't be parsed")
	assert.NotContains(t, fmt.Sprintf("%+v %#v", err, err), "c4n4ry")
	assert.NotContains(t, fmt.Sprintf("%+v %#v", source, source), "c4n4ry")

	t.Setenv(eventing.URLVariable, "host:5672")
	_, err = source.Open(settings)
	require.EqualError(t, err, "read EVENTING_URL: eventing: the provider's URL has no scheme (known: memory, amqp)")
}

// TestConfiguredByTheEnvironment has a value in the configuration, over which
// the variable wins.
func TestConfiguredByTheEnvironment(t *testing.T) {
	var got eventing.Settings
	module := environment.Module("m", eventing.Module(eventing.Configured(memory.Scheme, scheme(&got, "amqp"))))
	boot := func(place any) error {
		_, err := environment.Boot(t.Context(), module, environment.Config(config.Map(map[string]any{"eventing": map[string]any{"url": place}})))
		return err
	}
	t.Setenv(eventing.URLVariable, "")
	require.ErrorIs(t, boot("amqp://host"), errNotOpened)
	err := boot("redis://user:c4n4ry@host")
	require.ErrorContains(t, err, `read eventing.url: eventing: no provider for URLs of scheme "redis"`)
	assert.NotContains(t, err.Error(), "c4n4ry")
	require.ErrorIs(t, boot([]any{"a"}), config.ErrValue)

	t.Setenv(eventing.URLVariable, "memory://")
	env, err := environment.Boot(t.Context(), module, environment.Config(config.Map(map[string]any{"eventing.url": "amqp://host"})))
	require.NoError(t, err)
	require.NoError(t, env.Shutdown(t.Context()))
}

func TestFromURLRepeatsNothingThatMayBeSecret(t *testing.T) {
	t.Parallel()
	_, err := eventing.FromURL("token:x@amqp://host")
	require.ErrorContains(t, err, "has no scheme")
	require.NotContains(t, err.Error(), "token")
}
