package config_test

import (
	"encoding/json"
	"math"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment/config"
)

// What sources have is not only text.
func TestDecodeConverts(t *testing.T) {
	t.Parallel()
	day := time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)
	home := mustURL(t, "https://a.example")
	for _, test := range []struct {
		value, want any
	}{
		{true, true},
		{Switch(true), true},
		{5, int8(5)},
		{uint64(5), 5},
		{5.0, 5},
		{1e18, int64(1e18)},
		{json.Number("5"), 5},
		{json.Number("5.0"), uint8(5)},
		{json.Number("1e3"), 1000},
		{json.Number("9007199254740993"), int64(9007199254740993)},
		{json.Number("18446744073709551615"), uint64(math.MaxUint64)},
		{Level(3), 3},
		{3, Level(3)},
		{json.Number("1.25"), 1.25},
		{1.25, float32(1.25)},
		{5, 5.0},
		{math.Inf(1), float32(math.Inf(1))},
		{Color("red"), "red"},
		{"red", Color("red")},
		{0, time.Duration(0)},
		{time.Second, time.Second},
		{"1s", time.Second},
		{512, config.Bytes(512)},
		{json.Number("512"), config.Bytes(512)},
		{config.Bytes(512), config.Bytes(512)},
		{config.NewSecret("x"), config.NewSecret("x")},
		{day, day},
		{&day, day},
		{day, &day},
		{home, home},
		{&home, &home},
		{42, Even{"42"}},
		{net.IPv4(1, 2, 3, 4), net.IPv4(1, 2, 3, 4)},
		{[]byte("ab"), "ab"},
		{[2]byte{'a', 'b'}, "ab"},
		{"ab", []byte("ab")},
		{[]any{97, json.Number("98")}, []byte("ab")},
		{[]any{1, "2", json.Number("3")}, []int{1, 2, 3}},
		{[]int{1, 2}, Pair{1, 2}},
		{[]string{}, []string{}},
		{[]any{nil, 1}, []*int{nil, new(1)}},
		{[]any{nil, []any{1}}, []any{nil, []any{1}}},
		{[]any{map[string]any{"min": 1}, map[string]any{"max": 2}}, []Pool{{Min: 1}, {Max: 2}}},
		{[]any{map[string]any{}}, []*Pool{{}}},
		{[]any{map[string]int{"a": 1}}, []map[string]int{{"a": 1}}},
		{[]Pool{{1, 2}}, []Pool{{1, 2}}},
		{Pool{1, 2}, Pool{1, 2}},
		{&Pool{1, 2}, Pool{1, 2}},
		{Pool{1, 2}, &Pool{1, 2}},
		{map[string]any{"a": 1, "b": "2"}, map[string]int{"a": 1, "b": 2}},
		{map[Color]int{"red": 1}, Colors{"red": 1}},
		{map[any]any{"a": 1, 2: 2, true: 3}, map[string]int{"a": 1, "2": 2, "true": 3}},
		{map[string]any{"a.b/c": "x", "a": map[string]any{"d": "y"}, "empty": map[string]any{}}, map[string]string{"a.b/c": "x", "a.d": "y"}},
		{map[string]any{"a": map[string]any{"min": 1}}, map[string]Pool{"a": {Min: 1}}},
		{map[string]any{"a": map[string]any{"min": 1}}, map[string]*Pool{"a": {Min: 1}}},
		{map[string]any{"a": map[string]any{"b": 1}}, map[string]any{"a": map[string]any{"b": 1}}},
		{map[string]any{}, map[string]int{}},
	} {
		into := valueOf(test.want)
		require.NoError(t, of(t, map[string]any{"key": test.value}).DecodeValue("key", into), "%#v as %T", test.value, test.want)
		assert.Equal(t, test.want, into.Interface(), "%#v as %T", test.value, test.want)
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		value, as any
		want      string
	}{
		{"5", time.Second, `"5" is no time.Duration: write a unit, like 5s`},
		{5, time.Second, `5 is no time.Duration: write a unit, like 5s`},
		{json.Number("1.5"), time.Second, `1.5 is no time.Duration: write a unit, like 5s`},
		{true, time.Second, `true is no time.Duration: write a unit, like 5s`},
		{time.Second, 1, `1s is no int`},
		{time.Second, "", `1s is no string`},
		{time.Second, config.Bytes(0), `1s is no config.Bytes`},
		{1, true, `1 is no bool: write true or false`},
		{json.Number("1"), true, `1 is no bool: write true or false`},
		{true, 1, `true is no int`},
		{true, uint(1), `true is no uint`},
		{true, 1.5, `true is no float64`},
		{1.5, 1, `1.5 is no int: write a whole number`},
		{json.Number("1.5"), uint(1), `1.5 is no uint: write a whole number`},
		{json.Number("9007199254740993.0"), 1, `9007199254740993.0 is no int: write a whole number`},
		{json.Number("1e999"), 1, `1e999 is no int: write a whole number`},
		{math.NaN(), 1, `NaN is no int: write a whole number`},
		{math.Inf(-1), 1, `-Inf is no int: write a whole number`},
		{1e300, 1, `1e+300 is no int: it has to be from -9223372036854775808 to 9223372036854775807`},
		{300, uint8(0), `300 is no uint8: it has to be from 0 to 255`},
		{-1, uint8(0), `-1 is no uint8: it has to be from 0 to 255`},
		{1e300, float32(0), `1e+300 is no float32: it is out of range`},
		{int64(1<<53 + 1), 1.5, `9007199254740993 is no float64: it can't be held exactly as float64`},
		{json.Number("1e999"), 1.5, `1e999 is no float64: it is out of range`},
		{5, "", `5 is no string: put it in quotes`},
		{json.Number("5"), Color(""), `5 is no config_test.Color: put it in quotes`},
		{time.Time{}, "", `a time.Time is no string: put it in quotes`},
		{config.NewSecret("x"), "", `a config.Secret is no string: put it in quotes`},
		{5, config.Secret{}, `the value is no config.Secret: put it in quotes`},
		{1.5, config.Bytes(0), `1.5 is no config.Bytes: put it in quotes`},
		{json.Number("-1"), config.Bytes(0), `-1 is no config.Bytes: write bytes, or a unit like 16KiB or 10MB`},
		{3, Even{}, `3 is no config_test.Even: it is odd`},
		{true, Even{}, `true is no config_test.Even: put it in quotes`},
		{[]any{1}, Even{}, `a list is no config_test.Even: put it in quotes`},
		{[]any{1}, 1, `a list is no int`},
		{[]any{1}, Pool{}, `a list is no config_test.Pool: write a section with its keys`},
		{DB{}, Pool{}, `a config_test.DB is no config_test.Pool: write a section with its keys`},
		{5, []int{}, `5 is no []int: write a list`},
		{[]any{1, 2, 3}, Pair{}, `3 elements are no config_test.Pair`},
		{5, map[string]int{}, `5 is no map[string]int: write a section with its keys`},
		{[]any{1}, map[string]int{}, `a list is no map[string]int: write a section with its keys`},
		{map[string]any{"a": 1}, 1, `a section is no int: it has keys below it`},
		{map[string]any{"a": 1}, time.Time{}, `a section is no time.Time: it has keys below it`},
		{map[string]any{"a": 1}, []int{}, `a section is no []int: it has keys below it`},
	} {
		into := valueOf(test.as)
		err := of(t, map[string]any{"key": test.value}).DecodeValue("key", into)
		require.EqualError(t, err, "config: key from map: "+test.want, "%#v as %T", test.value, test.as)
		require.ErrorIs(t, err, config.ErrValue)
		assert.True(t, into.IsZero(), "it isn't changed")
	}
}

func TestDecodeNamesTheElement(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		value, as any
		want      string
	}{
		{[]any{1, "x"}, []int{}, `config: key[1] from map: "x" is no int`},
		{[]any{nil}, []int{}, `config: key[0] from map: null is no int`},
		{[]any{[]any{1, true}}, [][]int{}, `config: key[0][1] from map: true is no int`},
		{[]any{map[string]any{"min": "x"}}, []Pool{}, `config: key[0].min from map: "x" is no int`},
		{[]any{map[string]any{"mim": 1}}, []Pool{}, `config: key[0].mim from map: config_test.Pool has no such key: did you mean min?`},
		{[]any{map[string]any{"a": map[string]any{"b": 1}}}, []map[string]int{}, ""},
		{[]any{map[string]any{"timout": "1s"}}, []DB{}, "config: key[0].dsn: missing in map\n" +
			"config: key[0].timout from map: config_test.DB has no such key: did you mean timeout?"},
		{[]any{map[string]any{"dns": "x"}}, []DB{}, "config: key[0].dsn: missing in map: did you mean dns?\n" +
			"config: key[0].dns from map: config_test.DB has no such key: did you mean dsn?"},
		{[]any{map[string]any{"a": 1}}, []int{}, `config: key[0] from map: a section is no int: it has keys below it`},
		{map[string]any{"a": map[string]any{"min": true}}, map[string]Pool{}, `config: key.a.min from map: true is no int`},
		{map[string]any{"a": map[string]any{"b": "x"}}, map[string]int{}, `config: key.a.b from map: "x" is no int`},
	} {
		err := of(t, map[string]any{"key": test.value}).DecodeValue("key", valueOf(test.as))
		if test.want == "" {
			require.NoError(t, err)
			continue
		}
		require.EqualError(t, err, test.want, "%#v as %T", test.value, test.as)
	}
}

func TestLoadRefusesTrees(t *testing.T) {
	t.Parallel()
	cycle := map[string]any{}
	cycle["a"], cycle["b"] = cycle, []any{cycle}
	list := []any{nil}
	list[0] = list
	deep, inner := map[string]any{}, any(1)
	for range 200 {
		inner = []any{inner}
	}
	deep["a"] = inner
	for _, test := range []struct {
		tree map[string]any
		want string
	}{
		{map[string]any{"": 1}, `the key "" has an empty name`},
		{map[string]any{"a": map[string]any{"b.": 1}}, `the key "a.b." has an empty name`},
		{map[string]any{"a_b": 1, "aB": 2}, "aB and a_b are the same key: remove one"},
		{map[string]any{"a": map[string]any{"b": 1}, "a.b": 2}, "a.b is set twice"},
		{map[string]any{"a": 1, "a.b": 2}, "a is both a value and a section"},
		{map[string]any{"a.b": 2, "A": map[string]any{}}, "A and a are the same key: remove one"},
		{map[string]any{"a": map[any]any{1: 1, "1": 1}}, "a.1 is set twice"},
		{map[string]any{"a": map[any]any{nil: 1}}, `in section "a": a key is null`},
		{map[string]any{"a": map[float64]any{1.5: 1}}, `in section "a": a key is a float64: write text`},
		{map[string]any{"x": []any{map[any]any{nil: 1}}}, `in section "x[0]": a key is null`},
		{cycle, "a map or a list contains itself\na map or a list contains itself"},
		{map[string]any{"a": list}, "a map or a list contains itself"},
		{deep, "nested deeper than 100 levels"},
	} {
		_, err := config.Load(config.Map(test.tree))
		require.EqualError(t, err, "config: map: "+test.want)
		require.ErrorIs(t, err, config.ErrSource)
	}
}

func TestNullIsAbsent(t *testing.T) {
	t.Parallel()
	values := of(t, map[string]any{
		"a": nil, "b": (*int)(nil), "c": map[string]any(nil), "d": []any(nil), "e": (*url.URL)(nil), "f.g": nil,
	})
	for _, key := range []string{"a", "b", "c", "d", "e", "f.g", "f"} {
		assert.False(t, values.Has(key), key)
	}
}
