package eventing

import "fmt"

// DefaultMaxBodyBytes is the most that an event's body may have where [Config]
// says nothing else: 10 MiB.
const DefaultMaxBodyBytes = 10 << 20

// checkSize tells whether the body may be sent. It is checked before a provider
// sees it, so that the bound is the same on every transport.
func (m *EventManager) checkSize(event string, body []byte) error {
	if size := int64(len(body)); size > m.config.MaxBodyBytes {
		return &tooLargeError{event, size, m.config.MaxBodyBytes}
	}
	return nil
}

// tooLargeError is the refusal of one event, like that of a broker.
type tooLargeError struct {
	event      string
	size, most int64
}

func (e *tooLargeError) Error() string {
	return fmt.Sprintf("send event %q: %v: the body has %d bytes, more than MaxBodyBytes (%d): raise it (eventing.MaxBodyBytes, or in eventing.Config) and the provider's bound, or put the data elsewhere and its address into the event",
		e.event, ErrTooLarge, e.size, e.most)
}

func (e *tooLargeError) Is(target error) bool { return target == ErrTooLarge || target == ErrRejected }

// checkReceivedSize tells whether the body may be decoded: who has sent it may
// have another bound, or none.
func (m *EventManager) checkReceivedSize(body []byte) error {
	if size := int64(len(body)); size > m.config.MaxBodyBytes {
		return fmt.Errorf("receive event: %w: the body has %d bytes, more than MaxBodyBytes (%d): raise it (eventing.MaxBodyBytes, or in eventing.Config) and replay the dead letter",
			ErrTooLarge, size, m.config.MaxBodyBytes)
	}
	return nil
}
