package eventing

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"
)

// Envelope is what travels around an event: its headers, its id, its encoded
// body. Each send and each attempt of a delivery has one of its own. It isn't
// safe for concurrent use: it belongs to the pipelines and the listener that
// it is handed to, one after the other. It may be kept after that, but no
// longer be changed.
type Envelope struct {
	message *Message // being made, or delivered and then never changed
	attempt int
	codec   Codec // sending only

	headers []Header
	shared  bool // headers belong to a message: copy before writing

	event  any // sending: as given; receiving: a *T, once decoded
	body   []byte
	hasRaw bool                                               // body is set
	decode func(contentType string, body []byte) (any, error) // receiving only

	err      error // the refused changes
	outcomes []func(error)
	run      run
}

// Set sets a header. The key has 1 to 128 letters, digits, '_', '.' and '-';
// it is case-sensitive, and must not be one that brokers or eventing give a
// meaning (_AMQ…, AMQ_…, JMS…, x-opt-…, the headers of STOMP, aspyx_…). The
// value is UTF-8 without NUL. An envelope has at most [MaxHeaders] headers of
// [MaxHeaderBytes] in all.
//
// A refused header fails the chain: sending or handling ends with an error
// that wraps [ErrHeader], and nothing is sent.
func (e *Envelope) Set(key, value string) {
	if err := checkHeader(key, value); err != nil {
		e.refuse(err)
		return
	}
	if e.shared {
		e.headers, e.shared = slices.Clone(e.headers), false
	}
	for i := range e.headers {
		if e.headers[i].Key == key {
			e.headers[i].Value = value
			return
		}
	}
	if e.headers == nil {
		e.headers = make([]Header, 0, 4)
	}
	e.headers = append(e.headers, Header{Key: key, Value: value})
}

// refuse fails the chain.
func (e *Envelope) refuse(err error) { e.err = errors.Join(e.err, err) }

// Get returns the value of a header, or "" where there is none.
func (e *Envelope) Get(key string) string {
	value, _ := e.Lookup(key)
	return value
}

// Lookup returns the value of a header, and whether it is there.
func (e *Envelope) Lookup(key string) (string, bool) {
	if e == nil {
		return "", false
	}
	return lookupHeader(e.headers, key)
}

// Headers iterates over keys and values, in the order they were set. The
// headers of eventing's own are left out; Lookup finds them.
func (e *Envelope) Headers() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		if e == nil {
			return
		}
		for _, header := range e.headers {
			if !strings.HasPrefix(header.Key, HeaderPrefix) && !yield(header.Key, header.Value) {
				return
			}
		}
	}
}

// EventName returns the event's name.
func (e *Envelope) EventName() string { return e.about().Event }

// ID returns the event's id. It is the same in every attempt and redelivery.
func (e *Envelope) ID() ID { return e.about().ID }

// Time returns when the event was sent; zero where a foreign sender didn't say.
func (e *Envelope) Time() time.Time { return e.about().Time }

// ContentType returns the media type of the body; empty where a foreign sender
// didn't say.
func (e *Envelope) ContentType() string { return e.about().ContentType }

// about returns the message, also for the zero envelope of a unit test.
func (e *Envelope) about() *Message {
	if e.message == nil {
		return &Message{}
	}
	return e.message
}

// Attempt returns the number of this attempt to handle the event, from 1. On
// sending it is 0.
func (e *Envelope) Attempt() int { return e.attempt }

// Body returns the encoded event. On sending, the first call encodes it; the
// same bytes are then sent. They must not be changed: see SetBody. The error
// is the codec's.
func (e *Envelope) Body() ([]byte, error) {
	if e.hasRaw {
		return e.body, nil
	}
	body, err := encode(e.codec, e.EventName(), e.event)
	if err != nil {
		return nil, err
	}
	e.body, e.hasRaw = body, true
	return body, nil
}

// SetBody replaces the encoded event: to sign, compress or encrypt it on
// sending, and to undo that on handling, before the event is decoded. The
// envelope keeps the slice, which must not be changed afterwards.
func (e *Envelope) SetBody(body []byte) {
	e.body, e.hasRaw = body, true
	if e.decode != nil {
		e.event = nil
	}
}

// Event returns the event: on sending, what was given to SendEvent; on
// handling, a pointer to the event, which the first call decodes. The error is
// a [*DecodeError], or wraps [ErrInvalid].
func (e *Envelope) Event() (any, error) {
	if e.decode == nil {
		return e.event, nil
	}
	return e.decoded()
}

func (e *Envelope) decoded() (any, error) {
	if e.event == nil {
		event, err := decode(e)
		if err == nil {
			err = validateDecoded(event, e.EventName())
		}
		if err != nil {
			return nil, err
		}
		e.event = event
	}
	return e.event, nil
}

// OnOutcome has f called once when it is known how the sending ended, with the
// error that SendEvent returns, or with nil; and on handling when this attempt
// has ended. It is called on the goroutine that sends or handles; for
// [EventManager.SendAsync], unless the outcome is known at once, on one that
// tells all outcomes, one after the other: there f must not wait for another
// [Sent]. A panic of f is logged and changes nothing.
func (e *Envelope) OnOutcome(f func(error)) { e.outcomes = append(e.outcomes, f) }

// tell calls the callbacks of the pipelines.
func (m *EventManager) tell(ctx context.Context, e *Envelope, err error) {
	for _, f := range e.outcomes {
		m.tellOne(ctx, f, err)
	}
}

func (m *EventManager) tellOne(ctx context.Context, f func(error), err error) {
	defer func() {
		if value := recover(); value != nil {
			m.logPanic(ctx, "OnOutcome", value)
		}
	}()
	f(err)
}

type envelopeKey struct{}

// EnvelopeFrom returns the envelope of the event that is being handled, from
// the context that On and Handle were called with. It is nil with any other
// context; Get, Lookup and Headers work on nil.
func EnvelopeFrom(ctx context.Context) *Envelope {
	envelope, _ := ctx.Value(envelopeKey{}).(*Envelope)
	return envelope
}
