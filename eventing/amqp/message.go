package amqp

import (
	"time"

	"github.com/Azure/go-amqp"

	"github.com/aspyx-go/aspyx/eventing"
)

const (
	// priority is AMQP's standard. A header without one means 0 to the library.
	priority = 4

	// delayAnnotation is in whole milliseconds; of another type than an
	// integer it has no effect.
	delayAnnotation = "x-opt-delivery-delay"

	// duplicateProperty makes Artemis drop a second message with the same.
	duplicateProperty = "_AMQ_DUPL_ID"
)

// encode makes the message that goes over the wire. It shares the body.
func encode(message *eventing.Message) *amqp.Message {
	encoded := &amqp.Message{
		Header:     &amqp.MessageHeader{Durable: message.Durable, Priority: priority},
		Properties: &amqp.MessageProperties{Subject: &message.Event},
		// Never without a section: an empty message is never sent.
		Data: [][]byte{message.Body},
	}
	if !message.ID.IsZero() {
		encoded.Properties.MessageID = message.ID.String()
	}
	if message.ContentType != "" {
		encoded.Properties.ContentType = &message.ContentType
	}
	if !message.Time.IsZero() {
		encoded.Properties.CreationTime = &message.Time
	}
	if len(message.Headers) > 0 || message.DuplicateID != "" {
		encoded.ApplicationProperties = make(map[string]any, len(message.Headers)+1)
	}
	for _, header := range message.Headers {
		encoded.ApplicationProperties[header.Key] = header.Value
	}
	if message.DuplicateID != "" {
		encoded.ApplicationProperties[duplicateProperty] = message.DuplicateID
	}
	if message.Delay > 0 {
		// Rounded up, so that it never comes too early.
		delay := (message.Delay + time.Millisecond - 1).Milliseconds()
		encoded.Annotations = amqp.Annotations{delayAnnotation: delay}
	}
	return encoded
}
