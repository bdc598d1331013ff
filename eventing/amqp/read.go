package amqp

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/go-amqp"

	"github.com/aspyx-go/aspyx/eventing"
)

// transportPrefixes begin the application properties that brokers and their
// clients use among themselves. They are no headers, and a copy of the message
// that carried them on would steer the broker: a dead letter with the duplicate
// id of its original is dropped.
var transportPrefixes = []string{"_amq", "__amq", "amq_", "_hq_", "jms", "native_", "x-opt-"}

// The annotation by which clients of JMS tell the kind of a message, and its
// value for a BytesMessage.
const (
	jmsKindAnnotation = "x-opt-jms-msg-type"
	jmsBytes          = 3
)

// read converts a received message. It takes whatever a foreign client has
// sent: what can't be a body makes the message Invalid, and what can't be a
// header is left out.
func read(message *eventing.Message, received *amqp.Message, event string) {
	*message = eventing.Message{Event: event, Headers: readHeaders(received.ApplicationProperties)}
	if received.Header != nil {
		message.Durable = received.Header.Durable
		message.Priority = eventing.PriorityLevel(int(received.Header.Priority))
		message.TTL = received.Header.TTL
	}
	if properties := received.Properties; properties != nil {
		message.ID = eventing.ParseID(readID(properties.MessageID))
		if properties.ContentType != nil && !isJMSBytes(received) {
			message.ContentType = clean(*properties.ContentType)
		}
		if properties.CreationTime != nil {
			message.Time = *properties.CreationTime
		}
		if properties.GroupID != nil {
			message.Key = readKey(*properties.GroupID)
		}
	}
	if id, ok := received.ApplicationProperties[duplicateProperty].(string); ok {
		message.DuplicateID = clean(id)
	}
	message.Body, message.Invalid = readBody(received)
	if reason, ok := received.Annotations[replaced].(string); ok {
		// The body is the whole message as it was: its dead letter loses nothing.
		message.Invalid = errors.New(reason)
	}
}

// isJMSBytes tells whether the message is a BytesMessage of JMS. Its client
// gives each of them the content type of arbitrary bytes, and no program can
// choose another: it says nothing of what they are.
func isJMSBytes(received *amqp.Message) bool {
	kind, ok := received.Annotations[jmsKindAnnotation].(int8)
	return ok && kind == jmsBytes && *received.Properties.ContentType == "application/octet-stream"
}

// deliveryCount counts this delivery too.
func deliveryCount(received *amqp.Message) int {
	if received.Header == nil {
		return 1
	}
	return int(received.Header.DeliveryCount) + 1
}

func readBody(received *amqp.Message) ([]byte, error) {
	if len(received.Sequence) > 0 {
		return nil, fmt.Errorf("the body is an AMQP sequence: only data sections, a string or binary can be read")
	}
	switch len(received.Data) {
	case 0:
	case 1:
		return received.Data[0], nil
	default:
		return bytes.Join(received.Data, nil), nil
	}
	switch value := received.Value.(type) {
	case nil:
		return nil, nil
	case string:
		return []byte(value), nil
	case []byte:
		return value, nil
	default:
		return nil, fmt.Errorf("the body is an AMQP value that Go reads as %T: only data sections, a string or binary can be read", value)
	}
}

// readID returns an id of any of the four types as text: a UUID in its usual
// form, binary in hexadecimal.
func readID(id any) string {
	switch id := id.(type) {
	case []byte:
		return hex.EncodeToString(id)
	default:
		text, _ := headerText(id)
		return text
	}
}

// readKey cuts a group id that is too long for a key: so events of one group
// are of one key at least.
func readKey(group string) string {
	key := clean(group)
	if len(key) > eventing.MaxKeyBytes {
		key = strings.ToValidUTF8(key[:eventing.MaxKeyBytes], "")
	}
	return key
}

// readHeaders returns the headers ordered by key: the wire keeps no order.
func readHeaders(properties map[string]any) []eventing.Header {
	if len(properties) == 0 {
		return nil
	}
	var headers []eventing.Header // none, mostly: the broker's own are among the properties
	for key, value := range properties {
		text, ok := headerText(value)
		if !ok || key == "" || key != clean(key) || isTransport(key) {
			continue
		}
		headers = append(headers, eventing.Header{Key: key, Value: text})
	}
	slices.SortFunc(headers, func(a, b eventing.Header) int { return strings.Compare(a.Key, b.Key) })
	return headers
}

func isTransport(key string) bool {
	return slices.ContainsFunc(transportPrefixes, func(prefix string) bool {
		return len(key) >= len(prefix) && strings.EqualFold(key[:len(prefix)], prefix)
	})
}

// headerText returns a simple value as text: times in RFC 3339, binary in
// base64. Null and composite values have none.
func headerText(value any) (text string, ok bool) {
	switch value := value.(type) {
	case string:
		return clean(value), true
	case []byte:
		return base64.StdEncoding.EncodeToString(value), true
	case time.Time:
		return value.UTC().Format(time.RFC3339Nano), true
	case amqp.UUID:
		return value.String(), true
	case float32:
		return strconv.FormatFloat(float64(value), 'g', -1, 32), true
	case bool, int8, int16, int32, int64, uint8, uint16, uint32, uint64, float64:
		return fmt.Sprint(value), true
	default:
		return "", false
	}
}

// clean returns text as UTF-8 without NUL, which every header must be: a
// message that couldn't be sent again couldn't be dead-lettered either.
func clean(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}
