package eventing

import (
	"context"
	"errors"
	"time"
)

// Observer is told what an [EventManager] does: for metrics, traces, and tests.
// Give it to [Config], or with [Observe] to an environment.
//
// It is called on the goroutine that sends or handles, which waits for it, and
// so concurrently: it must be safe for that, and quick. The context is that of
// the send, or of the manager with the envelope (see [EnvelopeFrom]): it is
// done when a stop's time limit has passed. What an observer sends itself is
// observed too. A panic, or [runtime.Goexit], in it is logged and changes
// nothing of what it is told; but a Goexit on the goroutine of a send ends that.
type Observer func(ctx context.Context, observation Observation)

// Observation is something that the manager has done: [*EventSent], or of a
// delivery [*AttemptEnded], [*EventHandled], [*EventDropped], [*EventRetried],
// [*EventDeadLettered],
// [*EventRepeated] or [*EventReleased]. It must not be changed. New types
// may follow: ignore what you don't know.
type Observation interface{ observation() }

// EventSent tells that a send has ended, by SendEvent, SendEvents or SendAsync.
// A send that was refused before its envelope was made isn't told: the manager
// doesn't run, or the value is no event.
type EventSent struct {
	// Event is the event's descriptor.
	Event *EventDescriptor
	// Envelope is what was sent.
	Envelope *Envelope
	// Took is the time from the call to the outcome.
	Took time.Duration
	// Err is nil if the event was confirmed. It wraps [Drop] if a pipeline has
	// dropped it, else it is what SendEvent returns.
	Err error
}

// Delivered is what an observation of a delivery is about.
type Delivered struct {
	// Listener is the listener whose delivery it is.
	Listener *EventListenerDescriptor
	// Envelope is that of the last attempt. Where there was none, as for an
	// event that couldn't be read, it is the one that came.
	Envelope *Envelope
}

// AttemptEnded tells that the pipelines and the listener were called once.
type AttemptEnded struct {
	Delivered
	// Took is how long they took, error handlers included.
	Took time.Duration
	// Err is what they returned, after the error handlers; nil means that the
	// event was handled. It wraps [Drop] if a pipeline has dropped it.
	Err error
}

// EventHandled tells that an event was handled and is acknowledged.
type EventHandled struct{ Delivered }

// EventDropped tells that a pipeline has dropped an event that came; it is
// acknowledged. Drops on sending are [EventSent].
type EventDropped struct{ Delivered }

// EventRetried tells that an event is tried again.
type EventRetried struct {
	Delivered
	// After is the pause: one that is over where InPlace is true, else the
	// delay of the copy that was sent.
	After time.Duration
	// InPlace tells that the next attempt follows at once, in the same delivery.
	InPlace bool
	// Err is why the last attempt has failed.
	Err error
}

// EventDeadLettered tells that an event was put aside.
type EventDeadLettered struct {
	Delivered
	// Attempts is how often it was tried, in all deliveries.
	Attempts int
	// Err is the reason.
	Err error
}

// EventRepeated tells that an event has come that was handled before; it is
// acknowledged, and neither the pipelines nor the listener are called. See the
// option once of [Listener].
type EventRepeated struct{ Delivered }

// EventReleased tells that an event was given back to its queue, uncounted, as
// the manager or the listener stops, or pauses. Events that were only fetched
// aren't told.
type EventReleased struct{ Delivered }

func (*EventSent) observation() {}
func (Delivered) observation()  {}

var errObserverGoexit = errors.New("the observer has ended its goroutine by runtime.Goexit")

// observe tells all observers. The caller must have nothing left to do that
// matters: one may end the goroutine.
func (m *EventManager) observe(ctx context.Context, observers []Observer, observation Observation) {
	if len(observers) == 0 {
		return
	}
	returned := false
	defer func() {
		if value := recover(); value != nil {
			m.logPanic(ctx, "observer", value)
		} else if !returned {
			m.logPanic(ctx, "observer", errObserverGoexit)
		}
		m.observe(ctx, observers[1:], observation)
	}()
	observers[0](ctx, observation)
	returned = true
}

// observeFrom returns when what follows has begun, if anybody wants to know.
func (m *EventManager) observeFrom() time.Time {
	if len(m.config.Observers) == 0 {
		return time.Time{}
	}
	return time.Now()
}

// observe tells of the send's outcome.
func (s *sending) observe(err error) {
	observers := s.manager.config.Observers
	if len(observers) == 0 {
		return
	}
	if err == nil && s.receipt == nil {
		err = s.err // a drop
	}
	s.manager.observe(&s.ctx, observers, &EventSent{
		Event: s.event, Envelope: &s.envelope, Took: time.Since(s.envelope.message.Time), Err: err,
	})
}

// observe tells of the delivery.
func (h *handling) observe(describe func(of Delivered) Observation) {
	m := h.subscription.manager
	if len(m.config.Observers) == 0 {
		return
	}
	if h.latest == nil {
		h.prepare()
	}
	m.observe(h.latest, m.config.Observers, describe(Delivered{h.subscription.listener, h.latest.envelope}))
}

// observeAttempt counts and tells of an attempt that has ended.
func (h *handling) observeAttempt(began time.Time) {
	if errors.Is(h.outcome, errRepeated) {
		return // nothing was called
	}
	if h.subscription.isFailure(h.outcome) {
		h.subscription.counters.failed.Add(1)
	}
	h.observe(func(of Delivered) Observation {
		return &AttemptEnded{Delivered: of, Took: time.Since(began), Err: h.outcome}
	})
}
