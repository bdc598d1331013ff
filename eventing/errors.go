package eventing

import (
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/aspyx-go/aspyx/errhandler"
)

// The outcomes of sending. SendEvent's error wraps one of them whenever the
// event got as far as the transport.
var (
	// ErrNotSent is returned when the event surely never left this process,
	// so that sending it again can't repeat it.
	ErrNotSent = errors.New("eventing: not sent")

	// ErrUnconfirmed is returned when the event was on its way and no
	// confirmation came in time: the broker may have it or not.
	ErrUnconfirmed = errors.New("eventing: sent but not confirmed")

	// ErrRejected is returned when the broker has refused the event, or it is
	// [ErrTooLarge]. It concerns that event only.
	ErrRejected = errors.New("eventing: rejected by the broker")

	// ErrUnroutable is returned, together with ErrRejected, when a mandatory
	// event has no queue that takes it.
	ErrUnroutable = errors.New("eventing: no queue takes the event")
)

// The states of a manager and its provider.
var (
	// ErrNotRunning is returned by SendEvent before the manager has started.
	ErrNotRunning = errors.New("eventing: the event manager isn't running yet")

	// ErrClosed is returned after the manager, provider or consumer was
	// stopped.
	ErrClosed = errors.New("eventing: closed")

	// ErrStopping is the cause (see [context.Cause]) with which handlers and
	// sends are cancelled that are still busy when the time limit of a stop,
	// or handlers when that of [Subscription.Unsubscribe], has passed. A send
	// that a stop has overtaken wraps ErrClosed too.
	ErrStopping = errors.New("eventing: stopping")

	// ErrOwnHandler is returned by Unsubscribe, Pause and Resume when they are
	// called with the context of a handler of the same listener, for whose end
	// they would wait. Call them from another goroutine, and with a context
	// that isn't the handler's.
	ErrOwnHandler = errors.New("eventing: called by a handler of the same listener, for which it would wait: call it from another goroutine, with another context")

	// ErrUnavailable is returned when the broker can't be reached, refuses
	// the connection, or the connection was lost.
	ErrUnavailable = errors.New("eventing: broker unavailable")

	// ErrQueueInUse is returned when a queue has a consumer already: one of a
	// single server, where another process runs under the same server name; or
	// one that is to be removed.
	ErrQueueInUse = errors.New("eventing: the queue has a consumer")

	// ErrStalled is told by Health while a connection stands and nothing moves:
	// events wait for a listener that gets none, or an address takes none that
	// are sent.
	ErrStalled = errors.New("eventing: stalled")
)

// What can be wrong with an event, its headers or a pipeline.
var (
	// ErrNotEvent is returned when a value is sent whose type is no event.
	ErrNotEvent = errors.New("eventing: not an event")

	// ErrInvalid is returned when an event's own Validate has refused it: see
	// [Validator].
	ErrInvalid = errors.New("eventing: invalid event")

	// ErrTooLarge is returned, together with ErrRejected, when the body has
	// more bytes than MaxBodyBytes of [Config] or the provider allows. It is
	// checked before anything is sent. An event that comes with such a body is
	// dead-lettered, and its error wraps ErrTooLarge alone.
	ErrTooLarge = errors.New("eventing: event too large")

	// ErrMoreLetters is returned, together with what was read so far, when dead
	// letters are too large to be held all at once. There may be more.
	ErrMoreLetters = errors.New("eventing: not all dead letters were read")

	// ErrHeader is returned when a header can't be set: see [Envelope.Set].
	ErrHeader = errors.New("eventing: header not allowed")

	// ErrOption is returned when an option of a send has a wrong value, or
	// doesn't go together with another one.
	ErrOption = errors.New("eventing: option not allowed")

	// ErrNotProceeded is returned when a pipeline has ended the chain without
	// an error: it forgot ProceedSend or ProceedHandle. To drop an event on
	// purpose, a pipeline returns [Drop].
	ErrNotProceeded = errors.New("eventing: pipeline did not proceed")

	// Drop is what a pipeline returns to end the chain on purpose. The event
	// isn't sent, or counts as handled; SendEvent returns nil. It is counted
	// in [Stats].
	Drop = errors.New("eventing: dropped by a pipeline") //nolint:errname,revive,staticcheck // a verb, as users write it: return eventing.Drop
)

// Permanent marks an error of a listener or pipeline as one that no repetition
// can mend: the event is dead-lettered at once. Permanent(nil) is nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanentError{err}
}

type permanentError struct{ err error }

func (e *permanentError) Error() string { return e.err.Error() }
func (e *permanentError) Unwrap() error { return e.err }

func isPermanent(err error) bool {
	_, ok := errors.AsType[*permanentError](err)
	return ok
}

// MaxRetryDelay bounds the pause before a retry: that of [RetryAfter], and those
// of a [Policy].
const MaxRetryDelay = 24 * time.Hour

// RetryAfter marks an error of a listener or pipeline as one that is over after
// d: the broker delivers the event again then, and the events behind it don't
// wait. It is a retry like any other: it counts, and after the last one the
// event is dead-lettered. An error that is also [Permanent], or a body that
// can't be decoded, is dead-lettered all the same.
//
// A d below zero means at once, one above [MaxRetryDelay] means that. The
// outermost RetryAfter of an error counts. RetryAfter(nil, d) is nil.
func RetryAfter(err error, d time.Duration) error {
	if err == nil {
		return nil
	}
	return &retryAfterError{err, min(max(d, 0), MaxRetryDelay)}
}

type retryAfterError struct {
	err   error
	after time.Duration
}

func (e *retryAfterError) Error() string { return e.err.Error() }
func (e *retryAfterError) Unwrap() error { return e.err }

// retryAfter returns the pause that the error asks for, which isn't zero.
func retryAfter(err error) (time.Duration, bool) {
	e, ok := errors.AsType[*retryAfterError](err)
	if !ok {
		return 0, false
	}
	return max(e.after, time.Millisecond), true
}

// DecodeError is a body that can't be decoded into its event. It is permanent:
// the event is dead-lettered.
type DecodeError struct {
	// Event is the event's name.
	Event string
	// ContentType is the body's media type.
	ContentType string
	// Err is the codec's error.
	Err error
}

// Error describes the error.
func (e *DecodeError) Error() string {
	contentType := e.ContentType
	if contentType == "" {
		contentType = "a body without a content type"
	}
	return fmt.Sprintf("decode event %q from %s: %v", e.Event, contentType, e.Err)
}

// Unwrap returns the codec's error.
func (e *DecodeError) Unwrap() error { return e.Err }

// CrashedError is why an event is dead-lettered that was delivered more often
// than [Policy].MaxDeliveries says, and never settled: it may be what ended its
// process each time. The listener isn't called once more.
type CrashedError struct {
	// Deliveries is how often the event was delivered before.
	Deliveries int
}

// Error describes the error.
func (e *CrashedError) Error() string {
	return fmt.Sprintf("crashed: the process or its connection has ended in each of %d deliveries of this event", e.Deliveries)
}

// PanicError is a panic in a listener, a pipeline, a codec or an event's
// Validate, or a [runtime.Goexit] there while an event is handled.
type PanicError struct {
	// Value is what panic was called with; for a Goexit, an error that says so.
	Value any
	// Stack is the goroutine's stack, as [runtime/debug.Stack] prints it.
	Stack []byte
}

// errGoexit is the value of a PanicError where nothing has panicked.
var errGoexit = errors.New("the handler has ended its goroutine by runtime.Goexit")

// newPanicError is to be called by the deferred function that has recovered, or
// that a Goexit has called.
func newPanicError(value any) *PanicError {
	return &PanicError{Value: value, Stack: debug.Stack()}
}

// Error returns the value of the panic, without the stack.
func (e *PanicError) Error() string {
	if e.Value == errGoexit { //nolint:errorlint // a panic with an error that wraps it is a panic
		return errGoexit.Error()
	}
	return fmt.Sprintf("panic: %v", e.Value)
}

// Unwrap returns the value of the panic where it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// stackOf returns the stack of a panic, also of one in an error handler. It is
// nil for other errors.
func stackOf(err error) []byte {
	if p, ok := errors.AsType[*PanicError](err); ok {
		return p.Stack
	}
	if p, ok := errors.AsType[*errhandler.PanicError](err); ok {
		return p.Stack
	}
	return nil
}

// IndexError is the failure of one event of [SendEvents].
type IndexError struct {
	// Index is the event's place in the slice, from 0.
	Index int
	// Err tells what happened to it.
	Err error
}

// Error describes the error.
func (e *IndexError) Error() string { return fmt.Sprintf("event %d: %v", e.Index, e.Err) }

// Unwrap returns what happened to the event.
func (e *IndexError) Unwrap() error { return e.Err }
