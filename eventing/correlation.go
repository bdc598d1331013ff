package eventing

import (
	"context"
	"strings"
)

// CorrelationID returns the id of the event that began it all: the one that no
// handler has sent, and whose handlers' events, and those of their handlers,
// and so on, have its id here. It is the event's own where no handler has sent
// it.
func (e *Envelope) CorrelationID() ID {
	if text, ok := e.Lookup(headerCorrelation); ok {
		return ParseID(text)
	}
	if e == nil {
		return ID{}
	}
	return e.ID()
}

// CausationID returns the id of the event in whose handler this one was sent:
// with the context of On or Handle, or one that was derived from it. It is zero
// where there is none.
func (e *Envelope) CausationID() ID {
	text, _ := e.Lookup(headerCausation)
	return ParseID(text)
}

// begunBy returns the headers of an event that is sent with this context. What
// a foreign sender has chosen as an id may be too much for a header.
func begunBy(ctx context.Context) []Header {
	cause := EnvelopeFrom(ctx)
	if cause == nil {
		return nil
	}
	headers := make([]Header, 0, 4)
	for _, header := range []struct {
		key string
		id  ID
	}{{headerCorrelation, cause.CorrelationID()}, {headerCausation, cause.ID()}} {
		if checkID(header.id) == nil {
			headers = append(headers, Header{header.key, header.id.String()})
		}
	}
	return headers
}

// isOfDelivery tells whether a header says something of one delivery: a copy of
// the event doesn't have it.
func isOfDelivery(header Header) bool {
	return strings.HasPrefix(header.Key, HeaderPrefix) && header.Key != headerCorrelation && header.Key != headerCausation
}
