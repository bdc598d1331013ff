package environment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// HealthChecker is a component that can tell whether it works. *EventManager of
// package eventing is one.
type HealthChecker interface {
	// Health returns nil if the component works, else what is wrong. It must
	// obey its context and be safe for concurrent use.
	Health(ctx context.Context) error
}

// HealthReport is what all checkers have said.
type HealthReport struct {
	// Healthy tells whether the environment runs and all checks have passed.
	Healthy bool
	// Err is what is wrong with the environment itself: [ErrBooting] until Boot
	// has ended, [ErrStopped] from Shutdown on.
	Err error
	// Checks are the checks, in the order of building.
	Checks []HealthCheck
}

// HealthCheck is what one component has said.
type HealthCheck struct {
	// Component is the component that was asked.
	Component *Component
	// Err is nil if it works.
	Err error
	// Checked is when the check began: earlier than now, where the result was
	// kept; see [HealthCache].
	Checked time.Time
	// Took is how long it took.
	Took time.Duration
}

// defaultHealthTimeout is shorter than what a cluster gives a probe by its
// standard settings with several tries.
const defaultHealthTimeout = 5 * time.Second

// HealthTimeout limits each check of [Environment.Health]. Zero means the
// default of 5 seconds; a negative value is a problem. A check that ignores its
// context is reported as failed, and isn't called again until it has returned.
func HealthTimeout(timeout time.Duration) Option {
	return newOption("health timeout", func(s *settings, o *option) {
		if timeout < 0 {
			o.invalid(s, "invalid environment.HealthTimeout: "+timeout.String()+" is negative", "leave it out for "+defaultHealthTimeout.String())
			return
		}
		s.healthTimeout = cmp.Or(timeout, defaultHealthTimeout)
	})
}

// HealthCache keeps each result for this time, so that frequent probes don't
// load what is checked. Zero, the default, keeps none; a negative value is a
// problem.
func HealthCache(keep time.Duration) Option {
	return newOption("health cache", func(s *settings, o *option) {
		if keep < 0 {
			o.invalid(s, "invalid environment.HealthCache: "+keep.String()+" is negative", "leave it out to keep nothing")
			return
		}
		s.healthCache = keep
	})
}

// health is the checks of an environment.
type health struct {
	timeout time.Duration
	keep    time.Duration

	mu     sync.Mutex
	checks map[*Component]*check
	closed bool // no check begins any more
}

// check is the state of one checker.
type check struct {
	running chan struct{} // closed when it has ended; nil while it doesn't run
	last    HealthCheck
}

// Health asks all components that are a [HealthChecker], at the same time, and
// waits for their answers within the time of [HealthTimeout] and ctx. Lazy
// components are asked once they are made; those of parents and children
// aren't.
func (e *Environment) Health(ctx context.Context) HealthReport {
	report := HealthReport{Healthy: true}
	switch {
	case e.shutdown.Load():
		report.Healthy, report.Err = false, fmt.Errorf("environment %q: %w", e.name, ErrStopped)
		return report
	case !e.up.Load():
		report.Healthy, report.Err = false, fmt.Errorf("environment %q: %w", e.name, ErrBooting)
		return report
	}
	type asked struct {
		component *Component
		began     time.Time
		done      <-chan struct{}
	}
	ctx, cancel := context.WithTimeout(ctx, e.health.timeout)
	defer cancel()
	var all []asked
	for _, c := range e.snapshot() {
		if checker, ok := c.any.(HealthChecker); ok {
			all = append(all, asked{c, time.Now(), e.health.ask(ctx, c, checker)})
		}
	}
	for _, one := range all {
		result := e.health.answer(ctx, one.component, one.began, one.done)
		report.Healthy = report.Healthy && result.Err == nil
		report.Checks = append(report.Checks, result)
	}
	return report
}

// ask begins a check, unless it runs already or its last result is to be kept.
func (h *health) ask(ctx context.Context, c *Component, checker HealthChecker) <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	state := h.checks[c]
	if state == nil {
		state = &check{}
		h.checks[c] = state
	}
	began := time.Now()
	switch {
	case state.running != nil:
		return state.running
	case h.closed:
		state.last = HealthCheck{Component: c, Err: ErrStopped, Checked: began}
		return nil
	case h.keep > 0 && !state.last.Checked.IsZero() && began.Sub(state.last.Checked) < h.keep:
		return nil
	}
	done := make(chan struct{})
	state.running = done
	// The check may outlive the one who asked first: others wait for it too.
	checking, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.timeout)
	go func() { // wait waits for it
		defer cancel()
		err := guard(func() error { return checker.Health(checking) })
		h.mu.Lock()
		state.last = HealthCheck{Component: c, Err: err, Checked: began, Took: time.Since(began)}
		state.running = nil
		h.mu.Unlock()
		close(done)
	}()
	return done
}

// answer waits for a check. A nil channel means that the last result is kept.
func (h *health) answer(ctx context.Context, c *Component, began time.Time, done <-chan struct{}) HealthCheck {
	if done != nil {
		select {
		case <-done:
		case <-ctx.Done():
			select {
			case <-done:
			default:
				return HealthCheck{
					Component: c, Checked: began, Took: time.Since(began),
					Err: fmt.Errorf("health of %s: no answer in time: %w", c.title(), context.Cause(ctx)),
				}
			}
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.checks[c].last
}

// wait lets no check begin any more, and waits for those that run until ctx is
// done.
func (h *health) wait(ctx context.Context) error {
	h.mu.Lock()
	h.closed = true
	running := map[*Component]<-chan struct{}{}
	for c, state := range h.checks {
		if state.running != nil {
			running[c] = state.running
		}
	}
	h.mu.Unlock()
	var errs []error
	for c, done := range running {
		select {
		case <-done:
			continue
		case <-ctx.Done():
		}
		select {
		case <-done:
		default:
			errs = append(errs, fmt.Errorf("health of %s: %w: %w", c.title(), ErrAbandoned, context.Cause(ctx)))
		}
	}
	return errors.Join(errs...)
}
