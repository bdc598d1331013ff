package eventing

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxErrorBytes bounds the error's text in a dead letter.
const maxErrorBytes = 4 << 10

// retryCopy is the message that the listener's own queue gets for a retry
// after a delay.
func (h *handling) retryCopy(delay time.Duration) *Message {
	message := h.copyTo(h.subscription.queue)
	message.Delay = delay
	message.Headers = append(message.Headers,
		Header{headerAttempt, strconv.Itoa(h.history.attempt + 1)},
		momentHeader(headerFirstFailure, h.history.firstFailure),
	)
	return message
}

// deadLetterCopy is the message that the dead-letter queue gets.
func (h *handling) deadLetterCopy(err error) *Message {
	s := h.subscription
	message := h.copyTo(s.queue.DeadLetter())
	message.Durable = true
	message.Headers = append(message.Headers,
		Header{headerError, errorText(err)},
		Header{headerErrorType, errorType(err)},
		Header{headerListener, s.listener.Name},
		Header{headerServer, s.manager.ServerName()},
		Header{headerAttempts, strconv.Itoa(h.history.attempt)},
		momentHeader(headerFirstFailure, h.history.firstFailure),
		momentHeader(headerLastFailure, h.history.lastFailure),
		Header{headerDestination, s.queue.String()},
	)
	return message
}

func momentHeader(key string, t time.Time) Header {
	return Header{key, t.UTC().Format(time.RFC3339Nano)}
}

// copyTo returns a copy of the delivered message for one queue, with what the
// sender has set.
func (h *handling) copyTo(queue Queue) *Message {
	s := h.subscription
	return copyOf(h.delivery.Message, s.listener.Event.Name, &queue, h.history.publication+1, s.queue)
}

// copyOf returns a copy of a message for one queue, with what the sender has
// set. It comes from a queue, of whose copies it has a number.
func copyOf(original *Message, event string, target *Queue, publication int, from Queue) *Message {
	headers := make([]Header, 0, len(original.Headers)+9)
	headers = append(headers, original.Headers...)
	headers = slices.DeleteFunc(headers, isOfDelivery)
	headers = append(headers, Header{headerPublication, strconv.Itoa(publication)})
	return &Message{
		ID: original.ID, Event: event, Target: target,
		ContentType: original.ContentType, Time: original.Time, Durable: original.Durable,
		Key:         original.Key,
		Priority:    original.Priority, // but no time to live: what has failed doesn't just vanish
		DuplicateID: duplicateID(original.ID, publication, from),
		Headers:     headers, Body: original.Body,
	}
}

// duplicateID returns the transport's id of a copy of an event from a queue.
// Brokers keep these ids for each address, which the queues of all listeners
// and servers share, as all servers share a listener's dead letters: so it
// says which queue the copy is from. The two signs are in no name, so that no
// two queues look alike, whatever their naming on the broker.
//
// A foreign sender's id may be that of many messages. There none is safe: a
// copy that comes twice is better than one that is taken for another and lost.
func duplicateID(id ID, publication int, from Queue) string {
	if id.isForeign() {
		return ""
	}
	name := from.Listener
	if from.Group != "" {
		name = "+" + from.Group
	}
	if from.Server != "" {
		name += "@" + from.Server
	}
	return fmt.Sprintf("%s#%d.%s", id, publication, name)
}

func errorText(err error) string {
	text := strings.ToValidUTF8(fmt.Sprint(err), "\uFFFD")
	return truncate(strings.ReplaceAll(text, "\x00", "\uFFFD"), maxErrorBytes)
}

// errorType returns the type of the innermost error: the outer ones only say
// where it happened.
func errorType(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return fmt.Sprintf("%T", err)
		}
		err = inner
	}
}
