package eventing

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

func isDecodeError(err error) bool {
	_, ok := errors.AsType[*DecodeError](err)
	return ok
}

// handling is one delivery on its way to a disposition.
type handling struct {
	subscription *subscription
	delivery     Delivery
	history      history
	paused       time.Duration    // in place, in all
	latest       *deliveryContext // of the last attempt
	begun        bool             // the message was read
	attempted    bool             // outcome is that of the attempt
	outcome      error
	retry        *EventRetried // the next step, after its pause
	disposition  Disposition   // once it is decided

	arrival uint64    // its place in lanes
	behind  *handling // the next event of its key, which waits
}

// run makes attempts until the policy ends them. It goes on where a run ended
// that never returned.
func (h *handling) run() Disposition {
	for {
		pause := h.step()
		if h.disposition != 0 {
			return h.disposition
		}
		if !h.subscription.sleep(pause) {
			h.release()
			return h.disposition
		}
	}
}

// step makes the next attempt and decides what follows: a disposition, or
// another step after the pause that it returns. It goes on where a step ended
// that never returned.
func (h *handling) step() (pause time.Duration) {
	if !h.begun {
		h.begin()
	}
	if retry := h.retry; retry != nil {
		h.retry, h.attempted = nil, false
		h.history.attempt++
		h.retried(0, retry)
	}
	if h.disposition != 0 {
		return 0
	}
	if !h.attempted {
		h.attempt()
	}
	return h.decide(h.outcome)
}

// begin reads the message. What it says may be an outcome without an attempt.
func (h *handling) begin() {
	h.begun = true
	h.subscription.counters.inFlight.Add(1)
	err := h.read()
	if err == nil {
		err = h.crashed()
	}
	h.attempted, h.outcome = err != nil, err
}

// read reads what the message says of earlier attempts.
func (h *handling) read() error {
	message := h.delivery.Message
	if message.ID.IsZero() || message.Event == "" { // a foreign sender's
		completed := *message
		completed.Event = h.subscription.listener.Event.Name
		if completed.ID.IsZero() {
			completed.ID = NewID()
		}
		h.delivery.Message = &completed
	}
	var err error
	h.history, err = readHistory(message.Headers)
	if message.Invalid != nil {
		err = errors.Join(fmt.Errorf("read message: %w", message.Invalid), err)
	}
	return Permanent(err)
}

// crashed tells that the event was delivered too often.
func (h *handling) crashed() error {
	most, count := h.subscription.listener.Policy.MaxDeliveries, h.delivery.Count
	if most < 1 || count <= most {
		return nil
	}
	h.history.attempt += count - 2 // without this one
	return Permanent(&CrashedError{Deliveries: count - 1})
}

// decide turns the end of an attempt into a disposition, or into the pause in
// place before another attempt.
func (h *handling) decide(err error) (pause time.Duration) {
	s := h.subscription
	switch {
	case err == nil:
		h.end(Accept, &s.counters.handled, func(of Delivered) Observation { return &EventHandled{of} })
		return 0
	case errors.Is(err, Drop):
		h.end(Accept, &s.counters.dropped, func(of Delivered) Observation { return &EventDropped{of} })
		return 0
	case s.base.Err() != nil:
		h.release() // a handler that the stop has cancelled didn't fail
		return 0
	}
	h.history.failed(time.Now())
	next := s.listener.Policy.next(err, h.history.attempt, h.paused, h.mayDelay())
	switch {
	case next.deadLetter:
		h.deadLetter(err)
	case next.later > 0:
		if h.republish(h.retryCopy(next.later)) {
			h.retried(Accept, &EventRetried{After: next.later, Err: err})
		}
	default:
		h.paused += next.inPlace
		h.retry = &EventRetried{After: next.inPlace, InPlace: true, Err: err}
	}
	return next.inPlace
}

// mayDelay tells whether the broker may deliver the event again later. One with
// a key would come behind the next of its key.
func (h *handling) mayDelay() bool {
	s := h.subscription
	return s.manager.capabilities.Delay && (!s.listener.isKeyed() || h.delivery.Message.Key == "")
}

// end counts what is decided, and tells the observers: last, since one may end
// the goroutine.
func (h *handling) end(disposition Disposition, counter *atomic.Uint64, describe func(of Delivered) Observation) {
	h.disposition = disposition
	if disposition != 0 {
		h.subscription.counters.inFlight.Add(-1)
	}
	counter.Add(1)
	h.observe(describe)
}

// retried ends the delivery for a copy that comes later, or nothing.
func (h *handling) retried(disposition Disposition, observation *EventRetried) {
	h.end(disposition, &h.subscription.counters.retried, func(of Delivered) Observation {
		observation.Delivered = of
		return observation
	})
}

// release gives the event back, since the manager stops.
func (h *handling) release() {
	h.end(Release, &h.subscription.counters.released, func(of Delivered) Observation { return &EventReleased{of} })
}

// sleep waits, and is false when what it waits with is to be released.
func (s *subscription) sleep(d time.Duration) bool { return sleep(s.patience(), d) }

// sleep is false when the context is done first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
