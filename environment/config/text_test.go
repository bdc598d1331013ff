package config_test

import (
	"log/slog"
	"math"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment/config"
)

func TestParseText(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text string
		want any
	}{
		{"true", true},
		{"0", false},
		{"-128", int8(-128)},
		{"010", 10},
		{"+5", 5},
		{"0x1F", 31},
		{"-0b11", int64(-3)},
		{"0o644", uint32(0o644)},
		{"18446744073709551615", uint64(math.MaxUint64)},
		{"3", Level(3)},
		{"1.5", 1.5},
		{"007", 7.0},
		{"1e3", float32(1000)},
		{"16777216", float32(16777216)},
		{"", ""},
		{" a,b ", " a,b "},
		{"red", Color("red")},
		{"250ms", 250 * time.Millisecond},
		{"0", time.Duration(0)},
		{"16KiB", 16 * config.Bytes(1024)},
		{"512", config.Bytes(512)},
		{"pass", config.NewSecret("pass")},
		{"2024-02-29T12:00:00Z", time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)},
		{"https://a.example/b?c=d", mustURL(t, "https://a.example/b?c=d")},
		{"10.0.0.1", address},
		{"warn+1", slog.LevelWarn + 1},
		{"42", Even{"42"}},
		{"a, b", []byte("a, b")},
		{"", []string(nil)},
		{" a , b,", []string{"a", "b", ""}},
		{"1,2", []int{1, 2}},
		{"1s, 2m", []time.Duration{time.Second, 2 * time.Minute}},
		{"1, 2", Pair{1, 2}},
		{"", map[string]int{}},
		{"a=1, b = 2", map[string]int{"a": 1, "b": 2}},
		{"a=b=c", map[string]string{"a": "b=c"}},
		{"red=1", Colors{"red": 1}},
		{"x", new("x")},
		{"5", new(new(5))},
		{"10.0.0.1,10.0.0.1", []*netip.Addr{&address, &address}},
	} {
		into := valueOf(test.want)
		require.NoError(t, config.ParseText(test.text, into), "%q as %T", test.text, test.want)
		if into.Kind() == reflect.Slice && into.Len() == 0 {
			continue // nil or not makes no difference
		}
		assert.Equal(t, test.want, into.Interface(), "%q as %T", test.text, test.want)
	}

	var anything any
	require.NoError(t, config.ParseText("5", reflect.ValueOf(&anything).Elem()))
	assert.Equal(t, "5", anything)
}

func TestParseTextRefuses(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 100)
	for _, test := range []struct {
		text string
		as   any
		want string
	}{
		{"maybe", true, `"maybe" is no bool: write true or false`},
		{"abc", 1, `"abc" is no int`},
		{"", 1, `"" is no int`},
		{" 1", 1, `" 1" is no int`},
		{"1_000", 1, `"1_000" is no int: write a whole number`},
		{"1.5", 1, `"1.5" is no int: write a whole number`},
		{"128", int8(0), `"128" is no int8: it has to be from -128 to 127`},
		{"-1", uint(0), `"-1" is no uint: it has to be from 0 to 18446744073709551615`},
		{"256", uint8(0), `"256" is no uint8: it has to be from 0 to 255`},
		{"x", uint8(0), `"x" is no uint8`},
		{"99999999999999999999", Level(0), `"99999999999999999999" is no config_test.Level: it has to be from -9223372036854775808 to 9223372036854775807`},
		{"one", 1.5, `"one" is no float64`},
		{"1e999", 1.5, `"1e999" is no float64: it is out of range`},
		{"1e39", float32(0), `"1e39" is no float32: it is out of range`},
		{"16777217", float32(0), `"16777217" is no float32: it can't be held exactly as float32`},
		{"9007199254740993", 1.5, `"9007199254740993" is no float64: it can't be held exactly as float64`},
		{"5", time.Second, `"5" is no time.Duration: write a unit, like 5s`},
		{"250", time.Second, `"250" is no time.Duration: write a unit, like 250s`},
		{"12345678901", time.Second, `"12345678901" is no time.Duration: write a unit, like 5s`},
		{"soon", time.Second, `"soon" is no time.Duration: write a unit, like 5s`},
		{"NaN", time.Second, `"NaN" is no time.Duration: write a unit, like 5s`},
		{"1kb", config.Bytes(0), `"1kb" is no config.Bytes: write bytes, or a unit like 16KiB or 10MB`},
		{"today", time.Time{}, `"today" is no time.Time: write RFC 3339, like 2006-01-02T15:04:05Z`},
		{"1.2.3", netip.Addr{}, `"1.2.3" is no netip.Addr: ParseAddr("1.2.3"): IPv4 address too short`},
		{"5", Even{}, `"5" is no config_test.Even: it is odd`},
		{"1", Pair{}, `1 elements are no config_test.Pair`},
		{"a", map[string]int{}, `"a" is no map[string]int: write name=value, with commas between`},
		{"=1", map[string]int{}, `"=1" is no map[string]int: write name=value, with commas between`},
		{"a=1,a=2", map[string]int{}, `a name stands twice`},
		{"x", DB{}, `a text is no config_test.DB: write a section with its keys`},
		{"x", &Pool{}, `a text is no config_test.Pool: write a section with its keys`},
		{"x", []Pool{}, `[0]: a text is no config_test.Pool: write a section with its keys`},
		{long, 1, `"` + long[:120] + `…" is no int`},
		{"a\nb", 1, `"a\nb" is no int`},

		// What may be a password isn't shown.
		{"http://u:pw@[::1", url.URL{}, "the value is no url.URL: the value isn't shown, since it may hold a password"},
		{"postgres://u:pw@host/db", 1, "the value is no int"},
		{"amqp://u:pw@host:port", netip.Addr{}, "the value is no netip.Addr"},
		{"pw", map[string]config.Secret{}, "the value is no map[string]config.Secret: write name=value, with commas between"},
		{"pw", map[string]*url.URL{}, "the value is no map[string]*url.URL: write name=value, with commas between"},
		{"pw", map[string]DB{}, "the value is no map[string]config_test.DB: write name=value, with commas between"},
		{"pw,pw", [3]config.Secret{}, "2 elements are no [3]config.Secret"},
	} {
		into := valueOf(test.as)
		err := config.ParseText(test.text, into)
		require.EqualError(t, err, "config: "+test.want, "%q as %T", test.text, test.as)
		require.ErrorIs(t, err, config.ErrValue)
		assert.True(t, into.IsZero(), "it isn't changed")
	}
}

func TestParseTextJoinsErrors(t *testing.T) {
	t.Parallel()
	err := config.ParseText("1,x,3,y", valueOf([]int{}))
	require.EqualError(t, err, "config: [1]: \"x\" is no int\nconfig: [3]: \"y\" is no int")
	err = config.ParseText("a=x,b=1,c=y", valueOf(map[string]int{}))
	require.EqualError(t, err, "config: a: \"x\" is no int\nconfig: c: \"y\" is no int")
}

func TestParseTextKeepsTheCause(t *testing.T) {
	t.Parallel()
	err := config.ParseText("5", valueOf(Even{}))
	require.ErrorIs(t, err, errOdd)
	var problem *config.Error
	require.ErrorAs(t, err, &problem)
	assert.Equal(t, reflect.TypeFor[Even](), problem.Type)
}

func TestParseTextNeedsATarget(t *testing.T) {
	t.Parallel()
	for _, into := range []reflect.Value{{}, reflect.ValueOf(5), reflect.ValueOf(new(int))} {
		err := config.ParseText("5", into)
		require.ErrorIs(t, err, config.ErrType)
		require.EqualError(t, err, "config: the value can't be set: take it from a pointer")
	}
}
