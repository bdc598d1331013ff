package eventing

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aspyx-go/aspyx/reflectx"
)

// BatchListener makes a struct that embeds it a listener that gets several
// events of the type T at once. The struct must have the method of
// [BatchHandler]; the tag is optional:
//
//	type Archive struct {
//		eventing.BatchListener[OrderPlaced] `listener:"name=archive,size=500,age=2s"`
//	}
//
//	func (a *Archive) On(ctx context.Context, events []OrderPlaced) error { … }
//
// Its options are those of [Listener], and these:
//   - size=…: how many events a batch has at most, default 100.
//   - age=…: how long its first event waits at most for the others, default 1s.
//
// A batch is handed over when it is full, when its age is over, or when a stop
// has begun. Each event passes the pipelines by itself before it joins, and has
// a failure policy of its own: one that fails and is tried again joins a later
// batch. What a pipeline's ProceedHandle returns is the outcome of its event.
//
// The option concurrency is how many batches are handled at once. With size it
// makes 10,000 events at most. The option timeout limits a call of On, and not
// the waiting before it. Of events with a key (see [Key]), a batch has one of
// each key at most.
type BatchListener[T any] struct {
	reflectx.Marker `marker:"eventing.Module"`
}

// BatchHandler is what a listener of batches implements. On is called with 1
// event or more, in no order, and a context that is done when the listener's
// timeout or the stop's time limit has passed. It is not that of a pipeline: the
// events come from several, and [EnvelopesFrom] returns their envelopes. An
// event that is sent with it has no correlation or causation id, since it has no
// single cause.
//
// Returning nil acknowledges all events; a [*BatchError] tells which of them
// have failed. With any other error, or a panic, all have failed: each goes to
// the failure policy.
type BatchHandler[T any] interface {
	On(ctx context.Context, events []T) error
}

// BatchError is what a listener of batches returns when some of the events have
// failed. The others are acknowledged. Where it is wrapped by [Permanent] or
// [RetryAfter], that goes for each of them; a joined error ([errors.Join]) is one
// of the whole batch.
type BatchError struct {
	// Errors are the errors by the event's index in the batch, from 0. A nil
	// one is none. Another index than those of the batch fails the whole batch.
	Errors map[int]error
}

// Error describes the errors, in the order of the events.
func (e *BatchError) Error() string {
	texts := make([]string, 0, len(e.Errors))
	for _, i := range slices.Sorted(maps.Keys(e.Errors)) {
		texts = append(texts, fmt.Sprintf("event %d: %v", i, e.Errors[i]))
	}
	return strings.Join(texts, "; ")
}

// Unwrap returns the errors, in the order of the events.
func (e *BatchError) Unwrap() []error {
	var errs []error
	for _, i := range slices.Sorted(maps.Keys(e.Errors)) {
		if err := e.Errors[i]; err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// perEvent returns the outcome of each of n events whose batch ended with err.
func perEvent(err error, n int) []error {
	errs := make([]error, n)
	partial, mark := partialOf(err)
	if partial == nil {
		for i := range errs {
			errs[i] = err
		}
		return errs
	}
	for i, err := range partial.Errors {
		if i < 0 || i >= n {
			return perEvent(fmt.Errorf("the BatchError has the index %d, and the batch the events 0 to %d", i, n-1), n)
		}
		errs[i] = mark(err)
	}
	return errs
}

// partialOf returns the BatchError that err is or wraps, or nil, and what marks
// the error of an event as err is marked.
func partialOf(err error) (partial *BatchError, mark func(error) error) {
	mark = func(err error) error { return err }
	for ; err != nil; err = errors.Unwrap(err) {
		outer := mark
		switch e := err.(type) { //nolint:errorlint // one by one; a joined error isn't the events' alone
		case *BatchError:
			if e == nil { // as a variable that was never set
				e = &BatchError{}
			}
			return e, mark
		case *permanentError:
			mark = func(err error) error { return outer(Permanent(err)) }
		case *retryAfterError:
			mark = func(err error) error { return outer(RetryAfter(err, e.after)) }
		}
	}
	return nil, nil
}

// invokeBatch calls the listener with the events of the envelopes, which are
// decoded.
type invokeBatch func(ctx context.Context, envelopes []*Envelope) error

func (BatchListener[T]) binding() binding {
	b := Listener[T]{}.binding()
	b.argument, b.handler, b.bind = reflect.TypeFor[[]T](), reflect.TypeFor[BatchHandler[T]](), nil
	b.bindBatch = func(listener any) (invokeBatch, bool) {
		handler, ok := listener.(BatchHandler[T])
		return func(ctx context.Context, envelopes []*Envelope) error {
			events := make([]T, len(envelopes))
			for i, envelope := range envelopes {
				events[i] = *envelope.event.(*T) //nolint:forcetypeassert // made by decode
			}
			return handler.On(ctx, events)
		}, ok
	}
	return b
}

// bindTo has the subscription call the listener.
func (b binding) bindTo(s *subscription, listener any) (ok bool) {
	if b.bindBatch == nil {
		s.invoke, ok = b.bind(listener)
		return ok
	}
	call, ok := b.bindBatch(listener)
	s.batches = newBatches(s, call)
	s.invoke = s.batches.join
	return ok
}

func isBatchMarker(t reflect.Type) bool {
	m, ok := reflectx.Zero[listenerMarker](t)
	return ok && m.binding().bindBatch != nil
}

const (
	defaultBatchSize = 100
	defaultBatchAge  = time.Second
)

// describeBatch reads what the tag says of batches.
func (d *EventListenerDescriptor) describeBatch(options reflectx.Options, batches bool) error {
	if !batches {
		for _, option := range []string{"size", "age"} {
			if options.Has(option) {
				return fmt.Errorf("option %q of tag %q is one of batches: embed eventing.BatchListener, or remove it", option, listenerTag.Key())
			}
		}
		return nil
	}
	d.BatchSize, d.BatchAge = defaultBatchSize, defaultBatchAge
	err := errors.Join(countOption(options, "size", 1, &d.BatchSize), durationOption(options, "age", &d.BatchAge))
	if err == nil && d.workers() > maxCount {
		err = fmt.Errorf("concurrency %d and size %d make %d events at once: it must be %d at most", d.Concurrency, d.BatchSize, d.workers(), maxCount)
	}
	return err
}

// workers is how many events are on their way through the pipelines at once.
func (d *EventListenerDescriptor) workers() int { return d.Concurrency * max(d.BatchSize, 1) }

// prefetch is how many events are held here at once: those that are handled,
// and some that were fetched ahead.
func (d *EventListenerDescriptor) prefetch() int {
	if d.BatchSize > 0 {
		return d.workers() + d.Concurrency*prefetchPerWorker
	}
	return d.Concurrency * prefetchPerWorker
}

type envelopesKey struct{}

// EnvelopesFrom returns the envelopes of the events of a batch, in their order,
// from the context that On was called with. They must not be changed. It is nil
// with any other context. In a batch, [EnvelopeFrom] is nil.
func EnvelopesFrom(ctx context.Context) []*Envelope {
	envelopes, _ := ctx.Value(envelopesKey{}).([]*Envelope)
	return envelopes
}
