package eventing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"
)

var (
	errGoexit         = errors.New("the handler has ended its goroutine by runtime.Goexit")
	errHandlerTimeout = fmt.Errorf("eventing: listener timeout: %w", context.DeadlineExceeded)
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
	began        bool             // the message was read
	inHand       inboxKey         // as the only one of its event; zero without once
	attempted    bool             // outcome is that of the attempt
	outcome      error
	disposition  Disposition // once it is decided
}

// deliveryContext is the context of one attempt. It makes the envelope known
// without the allocation that context.WithValue costs.
type deliveryContext struct {
	context.Context //nolint:containedctx // the parent: this is a context

	envelope *Envelope
}

// Value returns the envelope, or the parent's value.
func (c *deliveryContext) Value(key any) any {
	if key == (envelopeKey{}) {
		return c.envelope
	}
	return c.Context.Value(key)
}

// run makes attempts until the policy ends them. It goes on where a run ended
// that never returned.
func (h *handling) run() Disposition {
	if !h.began {
		h.begin()
	}
	for h.disposition == 0 {
		if !h.attempted {
			h.attempt()
		}
		h.decide(h.outcome)
	}
	h.giveOnce()
	return h.disposition
}

// begin reads the message. What it says may be an outcome without an attempt.
func (h *handling) begin() {
	h.began = true
	h.subscription.counters.inFlight.Add(1)
	err := h.read()
	if err == nil {
		err = h.crashed()
	}
	h.attempted, h.outcome = err != nil, err
	switch {
	case err != nil:
	case h.subscription.isUncounted(&h.delivery):
		h.recount()
	case !h.takeOnce():
		h.release()
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
		h.delivery.Message = &completed
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

// prepare makes the envelope and the context of an attempt.
func (h *handling) prepare() *deliveryContext {
	s, message := h.subscription, h.delivery.Message
	a := &struct {
		envelope Envelope
		ctx      deliveryContext
	}{}
	a.envelope = Envelope{
		message: message, attempt: h.history.attempt,
		headers: message.Headers, shared: true,
		body: message.Body, hasRaw: true, decode: s.decode,
		run: run{chain: s.manager.chain, invoke: s.invoke},
	}
	a.ctx = deliveryContext{Context: s.manager.base, envelope: &a.envelope}
	h.latest = &a.ctx
	return h.latest
}

// attempt runs the handling chain once, with an envelope of its own, and tells
// the pipelines how it ended.
func (h *handling) attempt() {
	m, prepared := h.subscription.manager, h.prepare()
	ctx := context.Context(prepared)
	if timeout := h.subscription.listener.Policy.Timeout; timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, timeout, errHandlerTimeout)
		defer cancel()
	}
	began := m.observeFrom()
	h.attempted, h.outcome = false, errGoexit
	defer func() { // also on Goexit
		h.outcome = m.handleError(ctx, h.outcome)
		h.attempted = true
		defer h.observeAttempt(began) //nolint:contextcheck // the handling has the context
		m.tell(ctx, prepared.envelope, h.outcome)
	}()
	h.outcome = h.walk(ctx, prepared.envelope)
	if h.outcome == nil && h.subscription.listener.Once {
		h.record()
	}
}

// walk calls the chain and turns a panic into an error.
func (h *handling) walk(ctx context.Context, e *Envelope) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = newPanicError(value)
		}
	}()
	if h.subscription.listener.Once {
		if err := h.lookUp(ctx); err != nil {
			return err
		}
	}
	err = e.proceedHandle(ctx, h.subscription.listener)
	if err == nil && !e.run.proceeded {
		err = ErrNotProceeded
	}
	return err
}

// decide turns the end of an attempt into a disposition, or into none after
// the pause before another attempt.
func (h *handling) decide(err error) {
	m, counters := h.subscription.manager, &h.subscription.counters
	switch {
	case err == nil:
		h.end(Accept, &counters.handled, func(of Delivered) Observation { return &EventHandled{of} })
		return
	case errors.Is(err, Drop):
		h.end(Accept, &counters.dropped, func(of Delivered) Observation { return &EventDropped{of} })
		return
	case errors.Is(err, errRepeated):
		h.end(Accept, &counters.repeated, func(of Delivered) Observation { return &EventRepeated{of} })
		return
	case m.base.Err() != nil:
		h.release() // a handler that the stop has cancelled didn't fail
		return
	}
	h.history.failed(time.Now())
	next := h.subscription.listener.Policy.next(err, h.history.attempt, h.paused, m.capabilities.Delay)
	switch {
	case next.deadLetter:
		h.deadLetter(err)
	case next.later > 0:
		if h.republish(h.retryCopy(next.later)) {
			h.retried(Accept, &EventRetried{After: next.later, Err: err})
		}
	default:
		h.paused += next.inPlace
		if !h.subscription.sleep(next.inPlace) {
			h.release()
			return
		}
		h.attempted = false
		h.history.attempt++
		h.retried(0, &EventRetried{After: next.inPlace, InPlace: true, Err: err})
	}
}

// end counts what is decided, and tells the observers: last, since one may end
// the goroutine.
func (h *handling) end(disposition Disposition, counter *atomic.Uint64, describe func(of Delivered) Observation) {
	h.disposition = disposition
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

// sleep waits, and is false when the stop comes first.
func (s *subscription) sleep(d time.Duration) bool { return sleep(s.intake, d) }

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

// deadLetter puts the event aside, with the reason.
func (h *handling) deadLetter(err error) {
	if !h.republish(h.deadLetterCopy(err)) {
		return
	}
	s, message := h.subscription, h.delivery.Message
	attrs := []slog.Attr{
		slog.String("event", s.listener.Event.Name), slog.String("id", message.ID.String()),
		slog.String("listener", s.listener.Name), slog.Int("attempts", h.history.attempt),
		slog.String("destination", s.queue.DeadLetter().Address()), slog.Any("error", err),
	}
	if p, ok := errors.AsType[*PanicError](err); ok {
		attrs = append(attrs, slog.String("stack", string(p.Stack)))
	}
	s.manager.config.Logger.LogAttrs(s.manager.base, slog.LevelError, "event was dead-lettered", attrs...)
	h.end(Accept, &s.counters.deadLettered, func(of Delivered) Observation {
		return &EventDeadLettered{Delivered: of, Attempts: h.history.attempt, Err: err}
	})
}
