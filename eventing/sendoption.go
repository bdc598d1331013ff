package eventing

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// SendOption is an option of one send.
type SendOption func(*Envelope)

// WithHeader sets a header of the event, before the pipelines see it. See
// [Envelope.Set] for what a header may be.
func WithHeader(key, value string) SendOption {
	return func(e *Envelope) { e.Set(key, value) }
}

// WithDelay has the queues keep the event back for so long; zero means not. A
// negative one is an error that wraps [ErrOption], as is one that isn't shorter
// than the event's time to live, or that the provider can't keep (see
// [Capabilities]).
func WithDelay(d time.Duration) SendOption {
	return func(e *Envelope) {
		if d < 0 {
			e.refuse(fmt.Errorf("%w: WithDelay(%v) is negative", ErrOption, d))
			return
		}
		e.message.Delay = d
	}
}

// WithTTL sets the event's time to live, in place of its tag's. A queue that
// still has the event when it is over drops it. See [TTL].
func WithTTL(d time.Duration) SendOption {
	return func(e *Envelope) {
		if err := checkTTL(d); err != nil {
			e.refuse(fmt.Errorf("%w: WithTTL(%v) %w", ErrOption, d, err))
			return
		}
		e.message.TTL = d
	}
}

// WithPriority sets the event's priority, from 0, the lowest, to 9, in place of
// its tag's. See [Priority].
func WithPriority(n int) SendOption {
	return func(e *Envelope) {
		if err := checkPriority(n); err != nil {
			e.refuse(fmt.Errorf("%w: WithPriority(%d) %w", ErrOption, n, err))
			return
		}
		e.message.Priority = PriorityLevel(n)
	}
}

// WithID gives the event an id of the sender's, so that it can be sent again
// after an unknown outcome, from another process too: a broker that detects
// duplicates drops a durable event whose id it has seen lately, and confirms it.
// Any text is an id, by [ParseID]: of 1 to 200 bytes, in UTF-8 without control
// characters. Each event has an id of its own: it is an error, which wraps
// [ErrOption], to give one to several events.
func WithID(id ID) SendOption {
	return func(e *Envelope) {
		if err := checkID(id); err != nil {
			e.refuse(fmt.Errorf("%w: WithID(%q) %w", ErrOption, abbreviate(id.String()), err))
			return
		}
		e.message.ID = id
	}
}

// WithMandatory has the broker refuse the event where no queue takes it: the
// error wraps [ErrUnroutable] and [ErrRejected]. Without it, an event that nobody
// listens to is confirmed, and gone. Where the provider can't do that (see
// [Capabilities]) it is an error that wraps [ErrOption].
func WithMandatory() SendOption {
	return func(e *Envelope) { e.message.Mandatory = true }
}

// DefaultPriority is the priority of an event that says nothing of one.
const DefaultPriority = 4

const (
	highestPriority = 9
	maxIDBytes      = 200

	// maxTTL is below 2³² milliseconds, the most that AMQP can carry.
	maxTTL = 49 * 24 * time.Hour
)

// Level is the priority of a [Message]. The zero value is the default one.
type Level struct{ above int8 } // the default

// PriorityLevel returns the level of a priority from 0 to 9.
func PriorityLevel(n int) Level {
	return Level{int8(min(max(n, 0), highestPriority) - DefaultPriority)} //nolint:gosec // it is small
}

// Int returns the priority, from 0, the lowest, to 9.
func (l Level) Int() int { return DefaultPriority + int(l.above) }

func checkPriority(n int) error {
	if n < 0 || n > highestPriority {
		return errors.New("must be a whole number from 0 to 9")
	}
	return nil
}

func checkTTL(d time.Duration) error {
	if d < time.Millisecond || d > maxTTL {
		return errors.New("must be a duration from 1ms to 1176h, which is 49 days")
	}
	return nil
}

func checkID(id ID) error {
	text := id.String()
	control := func(r rune) bool { return r < ' ' || r == 0x7f }
	if text == "" || len(text) > maxIDBytes || !utf8.ValidString(text) || strings.ContainsFunc(text, control) {
		return fmt.Errorf("must have 1 to %d bytes of UTF-8 without control characters", maxIDBytes)
	}
	return nil
}

// checkOptions tells what can't be together.
func (m *Message) checkOptions() error {
	if m.TTL > 0 && m.Delay >= m.TTL {
		return fmt.Errorf("%w: the event would be dropped before it is due: its delay is %v, its time to live %v", ErrOption, m.Delay, m.TTL)
	}
	return nil
}
