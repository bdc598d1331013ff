package eventing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
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
	paused       time.Duration // in place, in all
	attempted    bool          // outcome is that of the attempt
	outcome      error
}

// deliveryContext is the context of one attempt. It makes the envelope known
// without the allocation that context.WithValue costs.
type deliveryContext struct {
	context.Context //nolint:containedctx // the parent: this is a context

	envelope     *Envelope
	subscription *subscription
}

// Value returns the envelope, the subscription, or the parent's value.
func (c *deliveryContext) Value(key any) any {
	switch key {
	case envelopeKey{}:
		return c.envelope
	case subscriptionKey{}:
		return c.subscription
	}
	return c.Context.Value(key)
}

// run makes attempts until the policy ends them. It goes on where a run ended
// that never returned.
func (h *handling) run() Disposition {
	if !h.attempted {
		err := h.read()
		if err == nil {
			err = h.crashed()
		}
		if err != nil {
			h.attempted, h.outcome = true, err
		} else {
			h.attempt()
		}
	}
	for {
		disposition := h.decide(h.outcome)
		if disposition != 0 {
			return disposition
		}
		h.history.attempt++
		h.subscription.manager.stats.retried.Add(1)
		h.attempt()
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
	a.ctx = deliveryContext{Context: s.base, envelope: e, subscription: s}
	ctx := context.Context(&a.ctx)
	if timeout := s.listener.Policy.Timeout; timeout > 0 {
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

// decide turns the end of an attempt into a disposition, or into none after
// the pause before another attempt.
func (h *handling) decide(err error) Disposition {
	m := h.subscription.manager
	switch {
	case err == nil:
		m.stats.handled.Add(1)
		return Accept
	case errors.Is(err, Drop):
		m.stats.dropped.Add(1)
		return Accept
	case h.subscription.base.Err() != nil:
		return Release // a handler that the stop has cancelled didn't fail
	}
	h.history.failed(time.Now())
	next := h.subscription.listener.Policy.next(err, h.history.attempt, h.paused, m.capabilities.Delay)
	switch {
	case next.deadLetter:
		return h.deadLetter(err)
	case next.later > 0:
		m.stats.retried.Add(1)
		return h.republish(h.retryCopy(next.later))
	}
	h.paused += next.inPlace
	if !h.subscription.sleep(next.inPlace) {
		return Release
	}
	return 0
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
			s.holdUp(nil)
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
		s.holdUp(err)
		if !s.sleep(pause) {
			return Release
		}
	}
}

// submit sends a copy under a deadline of its own: the handler's may be over.
func (s *subscription) submit(message *Message) error {
	m := s.manager
	ctx, cancel := context.WithTimeout(s.base, m.config.SendTimeout)
	defer cancel()
	receipt, err := m.provider.Submit(ctx, message)
	if err != nil {
		return err
	}
	return receipt.Wait(ctx)
}

// history is what is known of the earlier attempts to handle an event.
type history struct {
	attempt      int // the number of the current one, from 1
	publication  int // how often the event was published again
	firstFailure time.Time
	lastFailure  time.Time
}

func readHistory(headers []Header) (history, error) {
	h := history{attempt: 1}
	var errs []error
	number := func(key string, into *int) {
		text, ok := lookupHeader(headers, key)
		if !ok {
			return
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 1_000_000 {
			errs = append(errs, fmt.Errorf("header %s=%q is no number of attempts", key, abbreviate(text)))
			return
		}
		*into = n
	}
	number(headerAttempt, &h.attempt)
	number(headerPublication, &h.publication)
	if text, ok := lookupHeader(headers, headerFirstFailure); ok {
		t, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			errs = append(errs, fmt.Errorf("header %s=%q is no time of RFC 3339", headerFirstFailure, abbreviate(text)))
		}
		h.firstFailure = t
	}
	return h, errors.Join(errs...)
}

func (h *history) failed(now time.Time) {
	if h.firstFailure.IsZero() {
		h.firstFailure = now
	}
	h.lastFailure = now
}
