package eventing

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"fmt"

	"github.com/goccy/go-json"
)

// Codec turns events into bytes and back. It must be safe for concurrent use.
type Codec interface {
	// ContentType is the media type of what Encode returns, always the same. A
	// received body is given to the codec that has its media type; parameters
	// like a charset don't count.
	ContentType() string

	// Encode returns the encoded event. The result belongs to the caller.
	Encode(event any) ([]byte, error)

	// Decode decodes body into event, a pointer to a zero value of a struct
	// type. It must not keep or change body. A body that holds no event, like
	// a JSON null, is an error.
	Decode(body []byte, event any) error
}

var (
	// JSON is the default codec: JSON by github.com/goccy/go-json. Unknown
	// fields are ignored, so that events can grow.
	JSON Codec = goccyCodec{}

	// StdJSON is JSON by the standard library: the same bytes, slower.
	StdJSON Codec = stdCodec{}
)

const jsonContentType = "application/json"

var errNull = errors.New("the body is null")

type goccyCodec struct{}

func (goccyCodec) ContentType() string              { return jsonContentType }
func (goccyCodec) Encode(event any) ([]byte, error) { return json.Marshal(event) }
func (goccyCodec) Decode(body []byte, event any) error {
	if isNull(body) {
		return errNull
	}
	return json.Unmarshal(body, event)
}

type stdCodec struct{}

func (stdCodec) ContentType() string              { return jsonContentType }
func (stdCodec) Encode(event any) ([]byte, error) { return stdjson.Marshal(event) }
func (stdCodec) Decode(body []byte, event any) error {
	if isNull(body) {
		return errNull
	}
	return stdjson.Unmarshal(body, event)
}

func isNull(body []byte) bool {
	const shortest = len("null")
	return len(body) >= shortest && string(bytes.TrimSpace(body)) == "null"
}

// encode calls the codec and turns its panics, which come from the methods of
// users' types, into errors.
func encode(codec Codec, name string, event any) (body []byte, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("encode event %q: %w", name, newPanicError(value))
		}
	}()
	body, err = codec.Encode(event)
	if err != nil {
		return nil, fmt.Errorf("encode event %q: %w", name, err)
	}
	return body, nil
}

// decode decodes the event of a received envelope. Whatever goes wrong is a
// DecodeError: no repetition can mend it.
func decode(e *Envelope) (event any, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = newPanicError(value)
		}
		if err != nil {
			event, err = nil, &DecodeError{Event: e.EventName(), ContentType: e.ContentType(), Err: err}
		}
	}()
	return e.decode(e.ContentType(), e.body)
}
