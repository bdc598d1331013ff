package eventing

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// HeaderPrefix begins the keys of eventing's own headers. [Envelope.Set]
// refuses it.
const HeaderPrefix = "aspyx_"

// The headers of eventing's own. A message that is tried again later carries
// the first three of a delivery; a dead letter carries all but headerAttempt and
// headerDeliveries.
const (
	// Of an event that a handler has sent, and all its copies.
	headerCorrelation = HeaderPrefix + "correlation_id"
	headerCausation   = HeaderPrefix + "causation_id"

	// Of one delivery.
	headerAttempt      = HeaderPrefix + "attempt"       // of this delivery, from 1
	headerPublication  = HeaderPrefix + "publication"   // how often the event was published again
	headerFirstFailure = HeaderPrefix + "first_failure" // RFC 3339
	headerDeliveries   = HeaderPrefix + "deliveries"    // begun, this one included: see recount
	headerLastFailure  = HeaderPrefix + "last_failure"  // RFC 3339
	headerError        = HeaderPrefix + "error"         // its text
	headerErrorType    = HeaderPrefix + "error_type"    // its Go type
	headerListener     = HeaderPrefix + "listener"
	headerServer       = HeaderPrefix + "server"
	headerAttempts     = HeaderPrefix + "attempts"    // made, in all
	headerDestination  = HeaderPrefix + "destination" // <address>::<queue>
)

// The limits of an envelope's headers. They keep every header of an event
// within one frame of every broker.
const (
	// MaxHeaders is how many headers an envelope may have.
	MaxHeaders = 64
	// MaxHeaderBytes is how long all keys and values may be together.
	MaxHeaderBytes = 16 << 10
	maxKeyBytes    = 128
)

// steeringPrefixes begin the keys that brokers act upon, in lower case:
// Artemis, ActiveMQ Classic, JMS, AMQP, and eventing's own.
var steeringPrefixes = []string{
	"_amq", "__amq", "amq_", "_hq_", "activemq.", "native_", "jms",
	"x-dead-letter-", "x-max-", "x-opt-", "x-queue-", "x-stream-", HeaderPrefix,
}

// steeringKeys are the headers that STOMP brokers act upon or set themselves,
// in lower case (STOMP 1.2, and the manuals of Artemis, ActiveMQ, RabbitMQ).
var steeringKeys = setOf(
	"ack", "amqp-message-id", "app-id", "auto-delete", "client-id", "consumer-window-size", "content-encoding",
	"content-length", "content-type", "correlation-id", "destination", "destination-type", "durable",
	"durable-subscription-name", "exclusive", "expiration", "expires", "id", "message-id", "no-local",
	"persistent", "prefetch-count", "priority", "receipt", "receipt-id", "redelivered", "reply-to", "selector",
	"subscription", "subscription-type", "timestamp", "transaction", "transformation", "type", "user-id",
	"x-expires", "x-message-ttl",
)

func setOf(keys ...string) map[string]struct{} {
	set := make(map[string]struct{}, len(keys))
	for _, key := range keys {
		set[key] = struct{}{}
	}
	return set
}

// checkHeader tells why a header can't be set.
func checkHeader(key, value string) error {
	if key == "" || len(key) > maxKeyBytes {
		return fmt.Errorf("%w: key %q has %d bytes: it must have 1 to %d", ErrHeader, abbreviate(key), len(key), maxKeyBytes)
	}
	for i := range len(key) {
		if !isNameByte(key[i]) {
			return fmt.Errorf("%w: key %q holds %q: use letters, digits, '_', '.' and '-' only", ErrHeader, key, key[i])
		}
	}
	if steers(key) {
		return fmt.Errorf("%w: key %q means something to brokers or to eventing: choose another, like my-%s", ErrHeader, key, key)
	}
	if strings.IndexByte(value, 0) >= 0 || !utf8.ValidString(value) {
		return fmt.Errorf("%w: the value of %q must be UTF-8 without NUL: encode it, in base64 for instance", ErrHeader, key)
	}
	return nil
}

func steers(key string) bool {
	lower := strings.ToLower(key)
	for _, prefix := range steeringPrefixes {
		if strings.HasPrefix(lower, prefix) {
			return true
		}
	}
	_, found := steeringKeys[lower]
	return found
}

// checkHeaders tells whether the user's headers together exceed the limits.
func checkHeaders(headers []Header) error {
	count, size := 0, 0
	for i := range headers {
		if strings.HasPrefix(headers[i].Key, HeaderPrefix) {
			continue
		}
		count++
		size += len(headers[i].Key) + len(headers[i].Value)
	}
	if count > MaxHeaders {
		return fmt.Errorf("%w: %d headers are too many: an envelope has at most %d", ErrHeader, count, MaxHeaders)
	}
	if size > MaxHeaderBytes {
		return fmt.Errorf("%w: %d bytes of keys and values are too many: an envelope has at most %d; put large data into the event", ErrHeader, size, MaxHeaderBytes)
	}
	return nil
}

func lookupHeader(headers []Header, key string) (string, bool) {
	for i := range headers {
		if headers[i].Key == key {
			return headers[i].Value, true
		}
	}
	return "", false
}

// abbreviate keeps a foreign text short enough for an error.
func abbreviate(text string) string { return truncate(text, 40) }

// truncate cuts text to at most n bytes, at the border of a character.
func truncate(text string, n int) string {
	if len(text) <= n {
		return text
	}
	const more = "…"
	for n -= len(more); n > 0 && !utf8.RuneStart(text[n]); n-- {
	}
	return text[:n] + more
}
