package amqp

import (
	"math"
	"time"
	"unicode/utf8"

	"github.com/Azure/go-amqp"

	"github.com/aspyx-go/aspyx/eventing"
)

// maxTTL is the longest that the wire can carry, in milliseconds.
const maxTTL = math.MaxUint32

// outgoing is a message with what its pointers lead to, so that it is made at
// once.
type outgoing struct {
	amqp.Message

	header     amqp.MessageHeader
	properties amqp.MessageProperties
	data       [1][]byte
}

// encode makes the message that goes over the wire, but for what its dialect
// adds. It shares the body.
func encode(message *eventing.Message) *amqp.Message {
	encoded := &outgoing{
		header:     amqp.MessageHeader{Durable: message.Durable, Priority: uint8(message.Priority.Int())}, //nolint:gosec // 0 to 9
		properties: amqp.MessageProperties{Subject: &message.Event},
		// Never without a section: an empty message is never sent.
		data: [1][]byte{message.Body},
	}
	encoded.Header, encoded.Properties, encoded.Data = &encoded.header, &encoded.properties, encoded.data[:]
	if !message.ID.IsZero() {
		encoded.Properties.MessageID = message.ID.String()
	}
	if message.ContentType != "" {
		encoded.Properties.ContentType = &message.ContentType
	}
	if !message.Time.IsZero() {
		encoded.Properties.CreationTime = &message.Time
	}
	if message.Key != "" {
		encoded.Properties.GroupID = &message.Key
	}
	if len(message.Headers) > 0 || message.DuplicateID != "" {
		encoded.ApplicationProperties = make(map[string]any, len(message.Headers)+1)
	}
	for _, header := range message.Headers {
		encoded.ApplicationProperties[header.Key] = header.Value
	}
	if message.TTL > 0 {
		encoded.Header.TTL = time.Duration(min(milliseconds(message.TTL), maxTTL)) * time.Millisecond
	}
	return &encoded.Message
}

// asText moves the body into a value of AMQP that is a string. What isn't UTF-8
// is none.
func asText(encoded *amqp.Message) {
	if body := encoded.Data[0]; utf8.Valid(body) {
		encoded.Value, encoded.Data = string(body), nil
	}
}

// milliseconds rounds up, so that nothing comes or goes too early.
func milliseconds(d time.Duration) int64 {
	whole := d.Milliseconds()
	if d%time.Millisecond > 0 {
		whole++
	}
	return whole
}
