package config_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment/config"
)

// Everything has a field of every kind that can be configured.
type Everything struct {
	Bool     bool
	Int      int8
	Uint     uint16
	Float    float32
	Text     string
	Time     time.Time
	Duration time.Duration
	Size     config.Bytes
	Secret   config.Secret
	Even     *Even
	Bytes    []byte
	List     []int
	Array    [2]string
	Map      map[string]float64
	Labels   map[string]string
	Servers  []Pool
	Inner    *Everything
	Any      any
	Required string        `value:"required"`
	Default  time.Duration `value:"a.default,default=5s"`
}

func FuzzParseText(f *testing.F) {
	f.Add("true")
	f.Add("a=1, b=2")
	f.Add("-0x7f")
	f.Add("9223372036854775807.5GiB")
	f.Fuzz(func(t *testing.T, text string) {
		everything := reflect.TypeFor[Everything]()
		for field := range everything.Fields() {
			into := reflect.New(field.Type).Elem()
			if err := config.ParseText(text, into); err != nil {
				require.ErrorIs(t, err, config.ErrValue)
				require.True(t, into.IsZero(), "it isn't changed")
				continue
			}
			if field.Type.Kind() <= reflect.Float64 || field.Type == reflect.TypeFor[config.Bytes]() {
				again := reflect.New(field.Type).Elem() // what is printed is read as the same
				require.NoError(t, config.ParseText(fmt.Sprint(into.Interface()), again))
				require.Equal(t, fmt.Sprint(into.Interface()), fmt.Sprint(again.Interface()))
			}
		}
	})
}

func FuzzJSON(f *testing.F) {
	f.Add(`{"bool": true, "int": 5, "servers": [{"min": 1}], "inner": {"map": {"a": 1e3}}, "required": "x"}`)
	f.Add(`{"a.default": "1s", "labels": {"a.b/c": "d"}, "duration": 5}`)
	f.Fuzz(func(t *testing.T, text string) {
		files := fstest.MapFS{"app.json": {Data: []byte(text)}}
		values, err := config.Load(config.File(files, "app.json", config.JSON))
		if err != nil {
			require.ErrorIs(t, err, config.ErrSource)
			require.True(t, strings.HasPrefix(err.Error(), "config: file app.json: "))
			return
		}
		var into Everything
		if err := values.Decode("", &into); err != nil {
			require.Zero(t, into, "it isn't changed")
			return
		}
		require.True(t, values.Has("required"))
		whole, err := config.Get[map[string]any](values, "")
		require.NoError(t, err)
		again, err := config.Load(config.Map(whole))
		require.NoError(t, err)
		var same Everything
		require.NoError(t, again.Decode("", &same))
		if !strings.Contains(strings.ToLower(fmt.Sprint(whole)), "nan") { // which isn't equal to itself
			require.Equal(t, into, same)
		}
	})
}
