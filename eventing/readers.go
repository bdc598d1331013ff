package eventing

import (
	"errors"
	"fmt"
	"mime"
	"slices"
	"strings"

	"github.com/aspyx-go/aspyx/reflectx"
)

// EncodedBy has the event encoded by this codec, whatever the manager's is.
// The event's listeners read it too, beside the manager's codecs. Nil means
// the manager's codec.
//
// A tag can't name a codec: so this is the one option that [EventOf] and
// [RegisterEvent] take for a type that embeds [Event], too.
func EncodedBy(codec Codec) EventOption { return func(d *EventDescriptor) { d.Codec = codec } }

// encodedBy adds what another registration of the same type says.
func (d *EventDescriptor) encodedBy(codec Codec) error {
	switch {
	case codec == nil:
	case d.Codec == nil:
		d.Codec = codec
	case d.Codec.ContentType() != codec.ContentType():
		return fmt.Errorf("event %s is encoded by %s and by %s: keep one EncodedBy",
			reflectx.Name(d.Type), d.Codec.ContentType(), codec.ContentType())
	}
	return nil
}

// sender returns the codec that encodes the event.
func (d *EventDescriptor) sender(manager Codec) Codec {
	if d.Codec != nil {
		return d.Codec
	}
	return manager
}

// reader is a codec and what it is found by.
type reader struct {
	codec       Codec
	contentType string // as the codec says it
	mediaType   string // without parameters, in lower case
}

// readers are the codecs that read one event, the one that encodes it first.
type readers []reader

// newReaders returns the readers of an event. Of two codecs of one media type
// the first one reads.
func newReaders(codecs ...Codec) (readers, error) {
	all := make(readers, len(codecs))
	var errs []error
	for i, codec := range codecs {
		var err error
		all[i], err = newReader(codec)
		errs = append(errs, err)
	}
	return all, errors.Join(errs...)
}

func newReader(codec Codec) (reader, error) {
	if codec == nil {
		return reader{}, errors.New("a codec is nil")
	}
	contentType := codec.ContentType()
	mediaType, _, err := mime.ParseMediaType(contentType)
	if err != nil || !strings.Contains(mediaType, "/") {
		return reader{}, fmt.Errorf("codec %T has the content type %q, which is no media type like application/json", codec, contentType)
	}
	return reader{codec, contentType, mediaType}, nil
}

// choose returns the codec that reads a content type. A message without one is
// taken for what this program would send.
func (r readers) choose(contentType string) (Codec, error) {
	if contentType == "" {
		return r[0].codec, nil
	}
	for i := range r {
		if r[i].contentType == contentType {
			return r[i].codec, nil
		}
	}
	if mediaType, _, err := mime.ParseMediaType(contentType); err == nil {
		for i := range r {
			if r[i].mediaType == mediaType {
				return r[i].codec, nil
			}
		}
	}
	return nil, fmt.Errorf("this listener reads %s only", r)
}

// String lists the media types.
func (r readers) String() string {
	var types []string
	for i := range r {
		if !slices.Contains(types, r[i].mediaType) {
			types = append(types, r[i].mediaType)
		}
	}
	return strings.Join(types, ", ")
}

// decoder puts the choice of the codec before a listener's decoding.
func (r readers) decoder(decode func(Codec, []byte) (any, error)) func(contentType string, body []byte) (any, error) {
	return func(contentType string, body []byte) (any, error) {
		codec, err := r.choose(contentType)
		if err != nil {
			return nil, err
		}
		return decode(codec, body)
	}
}
