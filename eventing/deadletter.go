package eventing

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// DeadLetter is an event that was put aside, with the reason.
type DeadLetter struct {
	// ID is the event's id.
	ID ID
	// Event is the event's name.
	Event string
	// Listener and Server say who couldn't handle it.
	Listener, Server string
	// Error is the error's text, ErrorType its Go type.
	Error, ErrorType string
	// Attempts is how often it was tried.
	Attempts int
	// FirstFailure and LastFailure are when it failed.
	FirstFailure, LastFailure time.Time
	// Destination is the queue that it was in, as <address>::<name>.
	Destination string
	// Time is when the event was sent.
	Time time.Time
	// ContentType is the media type of Body.
	ContentType string
	// Headers are those that the sender and its pipelines have set.
	Headers []Header
	// Body is the encoded event. It must not be changed.
	Body []byte

	publication int
}

// readLetter reads what a dead letter says. What it doesn't say is empty: it may
// be another program's.
func readLetter(message *Message) *DeadLetter {
	text := func(key string) string {
		value, _ := lookupHeader(message.Headers, key)
		return value
	}
	number := func(key string) int {
		n, _ := strconv.Atoi(text(key))
		return max(n, 0)
	}
	moment := func(key string) time.Time {
		t, _ := time.Parse(time.RFC3339Nano, text(key))
		return t
	}
	return &DeadLetter{
		ID: message.ID, Event: message.Event, Listener: text(headerListener), Server: text(headerServer),
		Error: text(headerError), ErrorType: text(headerErrorType), Attempts: number(headerAttempts),
		FirstFailure: moment(headerFirstFailure), LastFailure: moment(headerLastFailure),
		Destination: text(headerDestination), Time: message.Time, ContentType: message.ContentType,
		Headers: withoutOwn(message.Headers), Body: message.Body, publication: number(headerPublication),
	}
}

// withoutOwn returns a copy of the headers without those of eventing.
func withoutOwn(headers []Header) []Header {
	return slices.DeleteFunc(slices.Clone(headers), func(header Header) bool { return strings.HasPrefix(header.Key, HeaderPrefix) })
}
