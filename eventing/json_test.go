package eventing

import (
	stdjson "encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// foreign is what a foreign sender may fill in any way.
type foreign struct {
	Event  `event:"name=foreign"`
	Text   string             `json:"text"`
	Int    int64              `json:"int"`
	Uint   uint64             `json:"uint"`
	Float  float64            `json:"float"`
	Number stdjson.Number     `json:"number"`
	List   []foreign          `json:"list"`
	Map    map[string]foreign `json:"map"`
	Item   *foreign           `json:"item"`
	Any    any                `json:"any"`
}

// read decodes as a listener does.
func read[T any](codec Codec, body string) (*T, error) {
	event, err := decode(received[T](codec, codec.ContentType(), body))
	if err != nil {
		return nil, err
	}
	return event.(*T), nil //nolint:forcetypeassert // made by Listener[T]
}

// bothRead wants the same of goccy and encoding/json.
func bothRead(t *testing.T, body string, want foreign) {
	t.Helper()
	for name, codec := range codecs {
		got, err := read[foreign](codec, body)
		require.NoError(t, err, "%s: %.60s", name, body)
		assert.Equal(t, &want, got, "%s: %.60s", name, body)
	}
}

func bothRefuse(t *testing.T, bodies ...string) {
	t.Helper()
	for name, codec := range codecs {
		for _, body := range bodies {
			_, err := read[foreign](codec, body)
			require.Error(t, err, "%s: %.60s", name, body)
			assert.True(t, isDecodeError(err), "%s: %.60s", name, body)
		}
	}
}

func TestJSONNumbers(t *testing.T) {
	t.Parallel()
	bothRead(t, `{"int":9007199254740993,"uint":18446744073709551615,"float":9007199254740993,"number":9007199254740993,"any":9007199254740993}`,
		foreign{Int: 1<<53 + 1, Uint: math.MaxUint64, Float: 1 << 53, Number: "9007199254740993", Any: float64(1 << 53)})
	bothRead(t, `{"int":-9223372036854775808,"float":5e-324}`, foreign{Int: math.MinInt64, Float: math.SmallestNonzeroFloat64})
	bothRefuse(t, `{"int":9223372036854775808}`, `{"uint":18446744073709551616}`, `{"uint":-1}`, `{"int":1.0}`, `{"int":1e3}`, `{"float":1e309}`)
	for name, codec := range codecs {
		body, err := codec.Encode(foreign{Int: 1<<53 + 1, Uint: math.MaxUint64})
		require.NoError(t, err, name)
		assert.Contains(t, string(body), `"int":9007199254740993,"uint":18446744073709551615`, name)
		for _, odd := range []float64{math.NaN(), math.Inf(1)} {
			_, err := codec.Encode(foreign{Float: odd})
			require.Error(t, err, name)
		}
	}
}

func TestJSONUnknownAndMissingFields(t *testing.T) {
	t.Parallel()
	bothRead(t, `{"since":{"v":[1,{"text":"x"}]},"text":"a","Event":{"Marker":1}}`, foreign{Text: "a"})
	bothRead(t, `{}`, foreign{})
	bothRead(t, `{"item":{},"list":[{}],"map":{"k":{}}}`,
		foreign{Item: &foreign{}, List: []foreign{{}}, Map: map[string]foreign{"k": {}}})
	bothRead(t, `{"text":null,"int":null,"list":null,"item":null,"any":null}`, foreign{}) // null is missing
	bothRead(t, `{"TEXT":"any case"}`, foreign{Text: "any case"})
}

func TestJSONWrongTypes(t *testing.T) {
	t.Parallel()
	bothRefuse(t, `{"text":1}`, `{"text":{}}`, `{"int":"1"}`, `{"int":true}`, `{"float":"1"}`, `{"list":{}}`, `{"map":[]}`, `{"item":[]}`, `{"item":1}`, `[]`, `1`)
}

func TestJSONDuplicateKeys(t *testing.T) {
	t.Parallel()
	bothRead(t, `{"text":"a","text":"b","int":1,"int":2}`, foreign{Text: "b", Int: 2})
	bothRead(t, `{"any":{"k":1},"any":{"l":2}}`, foreign{Any: map[string]any{"l": 2.0}})
	// What can hold both holds both.
	bothRead(t, `{"item":{"text":"a"},"item":{"int":2},"map":{"k":{"text":"a"}},"map":{"l":{"int":2}}}`,
		foreign{Item: &foreign{Text: "a", Int: 2}, Map: map[string]foreign{"k": {Text: "a"}, "l": {Int: 2}}})
}

func TestJSONDepth(t *testing.T) {
	t.Parallel()
	nested := func(key string, depth int) string { // depth counts the event itself
		return `{"` + key + `":` + strings.Repeat("[", depth-1) + strings.Repeat("]", depth-1) + `}`
	}
	for name, codec := range codecs {
		for _, key := range []string{"any", "unknown"} {
			_, err := read[foreign](codec, nested(key, 10_000))
			require.NoError(t, err, "%s: %s", name, key)
		}
	}
	bothRefuse(t, nested("any", 10_001), nested("unknown", 10_001), nested("any", 5_000_000),
		strings.Repeat(`{"any":`, 1_000_000), strings.Repeat(`{"item":`, 1_000_000), strings.Repeat(`[`, 1_000_000))
}

func TestJSONHugeBodies(t *testing.T) {
	t.Parallel()
	const size = 8 << 20
	text := strings.Repeat("x", size)
	bothRead(t, `{"text":"`+text+`"}`, foreign{Text: text})
	bothRead(t, `{"unknown":[`+strings.Repeat(`1,`, size/2)+`1],"int":1}`, foreign{Int: 1})
	bothRefuse(t, `{"text":"`+text, `{"int":`+strings.Repeat("9", size)+`}`, strings.Repeat(" ", size))
}

// The two things that goccy does differently from encoding/json. When one of
// these fails after an update, the table in docs/events.md has to follow.

func TestGoccyKeepsBytesThatNullShouldClear(t *testing.T) {
	t.Parallel()
	type blob struct{ Bytes []byte }
	for codec, want := range map[Codec][]byte{JSON: []byte("old"), StdJSON: nil} {
		event := blob{Bytes: []byte("old")}
		require.NoError(t, codec.Decode([]byte(`{"Bytes":null}`), &event))
		assert.Equal(t, want, event.Bytes, "%T", codec)
		// A listener gets a fresh value, so that only a duplicate key can show it.
		got, err := read[blob](codec, `{"Bytes":null}`)
		require.NoError(t, err)
		assert.Nil(t, got.Bytes, "%T", codec)
		got, err = read[blob](codec, `{"Bytes":"b2xk","Bytes":null}`)
		require.NoError(t, err)
		assert.Equal(t, want, got.Bytes, "%T", codec)
	}
}

func TestGoccyRefusesTheLargestFloat32(t *testing.T) {
	t.Parallel()
	type small struct{ Float float32 }
	body, err := JSON.Encode(small{math.MaxFloat32})
	require.NoError(t, err)
	_, err = read[small](JSON, string(body))
	require.ErrorContains(t, err, "3.4028235e+38")
	got, err := read[small](StdJSON, string(body))
	require.NoError(t, err)
	assert.InDelta(t, math.MaxFloat32, got.Float, 0)

	next := math.Nextafter32(math.MaxFloat32, 0)
	got, err = read[small](JSON, `{"Float":`+strconv.FormatFloat(float64(next), 'g', -1, 32)+`}`)
	require.NoError(t, err)
	assert.InDelta(t, next, got.Float, 0)
}
