package config_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment/config"
)

const password = "hunter2"

// Holder has a secret where fmt can't call its methods.
type Holder struct {
	Open   config.Secret
	closed config.Secret
	list   []config.Secret
	deep   *config.Secret
}

func TestSecretIsNeverPrinted(t *testing.T) {
	t.Parallel()
	secret := config.NewSecret(password)
	holder := Holder{secret, secret, []config.Secret{secret}, &secret}
	hex := fmt.Sprintf("%x", password)
	for _, value := range []any{secret, &secret, holder, &holder, []any{secret}, map[config.Secret]config.Secret{secret: secret}} {
		for verb := '!'; verb <= '~'; verb++ {
			for _, flags := range []string{"", "+", "#", "-20", ".3"} {
				text := fmt.Sprintf("%"+flags+string(verb), value)
				assert.NotContains(t, text, password)
				assert.NotContains(t, text, hex)
			}
		}
		assert.NotContains(t, fmt.Sprint(value), password)
	}
	assert.Equal(t, "****** ****** ****** ****** ******", fmt.Sprintf("%s %q %x %#v %d", secret, secret, secret, secret, secret))
	assert.Equal(t, "******", secret.String())
	assert.Equal(t, "******", secret.GoString())
	assert.Equal(t, password, secret.Reveal())
}

func TestSecretIsNeverEncoded(t *testing.T) {
	t.Parallel()
	secret := config.NewSecret(password)
	text, err := json.Marshal(map[string]any{"a": secret, "b": Holder{Open: secret}})
	require.NoError(t, err)
	assert.Equal(t, `{"a":"******","b":{"Open":"******"}}`, string(text))
	text, err = secret.MarshalText()
	require.NoError(t, err)
	assert.Equal(t, "******", string(text))

	var log bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(handler).Info("x", slog.Any("secret", secret), slog.Any("holder", Holder{Open: secret, closed: secret})) //nolint:sloglint // not the library's
	}
	assert.Contains(t, log.String(), "secret=******")
	assert.NotContains(t, log.String(), password)
}

func TestSecretEmpty(t *testing.T) {
	t.Parallel()
	assert.Equal(t, config.Secret{}, config.NewSecret(""))
	assert.Empty(t, config.Secret{}.String())
	assert.Empty(t, config.Secret{}.Reveal())
	assert.Empty(t, fmt.Sprintf("%v%q", config.Secret{}, config.Secret{}))
}

func TestSecretCompares(t *testing.T) {
	t.Parallel()
	assert.Equal(t, config.NewSecret("a"), config.NewSecret("a"))
	assert.Len(t, map[config.Secret]int{config.NewSecret("a"): 1, config.NewSecret("b"): 2}, 2)
	assert.NotEqual(t, config.NewSecret("a"), config.NewSecret("b"))
}

// Whatever goes wrong beside or with a secret, no error shows it.
func TestSecretIsInNoError(t *testing.T) {
	t.Parallel()
	type target struct {
		Password config.Secret            `value:"password"`
		List     []config.Secret          `value:"list"`
		Map      map[string]config.Secret `value:"map"`
		Inner    struct {
			Password config.Secret `value:"password"`
		} `value:"inner"`
		Port int `value:"port"`
	}
	const number = 424242
	for _, tree := range []map[string]any{
		{"password": number, "list": number, "map": number, "inner": number, "port": "x"},
		{"password": []any{password}, "list": map[string]any{"a": password}, "map": password, "inner": password},
		{"password": map[string]any{"a": password}, "list": []any{number, []any{password}}, "inner": []any{password}},
		{"map": map[string]any{"a": number}, "inner": map[string]any{"password": number, "passwort": password}},
		{"map": []any{password}, "port": "amqp://u:" + password + "@host"},
	} {
		var into target
		err := of(t, tree).Decode("", &into)
		require.Error(t, err)
		for _, verb := range []string{"%v", "%+v", "%s", "%q"} {
			text := fmt.Sprintf(verb, err)
			assert.NotContains(t, text, password)
			assert.NotContains(t, text, "424242")
		}
		for cause := err; cause != nil; cause = errors.Unwrap(cause) {
			assert.NotContains(t, fmt.Sprintf("%+v", cause), password)
		}
	}
}

func TestValuesAreNeverPrinted(t *testing.T) {
	t.Parallel()
	source := config.Map(map[string]any{"password": password})
	values := load(t, source, Vars{"$x": password})
	content, err := source.Load()
	require.NoError(t, err)
	assert.Equal(t, "config.Values(2 sources)", fmt.Sprint(values))
	assert.Equal(t, "config.Content(1 keys, 0 variables)", fmt.Sprint(content))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, value := range []any{values, *values, source, content, struct{ v *config.Values }{values}} {
			assert.NotContains(t, fmt.Sprintf(verb, value), password)
		}
	}
}
