package eventing

import "time"

// Message is one event as a [Provider] carries it. It is never changed once it
// was submitted or delivered: several queues may share one.
type Message struct {
	// ID is the event's id. It survives retries, redelivery and replay. A
	// provider that receives a message without an id leaves it zero.
	ID ID

	// Event is the event's name: the address to send to.
	Event string

	// Target, unless nil, is the only queue that gets the message, in place of
	// all queues of the event. It serves delayed retries and dead letters.
	Target *Queue

	// ContentType is the media type of Body; empty where a foreign sender
	// gave none.
	ContentType string

	// Time is when the event was sent; zero where a foreign sender gave none.
	// The wire keeps milliseconds.
	Time time.Time

	// Durable asks the broker to keep the message across its restart.
	Durable bool

	// Delay is how long the queue keeps the message back. Zero means not.
	Delay time.Duration

	// TTL is the time to live, in whole milliseconds or rounded up to them: a
	// queue that still has the message when so much time has passed since it
	// was sent, Delay included, doesn't deliver it any more. What consumers
	// hold by then isn't called back. Zero means forever. The copies for a
	// retry and the dead letters have none. On receiving it is what the sender
	// has said, or zero where the broker doesn't tell.
	TTL time.Duration

	// Priority is what the broker may order a queue's messages by.
	Priority Level

	// Key, unless empty, groups messages: a queue gives those of one key to one
	// consumer at a time, in their order, where the provider has
	// [Capabilities].Groups. It has 1 to [MaxKeyBytes] bytes of UTF-8 without
	// NUL. It arrives.
	Key string

	// Mandatory asks for [ErrUnroutable] where no queue takes the message. It
	// is set only where the provider has [Capabilities].Mandatory, and not with
	// a target. It doesn't arrive.
	Mandatory bool

	// DuplicateID is the transport's id of this very publication, where the
	// broker detects duplicates by it. Empty means none. No two publications
	// with different content or targets share one.
	DuplicateID string

	// Headers are the envelope's headers, and eventing's own (see
	// [HeaderPrefix]), with keys in the order they were set.
	Headers []Header

	// Body is the encoded event.
	Body []byte

	// Invalid tells, on receiving, why this message can't be read by the
	// provider. Such a message is dead-lettered with the reason. Nil means
	// that it can.
	Invalid error
}

// Size returns the bytes of the body and the headers, which is what the bounds
// of queues and windows count.
func (m *Message) Size() int64 {
	size := len(m.Body)
	for i := range m.Headers {
		size += len(m.Headers[i].Key) + len(m.Headers[i].Value)
	}
	return int64(size)
}

// MaxKeyBytes is how long the key of an event may be.
const MaxKeyBytes = 200

// Header is one header of a message.
type Header struct {
	// Key is one of the keys that [Envelope.Set] accepts, or one of eventing's.
	Key string

	// Value is UTF-8 without NUL.
	Value string
}
