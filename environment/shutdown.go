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
// an error when their own context ends before. While the environment boots, it
// makes Boot fail with [ErrStopped], and waits for that. A component that wants
// the program to end calls Stop; Shutdown from within a constructor, a hook or an
// observer would wait for itself, until its context or the stop timeout ends.
//
// What is lazy, transient or scoped can be made until all OnStopping have
// returned; what is being made then is waited for. Contexts of a scope are the
// program's to end before.
func (e *Environment) Shutdown(ctx context.Context) error {
	if e.shutdown.CompareAndSwap(false, true) {
		defer close(e.stopped)
		close(e.stopping)
		e.endLife()
		limited, cancel := e.limit(ctx)
		defer cancel()
		if e.stopErr = e.awaitBoot(limited); e.stopErr == nil {
			e.stopErr = e.stop(limited)
		}
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

// awaitBoot waits until a boot that still goes on has noticed the stop. If it
// doesn't in time, Boot itself undoes what it has built.
func (e *Environment) awaitBoot(ctx context.Context) error {
	select {
	case <-e.booted:
		return nil
	default:
	}
	select {
	case <-e.booted:
		return nil
	case <-ctx.Done():
	}
	if e.abandoned.CompareAndSwap(false, true) {
		return fmt.Errorf("shut down %q: its boot still goes on, and undoes itself when it ends: %w", e.name, ErrAbandoned)
	}
	return nil // it has ended just now
}

// limit returns a context that ends with the stop timeout at the latest.
func (e *Environment) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, e.stopTimeout,
		fmt.Errorf("environment: the stop timeout of %s is over: %w", e.stopTimeout, context.DeadlineExceeded))
}

// stop undoes what was built, all of it, however much of it failed. Its context
// has a deadline.
func (e *Environment) stop(ctx context.Context) error {
	began := time.Now()
	errs := []error{e.tell(ctx, &Stopping{Module: e.name})}
	deadline, _ := ctx.Deadline() // there is one
	limit := max(0, time.Until(deadline))
	reserve := limit / 5
	stopping, cancelStopping := context.WithDeadlineCause(ctx, deadline.Add(-reserve),
		fmt.Errorf("environment: the time for OnStopping (%s) is over: %w",
			(limit-reserve).Round(time.Millisecond), context.DeadlineExceeded))
	defer cancelStopping()
	errs = append(errs, e.family.stopChildren(stopping, (limit-reserve)/2)...)
	errs = append(errs, e.quiesce(stopping, min(hookGrace, reserve/2))...)
	e.endWork(ErrStopped)
	errs = append(errs, e.undo(ctx, destroyPhase, e.snapshot(), hookGrace)...)
	err := errors.Join(errs...)
	return join(err, e.tell(ctx, &Stopped{Module: e.name, Took: time.Since(began), Err: err}))
}

// quiesce calls each OnStopping, also of those that are made meanwhile, and
// waits for all that is under way: nothing may use what is then destroyed.
func (e *Environment) quiesce(ctx context.Context, grace time.Duration) []error {
	built := e.snapshot()
	errs := e.undo(ctx, stopPhase, built, grace)
	errs = append(errs, e.closeLate(ctx))
	errs = append(errs, e.undo(ctx, stopPhase, e.snapshot()[len(built):], grace)...)
	return append(errs, e.health.wait(ctx))
}

// endLife ends the environment's context.
func (e *Environment) endLife() {
	cause := ErrStopped
	if asked := e.cause.Load(); asked != nil && *asked != nil {
		cause = *asked
	}
	e.end(cause)
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
func (e *Environment) within(ctx context.Context, h hook, grace *time.Duration) (abandoned bool, err error) {
	done := e.launch(ctx, func() error { return h.call(ctx) })
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
