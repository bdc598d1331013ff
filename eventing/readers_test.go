package eventing

import (
	"encoding/xml"
	"errors"
	"mime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// named is JSON under another content type.
type named struct {
	Codec

	contentType string
}

func (n named) ContentType() string { return n.contentType }

type xmlCodec struct{}

func (xmlCodec) ContentType() string                 { return "application/xml; charset=utf-8" }
func (xmlCodec) Encode(event any) ([]byte, error)    { return xml.Marshal(event) }
func (xmlCodec) Decode(body []byte, event any) error { return xml.Unmarshal(body, event) }

func TestReadersChooseByMediaType(t *testing.T) {
	t.Parallel()
	second := named{JSON, "application/json"}
	upper := named{JSON, "Application/Vnd.Order"}
	all, err := newReaders(StdJSON, xmlCodec{}, second, upper)
	require.NoError(t, err)
	for contentType, want := range map[string]Codec{
		"":                                StdJSON,
		"application/json":                StdJSON,
		"APPLICATION/JSON; charset=utf-8": StdJSON,
		"application/xml; charset=utf-8":  xmlCodec{},
		"application/xml":                 xmlCodec{},
		"application/xml; charset=latin1": xmlCodec{},
		"application/vnd.order":           upper,
	} {
		got, err := all.choose(contentType)
		require.NoError(t, err, contentType)
		assert.Equal(t, want, got, contentType)
	}
	_, err = all.choose("text/plain")
	require.EqualError(t, err, "this listener reads application/json, application/xml, application/vnd.order only")
}

func TestReadersRefuseWhatIsNoCodec(t *testing.T) {
	t.Parallel()
	_, err := newReaders(JSON, nil, named{JSON, ""}, named{JSON, "json"})
	require.EqualError(t, err, `a codec is nil
codec eventing.named has the content type "", which is no media type like application/json
codec eventing.named has the content type "json", which is no media type like application/json`)
}

// FuzzContentType chooses a codec by whatever a foreign sender calls its body.
func FuzzContentType(f *testing.F) {
	all, err := newReaders(JSON, xmlCodec{})
	require.NoError(f, err)
	f.Add("application/json")
	f.Add("application/xml; charset=\"utf-8\"")
	f.Add(";;=\x00")
	f.Fuzz(func(t *testing.T, contentType string) {
		codec, err := all.choose(contentType)
		switch media, _, parsed := mime.ParseMediaType(contentType); {
		case contentType == "", parsed == nil && media == "application/json":
			require.NoError(t, err)
			require.Equal(t, JSON, codec)
		case parsed == nil && media == "application/xml":
			require.NoError(t, err)
			require.Equal(t, xmlCodec{}, codec)
		default:
			require.Error(t, err)
			require.Nil(t, codec)
		}

		envelope := received[codecItem](JSON, contentType, "{}")
		envelope.decode = all.decoder(Listener[codecItem]{}.binding().decode)
		if _, err := decode(envelope); err != nil {
			wrong, ok := errors.AsType[*DecodeError](err)
			require.True(t, ok)
			require.Equal(t, contentType, wrong.ContentType)
		}
		again, err := all.choose(strings.ToLower(contentType))
		if codec != nil && !strings.Contains(contentType, ";") { // a parameter's value may differ
			require.NoError(t, err)
			require.Equal(t, codec, again)
		}
	})
}
