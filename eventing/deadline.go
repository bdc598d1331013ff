package eventing

import (
	"context"
	"sync"
	"time"
)

// lazyContext is its parent with a deadline, and done also when halt is done.
// Unlike a context of package context it costs one allocation and starts no
// timer until somebody asks for Done: most sends never wait, nor do most
// handlers.
type lazyContext struct {
	context.Context //nolint:containedctx // the parent: this is a context

	halt     context.Context //nolint:containedctx // ends all sends of a manager, or all handlers of a listener
	deadline time.Time       // zero: the parent's
	cause    error           // of the deadline

	mu      sync.Mutex
	derived *derivedContext // made on demand
}

type derivedContext struct {
	context.Context //nolint:containedctx // see lazyContext

	release func()
}

// released stands for the derived context of one that was released before it
// was needed: a field for that would take every send into the next size class.
var released = &derivedContext{}

// Deadline returns the earlier of the parent's deadline and the own one.
func (c *lazyContext) Deadline() (time.Time, bool) {
	deadline, ok := c.Context.Deadline()
	if c.deadline.IsZero() || ok && deadline.Before(c.deadline) {
		return deadline, ok
	}
	return c.deadline, true
}

// Done makes the channel.
func (c *lazyContext) Done() <-chan struct{} { return c.make().Done() }

// Err tells whether the context is done.
func (c *lazyContext) Err() error {
	if derived := c.made(); derived != nil {
		return derived.Err()
	}
	if err := c.Context.Err(); err != nil {
		return err
	}
	if c.halt.Err() != nil || !c.deadline.IsZero() && !time.Now().Before(c.deadline) {
		return c.make().Err()
	}
	return nil
}

// Value returns the parent's value; context.Cause finds the cause by it.
func (c *lazyContext) Value(key any) any {
	if derived := c.made(); derived != nil {
		return derived.Value(key)
	}
	return c.Context.Value(key)
}

// release ends the context: whoever asks later finds it done.
func (c *lazyContext) release() {
	c.mu.Lock()
	derived := c.derived
	if derived == nil {
		c.derived = released
	}
	c.mu.Unlock()
	if derived != nil && derived != released {
		derived.release()
	}
}

// made returns the derived context if there is one, or must be.
func (c *lazyContext) made() *derivedContext {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.derived == released {
		c.derived = c.ended()
	}
	return c.derived
}

func (c *lazyContext) make() *derivedContext {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch c.derived {
	case nil:
		c.derived = c.derive()
	case released:
		c.derived = c.ended()
	}
	return c.derived
}

// ended is for a released context. It holds on to nothing, so that a goroutine
// which asks after the send leaves nothing behind with the manager.
func (c *lazyContext) ended() *derivedContext {
	ctx, cancel := context.WithCancelCause(c.Context)
	cancel(context.Canceled)
	return &derivedContext{Context: ctx, release: func() {}}
}

func (c *lazyContext) derive() *derivedContext {
	ctx, cancel := context.WithCancelCause(c.Context)
	stop := context.AfterFunc(c.halt, func() { cancel(context.Cause(c.halt)) })
	if c.halt.Err() != nil {
		cancel(context.Cause(c.halt)) // now, not on the goroutine of AfterFunc
	}
	end := func() {}
	if !c.deadline.IsZero() {
		ctx, end = context.WithDeadlineCause(ctx, c.deadline, c.cause)
	}
	return &derivedContext{Context: ctx, release: func() {
		stop()
		end()
		cancel(context.Canceled)
	}}
}
