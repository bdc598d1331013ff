package environment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	// hookGrace is how long all hooks of a phase together get to return when
	// its time is over, so that those that obey their context can still report
	// their own errors.
	hookGrace = 50 * time.Millisecond

	// leastGrace is what each hook gets when others have used that up: enough
	// to release something without waiting.
	leastGrace = time.Millisecond
)

// Shutdown runs each OnStopping, then each OnDestroy and clean-up function,
// in reverse order of building. It goes on past errors and joins them; each
// names its component and hook. The time of [StopTimeout] limits it, whatever
// the context allows: four fifths are for OnStopping, the rest is for what
// releases. A hook that goes on when its time is over is reported as
// [ErrAbandoned] and left behind: its goroutine is then the user's to end, and
// no other hook of its component is called, since the two might meet. What it
// depends on is released all the same.
//
// A shutdown happens once. Further calls wait for it and return its result, or
// an error when their own context ends before. A component that wants the
// program to end calls Stop; Shutdown from within a hook would wait for itself,
// until its context ends.
func (e *Environment) Shutdown(ctx context.Context) error {
	if e.shutdown.CompareAndSwap(false, true) {
		defer close(e.stopped)
		close(e.stopping)
		e.endLife()
		e.stopErr = e.stop(ctx)
		e.family.leave(e)
		return e.stopErr
	}
	select {
	case <-e.stopped:
		return e.stopErr
	default:
	}
	select {
	case <-e.stopped:
		return e.stopErr
	case <-ctx.Done():
		return fmt.Errorf("wait for the shutdown of %q: %w", e.name, context.Cause(ctx))
	}
}

// stop undoes what was built, all of it, however much of it failed.
func (e *Environment) stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, e.stopTimeout,
		fmt.Errorf("environment: the stop timeout of %s is over: %w", e.stopTimeout, context.DeadlineExceeded))
	defer cancel()
	began := time.Now()
	errs := []error{e.tell(ctx, &Stopping{Module: e.name})}
	errs = append(errs, e.family.stopChildren(ctx)...)
	deadline, _ := ctx.Deadline() // there is one
	limit := max(0, time.Until(deadline))
	reserve := limit / 5
	stopping, cancelStopping := context.WithDeadlineCause(ctx, deadline.Add(-reserve),
		fmt.Errorf("environment: the time for OnStopping (%s) is over: %w",
			(limit-reserve).Round(time.Millisecond), context.DeadlineExceeded))
	defer cancelStopping()
	built := e.snapshot(false)
	grace := min(hookGrace, reserve/2)
	errs = append(errs, e.undo(stopping, stopPhase, built, grace)...)
	all := e.closeLate()
	errs = append(errs, e.undo(stopping, stopPhase, all[len(built):], grace)...) // lazy ones that were made meanwhile
	errs = append(errs, e.undo(ctx, destroyPhase, all, hookGrace)...)
	errs = append(errs, e.health.wait(ctx))
	err := errors.Join(errs...)
	return join(err, e.tell(ctx, &Stopped{Module: e.name, Took: time.Since(began), Err: err}))
}

// endLife ends the environment's context.
func (e *Environment) endLife() {
	cause := ErrStopped
	if asked := e.cause.Load(); asked != nil && *asked != nil {
		cause = *asked
	}
	e.end(cause)
}

// closeLate has nothing more be made, and returns all that was.
func (e *Environment) closeLate() []*Component {
	e.late.mu.Lock()
	defer e.late.mu.Unlock()
	e.late.closed = true
	return e.built
}

// undo calls the hooks of a phase in reverse order of building, and goes on
// past those that fail.
func (e *Environment) undo(ctx context.Context, of phase, components []*Component, grace time.Duration) []error {
	var errs []error
	for _, c := range slices.Backward(components) {
		for _, h := range of(c.instance) {
			if c.abandoned {
				break
			}
			if err := e.call(ctx, c, c.instance, h, &grace); err != nil {
				errs = append(errs, fmt.Errorf("%s of %s: %w", h.name, c.title(), err))
			}
		}
	}
	return errs
}

// within calls the hook and waits for it, but when the context has ended not
// longer than the grace, from which it takes what it needs.
func (h hook) within(ctx context.Context, grace *time.Duration) (abandoned bool, err error) {
	done := launch(func() error { return h.call(ctx) })
	select {
	case err := <-done:
		return false, err
	case <-ctx.Done():
	}
	began := time.Now()
	timer := time.NewTimer(max(*grace, leastGrace))
	defer timer.Stop()
	defer func() { *grace -= time.Since(began) }()
	select {
	case err := <-done:
		return false, err
	case <-timer.C:
		return true, fmt.Errorf("%w: %w", ErrAbandoned, context.Cause(ctx))
	}
}

// join is [errors.Join], but leaves a single error as it is.
func join(first, second error) error {
	if second == nil {
		return first
	}
	if first == nil {
		return second
	}
	return errors.Join(first, second)
}
