package eventing

import (
	stdjson "encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type codecItem struct {
	Name  string            `json:"name,omitempty"`
	Attrs map[string]string `json:"attrs,omitempty"`
	Next  *codecItem        `json:"next,omitempty"`
}

type codecBase struct {
	Origin string `json:"origin"`
	Text   string `json:"shadowed"`
}

// codecEvent has the shapes of fields that events have. No field is a float32:
// goccy calls the largest one out of range.
type codecEvent struct {
	Event `event:"name=codec"`
	codecBase
	Text   string                `json:"text"`
	Flag   bool                  `json:"flag,omitempty"`
	Small  int8                  `json:"small,omitzero"`
	Count  uint64                `json:"count"`
	Quoted int                   `json:"quoted,string"`
	Ratio  float64               `json:"ratio"`
	Bytes  []byte                `json:"bytes"`
	List   []int                 `json:"list,omitempty"`
	Pair   [2]string             `json:"pair"`
	Item   *codecItem            `json:"item"`
	Items  []codecItem           `json:"items"`
	ByName map[string]*codecItem `json:"byName"`
	ByID   map[int]string        `json:"byID,omitempty"`
	Time   time.Time             `json:"time"`
	Raw    stdjson.RawMessage    `json:"raw,omitempty"`
	Any    any                   `json:"any"`
	Plain  string
	hidden string // codecs must pass it over
}

// FuzzJSONAgainstStd holds goccy to encoding/json: it accepts the same bodies,
// reads the same values from them and writes the same bytes.
func FuzzJSONAgainstStd(f *testing.F) {
	f.Add([]byte(`null`))
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"text":"<a>&\u2028","flag":true,"small":-1,"count":7,"quoted":"8","ratio":1.5,"bytes":"AAEC",` +
		`"list":[1,2],"pair":["a"],"item":{"name":"n","next":{}},"byName":{"b":{},"a":null},"byID":{"1":"x"},` +
		`"time":"2026-01-02T03:04:05Z","raw":{"a":1},"any":[1,"a",{}],"origin":"o","shadowed":"s","Plain":"p"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		kept := string(body)
		var got, want codecEvent
		gotErr, wantErr := JSON.Decode(body, &got), StdJSON.Decode(body, &want)
		require.Equal(t, kept, string(body), "the body is left as it is")
		require.Equal(t, wantErr == nil, gotErr == nil, "goccy: %v\nstd:   %v\nbody:  %q", gotErr, wantErr, body)
		if wantErr != nil {
			return
		}
		if got.Bytes != nil && want.Bytes == nil && strings.Contains(kept, "null") {
			got.Bytes = nil // known: null after a value of the same key leaves the value
		}
		require.True(t, reflect.DeepEqual(want, got), "goccy: %#v\nstd:   %#v\nbody:  %q", got, want, body)

		gotBody, gotErr := JSON.Encode(got)
		wantBody, wantErr := StdJSON.Encode(want)
		require.Equal(t, wantErr == nil, gotErr == nil, "goccy: %v\nstd:   %v", gotErr, wantErr)
		require.Equal(t, string(wantBody), string(gotBody))
	})
}

var codecs = map[string]Codec{"goccy": JSON, "std": StdJSON}

// received is an envelope as a listener's queue gives it.
func received[T any](codec Codec, contentType, body string) *Envelope {
	readers, err := newReaders(codec)
	if err != nil {
		panic(err)
	}
	return &Envelope{
		message: &Message{Event: "codec", ContentType: contentType}, body: []byte(body), hasRaw: true,
		decode: readers.decoder(Listener[T]{}.binding().decode),
	}
}

func TestCodecRoundTrip(t *testing.T) {
	t.Parallel()
	for name, codec := range codecs {
		event := codecEvent{Text: "ä<☃>", Bytes: []byte{0, 255}, Item: &codecItem{Name: "n"}, Time: time.Unix(1, 0).UTC()}
		body, err := encode(codec, "codec", &event)
		require.NoError(t, err, name)
		assert.NotContains(t, string(body), "Marker", name)
		assert.NotContains(t, string(body), "Event", name)

		decoded, err := decode(received[codecEvent](codec, codec.ContentType(), string(body)))
		require.NoError(t, err, name)
		assert.Equal(t, &event, decoded, name)
	}
}

// Events grow: a field that this program doesn't know yet is passed over.
func TestDecodeIgnoresUnknownFields(t *testing.T) {
	t.Parallel()
	for name, codec := range codecs {
		decoded, err := decode(received[codecItem](codec, "", `{"name":"n","since":{"v":[2]}}`))
		require.NoError(t, err, name)
		assert.Equal(t, &codecItem{Name: "n"}, decoded, name)
	}
}

// A provider may use the memory of a body again.
func TestDecodeKeepsNothingOfTheBody(t *testing.T) {
	t.Parallel()
	for name, codec := range codecs {
		body := []byte(`{"text":"text","bytes":"AAEC","raw":[1,2],"any":{"key":"value"},"byName":{"name":{"name":"n"}}}`)
		var event, want codecEvent
		require.NoError(t, codec.Decode(body, &event))
		require.NoError(t, stdjson.Unmarshal(body, &want))
		for i := range body {
			body[i] = 'x'
		}
		assert.Equal(t, want, event, name)
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)
	for _, body := range []string{
		"null", " null ", "\r\n\tnull\n", "", " ", "nul", "nulll", "null{}", "{", `{"text":1}`, `{"text":"a"}x`, `{"text":"a"}{}`,
		`{"small":128}`, `{"count":-1}`, `{"bytes":"*"}`, `{"time":"now"}`, `{"text":"a`, "{\"text\":\"a\nb\"}", "\xef\xbb\xbf{}",
		`1`, `"null"`, `[]`, `true`, `{text:"a"}`, `{'text':'a'}`, `{"ratio":01}`, `{"ratio":NaN}`, `{"any":` + deep + `}`, `<codec/>`,
	} {
		for name, codec := range codecs {
			event, err := decode(received[codecEvent](codec, "application/json", body))
			assert.Nil(t, event, name)
			wrong, ok := errors.AsType[*DecodeError](err)
			require.True(t, ok, "%s: %.40q: %v", name, body, err)
			assert.Equal(t, "codec", wrong.Event)
			assert.Equal(t, "application/json", wrong.ContentType)
		}
	}
	_, err := decode(received[codecEvent](JSON, "application/json", " null"))
	require.EqualError(t, err, `decode event "codec" from application/json: the body is null`)
	require.ErrorIs(t, err, errNull)
}

func TestDecodeChecksTheContentType(t *testing.T) {
	t.Parallel()
	for name, codec := range codecs {
		for _, contentType := range []string{
			"", "application/json", "application/json; charset=utf-8", `application/json;charset="UTF-8"`, "Application/JSON", " application/json ;a=b",
		} {
			_, err := decode(received[codecItem](codec, contentType, "{}"))
			require.NoError(t, err, "%s: %s", name, contentType)
		}
		for _, contentType := range []string{
			"text/plain", "application/xml; charset=utf-8", "application/jsonx", "application/x-json", "json", ";", "application/json; charset", "application/json, text/plain",
		} {
			_, err := decode(received[codecItem](codec, contentType, "{}"))
			require.EqualError(t, err, `decode event "codec" from `+contentType+`: this listener reads application/json only`)
		}
	}
}

type panicsInJSON struct{ Cause any }

func (p panicsInJSON) MarshalJSON() ([]byte, error) { panic(p.Cause) }
func (*panicsInJSON) UnmarshalJSON([]byte) error    { panic(errPanicked) }

var errPanicked = errors.New("no such colour")

type holdsPanic struct {
	Event
	Colour panicsInJSON `json:"colour"`
}

func TestPanicInMarshalJSONIsAnError(t *testing.T) {
	t.Parallel()
	for name, codec := range codecs {
		for _, event := range []any{holdsPanic{Colour: panicsInJSON{errPanicked}}, &holdsPanic{Colour: panicsInJSON{errPanicked}}} {
			envelope := &Envelope{message: &Message{Event: "codec"}, codec: codec, event: event}
			body, err := envelope.Body()
			assert.Nil(t, body, name)
			require.EqualError(t, err, `encode event "codec": panic: no such colour`, name)
			require.ErrorIs(t, err, errPanicked, name)
			panicked, ok := errors.AsType[*PanicError](err)
			require.True(t, ok, name)
			assert.Contains(t, string(panicked.Stack), "MarshalJSON", name)
		}
		body, err := encode(codec, "codec", codecItem{Name: "n"})
		require.NoError(t, err, "the codec still works")
		assert.JSONEq(t, `{"name":"n"}`, string(body))
	}
}

func TestPanicInUnmarshalJSONIsADecodeError(t *testing.T) {
	t.Parallel()
	for name, codec := range codecs {
		event, err := decode(received[holdsPanic](codec, "application/json", `{"colour":"red"}`))
		assert.Nil(t, event, name)
		require.EqualError(t, err, `decode event "codec" from application/json: panic: no such colour`, name)
		require.ErrorIs(t, err, errPanicked, name)
		wrong, ok := errors.AsType[*DecodeError](err)
		require.True(t, ok, name)
		panicked, ok := errors.AsType[*PanicError](wrong)
		require.True(t, ok, name)
		assert.Contains(t, string(panicked.Stack), "UnmarshalJSON", name)
		assert.True(t, isDecodeError(err), name)

		decoded, err := decode(received[codecItem](codec, "", `{"name":"n"}`))
		require.NoError(t, err, "the codec still works")
		assert.Equal(t, &codecItem{Name: "n"}, decoded, name)
	}
}

func TestEncodeTellsTheEvent(t *testing.T) {
	t.Parallel()
	for name, codec := range codecs {
		body, err := encode(codec, "codec", struct{ C chan int }{})
		assert.Nil(t, body, name)
		require.ErrorContains(t, err, `encode event "codec": json: unsupported type: chan int`, name)
	}
}
