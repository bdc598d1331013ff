package eventing

import (
	"context"
	"fmt"
	"time"
)

var errHandlerTimeout = fmt.Errorf("eventing: listener timeout: %w", context.DeadlineExceeded)

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
	a.ctx = deliveryContext{Context: s.base, envelope: &a.envelope, subscription: s}
	h.latest = &a.ctx
	return h.latest
}

// attempt runs the handling chain once, with an envelope of its own, and tells
// the pipelines how it ended.
func (h *handling) attempt() {
	m, prepared := h.subscription.manager, h.prepare()
	ctx := context.Context(prepared)
	if timeout := h.subscription.listener.Policy.Timeout; timeout > 0 && h.subscription.batches == nil {
		limited := &lazyContext{Context: ctx, halt: h.subscription.base, deadline: time.Now().Add(timeout), cause: errHandlerTimeout}
		defer limited.release()
		ctx = limited
	}
	began := m.observeFrom()
	h.attempted = false
	returned := false
	defer func() { // also on Goexit
		if !returned {
			h.outcome = newPanicError(errGoexit)
		}
		h.outcome = h.subscription.handleError(ctx, h.outcome)
		h.attempted = true
		defer h.observeAttempt(began) //nolint:contextcheck // the handling has the context
		m.tell(ctx, prepared.envelope, h.outcome)
	}()
	h.outcome = h.walk(ctx, prepared.envelope)
	returned = true
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
