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
	foreign      *Message // what was received, where delivery has a completed copy
	history      history
	paused       time.Duration    // in place, in all
	latest       *deliveryContext // of the last attempt
	begun        bool             // the message was read
	blocked      <-chan struct{}  // by another delivery of a once listener's event
	inHand       inboxKey         // as the only one of its event; zero without once
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
		if !h.wait(pause) {
			h.release()
			return h.disposition
		}
	}
}

// wait waits until there may be another step, and is false when a stop, or a
// pause of the listener, comes first.
func (h *handling) wait(pause time.Duration) bool {
	s := h.subscription
	if h.blocked == nil {
		return s.sleep(pause)
	}
	select {
	case <-h.blocked:
		return true
	case <-s.patience().Done():
		return false
	}
}

// step makes the next attempt and decides what follows: a disposition, or
// another step after the pause that it returns, or once it isn't blocked any
// more. It goes on where a step ended that never returned.
func (h *handling) step() (pause time.Duration) {
	if !h.begun {
		h.begin()
	}
	if h.disposition != 0 {
		return 0
	}
	if retry := h.retry; retry != nil {
		h.retry, h.attempted = nil, false
		h.history.attempt++
		h.retried(0, retry)
	}
	if !h.attempted {
		if h.blocked = h.takeOnce(); h.blocked != nil {
			return 0
		}
		h.attempt()
	}
	return h.decide(h.outcome)
}

// awaitsAttempt tells whether the next step makes an attempt, and not just goes
// on with what one has led to.
func (h *handling) awaitsAttempt() bool {
	return h.disposition == 0 && (!h.attempted || h.retry != nil)
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
	if err == nil && h.subscription.isUncounted(&h.delivery) {
		h.recount()
	}
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
		h.delivery.Message, h.foreign = &completed, message
	}
	var err error
	h.history, err = readHistory(message.Headers)
	if message.Invalid != nil {
		err = errors.Join(fmt.Errorf("read message: %w", message.Invalid), err)
	}
	if err == nil {
		err = h.subscription.manager.checkReceivedSize(message.Body)
	}
	return Permanent(err)
}

// crashed tells that the event was delivered too often.
func (h *handling) crashed() error {
	most, count := h.subscription.listener.Policy.MaxDeliveries, h.delivery.deliveries()
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
	case errors.Is(err, errRepeated):
		h.end(Accept, &s.counters.repeated, func(of Delivered) Observation { return &EventRepeated{of} })
		return 0
	case s.base.Err() != nil:
		h.release() // a handler that the stop has cancelled didn't fail
		return 0
	}
	h.history.failed(time.Now())
	next := s.listener.Policy.next(err, h.history.attempt, h.paused, s.manager.admission.capabilities.Delay && h.key() == "")
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

// end counts what is decided, and tells the observers: last, since one may end
// the goroutine.
func (h *handling) end(disposition Disposition, counter *atomic.Uint64, describe func(of Delivered) Observation) {
	h.disposition = disposition
	if disposition != 0 {
		h.subscription.counters.inFlight.Add(-1)
		h.giveOnce()
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
