package memory_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

func TestConfigFaultsAreNamedTogether(t *testing.T) {
	t.Parallel()
	config := memory.Config{MaxMessages: -1, MaxBytes: -2, Overflow: 3}
	for name, open := range map[string]func() error{
		"Open":      func() error { _, err := config.Open(eventing.Settings{}); return err },
		"New":       func() error { _, err := memory.New(config); return err },
		"NewBroker": func() error { _, err := config.NewBroker(); return err },
	} {
		err := open()
		require.ErrorContains(t, err, "MaxMessages is -1", name)
		require.ErrorContains(t, err, "MaxBytes is -2", name)
		require.ErrorContains(t, err, "Overflow is 3", name)
	}
}

func TestEachOpenIsABrokerOfItsOwn(t *testing.T) {
	t.Parallel()
	one, two := open(t, memory.Config{}, greeter), open(t, memory.Config{}, greeter)
	send(t, one, 1)
	assert.Equal(t, 1, stats(t, one, greeter).Messages)
	assert.Zero(t, stats(t, two, greeter).Messages)
}

func TestServerName(t *testing.T) {
	t.Parallel()
	config := memory.Config{ServerName: "configured"}
	for _, source := range []eventing.Source{config, sharedBroker(t, config)} {
		for given, want := range map[string]string{"": "configured", "given": "given"} {
			provider, err := source.Open(eventing.Settings{ServerName: given})
			require.NoError(t, err)
			assert.Equal(t, want, provider.ServerName())
			assert.Equal(t, "memory", provider.Name())
		}
	}
	provider, err := memory.NewBroker().Open(eventing.Settings{})
	require.NoError(t, err)
	assert.Empty(t, provider.ServerName())
}

func TestScheme(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]memory.Config{
		"memory://":             {},
		"memory:":               {},
		"memory://?server=web1": {ServerName: "web1"},
	} {
		source, err := eventing.FromURL(text, memory.Scheme)
		require.NoError(t, err, text)
		assert.Equal(t, want, source, text)
	}
	for text, want := range map[string]string{
		"memory://canary@":                  "broker is in this process",
		"memory://user:canary@host":         "broker is in this process",
		"memory://canary":                   "broker is in this process",
		"memory:///canary":                  "broker is in this process",
		"memory:canary":                     "broker is in this process",
		"memory://#canary":                  "broker is in this process",
		"memory://?canary=1":                "known: server",
		"memory://?server=1&canary=2":       "known: server",
		"memory://?server=1&server=canary":  "given once",
		"memory://?server=":                 "given once",
		"memory://?server=canary;other=abc": "can't be parsed",
	} {
		_, err := eventing.FromURL(text, memory.Scheme)
		require.ErrorContains(t, err, want, text)
		assert.NotContains(t, err.Error(), "canary", text)
	}
}
