package config_test

import (
	"errors"
	"net/netip"
	"net/url"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment/config"
)

type (
	Level  int
	Color  string
	Switch bool
	Colors map[Color]int
	Pair   [2]int

	// Even reads even numbers only.
	Even struct{ N string }

	// Vars is a source of variables.
	Vars map[string]string

	DB struct {
		DSN      config.Secret `value:"dsn"`
		Timeout  time.Duration `value:"timeout,default=5s"`
		Replica  string        `value:"replica,optional"`
		MaxConns int
		Pool     *Pool
		Tags     []string `value:"tags,default=a, b"`
		Ignored  func()   `value:"-"`
		private  int
	}
	Pool struct {
		Min, Max int
	}
	Node struct {
		Value int
		Next  *Node
	}
)

var (
	errOdd = errors.New("it is odd")

	_ = DB{}.private
)

func (e *Even) UnmarshalText(text []byte) error {
	if len(text) == 0 || (text[len(text)-1]-'0')%2 != 0 {
		return errOdd
	}
	e.N = string(text)
	return nil
}

func (v Vars) Name() string { return "variable" }

func (v Vars) Load() (config.Content, error) {
	return config.Content{Variables: v, Variable: func(key string) string { return "$" + key }}, nil
}

// load returns what the sources hold together.
func load(t *testing.T, sources ...config.Source) *config.Values {
	t.Helper()
	values, err := config.Load(sources...)
	require.NoError(t, err)
	return values
}

// of returns the configuration of one map.
func of(t *testing.T, tree map[string]any) *config.Values {
	t.Helper()
	return load(t, config.Map(tree))
}

// valueOf returns a new value of the type of what, and what it holds later.
func valueOf(what any) reflect.Value { return reflect.New(reflect.TypeOf(what)).Elem() }

func mustURL(t *testing.T, text string) url.URL {
	t.Helper()
	parsed, err := url.Parse(text)
	require.NoError(t, err)
	return *parsed
}

var address = netip.MustParseAddr("10.0.0.1")
