package eventing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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
	foreign      *Message // what was received, where delivery has a completed copy
	history      history
	paused       time.Duration // in place, in all
	begun        bool          // history is read
	attempted    bool          // outcome is that of the attempt, and not decided upon
	outcome      error

	arrival uint64    // its place in lanes
	behind  *handling // the next event of its key, which waits
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
	for {
		disposition, pause := h.step()
		if disposition != 0 {
			return disposition
		}
		if !h.subscription.sleep(pause) {
			return Release
		}
	}
}

// step makes the next attempt and decides what follows: how the delivery ends,
// or after which pause in place there is another step. It goes on where a step
// ended that never returned.
func (h *handling) step() (Disposition, time.Duration) {
	switch {
	case h.attempted: // on a goroutine that has ended
	case !h.begun:
		h.begin()
	default:
		h.history.attempt++
		h.subscription.manager.stats.retried.Add(1)
		h.attempt()
	}
	disposition, pause := h.decide(h.outcome)
	h.attempted = false
	return disposition, pause
}

// begin makes the first attempt, unless the message can't be read, or has come
// too often.
func (h *handling) begin() {
	h.begun = true
	err := h.read()
	if err == nil {
		err = h.crashed()
	}
	if err != nil {
		h.attempted, h.outcome = true, err
		return
	}
	h.attempt()
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

// attempt runs the handling chain once, with an envelope of its own, and tells
// the pipelines how it ended.
func (h *handling) attempt() {
	s, message := h.subscription, h.delivery.Message
	a := &struct {
		envelope Envelope
		ctx      deliveryContext
	}{}
	e := &a.envelope
	*e = Envelope{
		message: message, attempt: h.history.attempt,
		headers: message.Headers, shared: true,
		body: message.Body, hasRaw: true, decode: s.decode,
		run: run{chain: s.manager.chain, invoke: s.invoke},
	}
	a.ctx = deliveryContext{Context: s.manager.base, envelope: e}
	ctx := context.Context(&a.ctx)
	if timeout := s.listener.Policy.Timeout; timeout > 0 && s.batches == nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, timeout, errHandlerTimeout)
		defer cancel()
	}
	h.attempted, h.outcome = false, errGoexit
	defer func() { // also on Goexit
		h.outcome = s.manager.handleError(ctx, h.outcome)
		h.attempted = true
		s.manager.tell(ctx, e, h.outcome)
	}()
	h.outcome = h.walk(ctx, e)
}

// walk calls the chain and turns a panic into an error.
func (h *handling) walk(ctx context.Context, e *Envelope) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = newPanicError(value)
		}
	}()
	err = e.proceedHandle(ctx, h.subscription.listener)
	if err == nil && !e.run.proceeded {
		err = ErrNotProceeded
	}
	return err
}

// decide turns the end of an attempt into a disposition, or into none and the
// pause in place before another attempt.
func (h *handling) decide(err error) (Disposition, time.Duration) {
	m := h.subscription.manager
	switch {
	case err == nil:
		m.stats.handled.Add(1)
		return Accept, 0
	case errors.Is(err, Drop):
		m.stats.dropped.Add(1)
		return Accept, 0
	case m.base.Err() != nil:
		return Release, 0 // a handler that the stop has cancelled didn't fail
	}
	h.history.failed(time.Now())
	next := h.subscription.listener.Policy.next(err, h.history.attempt, h.paused, m.capabilities.Delay && h.key() == "")
	switch {
	case next.deadLetter:
		return h.deadLetter(err), 0
	case next.later > 0:
		m.stats.retried.Add(1)
		return h.republish(h.retryCopy(next.later)), 0
	}
	h.paused += next.inPlace
	return 0, next.inPlace
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
func (h *handling) deadLetter(err error) Disposition {
	s, message := h.subscription, h.delivery.Message
	disposition := h.republish(h.deadLetterCopy(err))
	if disposition != Accept {
		return disposition
	}
	s.manager.stats.deadLettered.Add(1)
	attrs := []slog.Attr{
		slog.String("event", s.listener.Event.Name), slog.String("id", message.ID.String()),
		slog.String("listener", s.listener.Name), slog.Int("attempts", h.history.attempt),
		slog.String("destination", s.queue.DeadLetter().Address()), slog.Any("error", err),
	}
	if p, ok := errors.AsType[*PanicError](err); ok {
		attrs = append(attrs, slog.String("stack", string(p.Stack)))
	}
	s.manager.config.Logger.LogAttrs(s.manager.base, slog.LevelError, "event was dead-lettered", attrs...)
	return Accept
}

// republish sends a copy and returns Accept for the original once the copy is
// confirmed. Until then the worker pauses, so that nothing is lost, and the
// listener is unhealthy.
func (h *handling) republish(message *Message) Disposition {
	s := h.subscription
	const first, longest = 100 * time.Millisecond, 10 * time.Second
	for pause := first; ; pause = min(2*pause, longest) {
		err := s.submit(message)
		if err == nil {
			s.pause(nil)
			if pause > first {
				s.manager.config.Logger.LogAttrs(s.manager.base, slog.LevelInfo, "listener goes on",
					slog.String("listener", s.listener.Name))
			}
			return Accept
		}
		err = fmt.Errorf("publish to %s: %w", message.Target, err)
		if pause == first {
			s.manager.config.Logger.LogAttrs(s.manager.base, slog.LevelWarn, "listener is held up",
				slog.String("listener", s.listener.Name), slog.Any("error", err))
		}
		s.pause(err)
		if !s.sleep(pause) {
			return Release
		}
	}
}

// submit sends a copy under a deadline of its own: the handler's may be over.
func (s *subscription) submit(message *Message) error {
	m := s.manager
	ctx, cancel := context.WithTimeout(m.base, m.config.SendTimeout)
	defer cancel()
	receipt, err := m.provider.Submit(ctx, message)
	if err != nil {
		return err
	}
	return receipt.Wait(ctx)
}
