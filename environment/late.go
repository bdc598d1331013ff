package environment

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// creations are the lazy components that are being made after boot. At most one
// goroutine makes a component; who else needs it waits. User code runs without
// the lock.
type creations struct {
	mu      sync.Mutex
	running map[*Component]*creation
	byOwner map[int64]*creation // by the goroutine that makes it
	closed  bool                // nothing is made any more
}

// creation is one lazy component that is being made.
type creation struct {
	component *Component
	done      chan struct{}
	waits     *creation // for the one that its constructor needs
	err       error     // set before done is closed
}

// waitsFor returns the chain from one creation to another that it waits for.
func (c *creation) waitsFor(other *creation) []*Component {
	var chain []*Component
	for ; c != nil; c = c.waits {
		chain = append(chain, c.component)
		if c == other {
			return chain
		}
	}
	return nil
}

// obtain returns an instance for one who needs it. What is built at boot is
// there.
func (c *Component) obtain(ctx context.Context) (reflect.Value, error) {
	if c.eager {
		return c.value, nil
	}
	switch c.traits.lifetime {
	case transient:
		made, err := c.home.makeNow(ctx, c)
		return made.value, err
	case scoped:
		return c.home.fromScope(ctx, c)
	case singleton, perEnvironment:
	}
	return c.home.makeOnce(ctx, c)
}

// makeOnce returns a lazy component, which it makes unless it is there.
func (e *Environment) makeOnce(ctx context.Context, c *Component) (reflect.Value, error) {
	if c.made.Load() {
		return c.value, nil
	}
	l := &e.late
	me := goroutineID()
	l.mu.Lock()
	mine := l.byOwner[me]
	switch other := l.running[c]; {
	case c.made.Load():
		l.mu.Unlock()
		return c.value, nil
	case l.closed:
		l.mu.Unlock()
		return reflect.Value{}, fmt.Errorf("make %s: %w", c.title(), ErrStopped)
	case other != nil && mine != nil && other.waitsFor(mine) != nil:
		chain := other.waitsFor(mine)
		l.mu.Unlock()
		return reflect.Value{}, lateCycle(chain)
	case other != nil:
		if mine != nil {
			mine.waits = other
		}
		l.mu.Unlock()
		return e.await(ctx, other, mine)
	}
	own := &creation{component: c, done: make(chan struct{})}
	l.running[c] = own
	if mine != nil {
		mine.waits = own
	}
	l.mu.Unlock()
	e.create(ctx, own)
	if mine != nil {
		l.mu.Lock()
		mine.waits = nil
		l.mu.Unlock()
	}
	return c.value, own.err
}

// await waits for a creation of another goroutine.
func (e *Environment) await(ctx context.Context, other, mine *creation) (reflect.Value, error) {
	var err error
	select {
	case <-other.done:
		err = other.err
	case <-ctx.Done():
		err = fmt.Errorf("wait for %s: %w", other.component.title(), context.Cause(ctx))
	}
	if mine != nil {
		e.late.mu.Lock()
		mine.waits = nil
		e.late.mu.Unlock()
	}
	return other.component.value, err
}

// create makes a lazy component, and keeps it unless the environment has
// stopped meanwhile. An error isn't kept: the next who asks tries again.
func (e *Environment) create(ctx context.Context, own *creation) {
	l, c := &e.late, own.component
	made, err := e.makeBy(ctx, c, own)
	l.mu.Lock()
	delete(l.running, c)
	stopped := l.closed && err == nil
	if err == nil && !stopped {
		if made.hooks {
			e.owners.own(&made)
		}
		*c.instance = made
		c.made.Store(true)
		e.built = append(e.built, c)
	}
	l.mu.Unlock()
	if stopped {
		err = errors.Join(fmt.Errorf("make %s: %w", c.title(), ErrStopped), e.discard(context.WithoutCancel(ctx), c, &made))
	}
	own.err = err
	close(own.done)
}

// makeNow makes a new instance of a component.
func (e *Environment) makeNow(ctx context.Context, c *Component) (instance, error) {
	return e.makeBy(ctx, c, nil)
}

// makeBy makes an instance and calls its OnInit, and OnRunning where the
// environment runs already. It does so on a goroutine of its own, by which a
// lazy component that needs itself is noticed.
func (e *Environment) makeBy(ctx context.Context, c *Component, own *creation) (made instance, err error) {
	err = guard(func() error {
		if own != nil {
			defer e.owned(own)()
		}
		if err := e.constructed(ctx, c, func() (err error) {
			made, err = c.construct(ctx, e)
			return err
		}); err != nil {
			return err
		}
		return e.startLate(ctx, c, &made)
	})
	if err == nil {
		return made, nil
	}
	if made.value.IsValid() { // a hook has failed
		err = errors.Join(err, e.discard(context.WithoutCancel(ctx), c, &made))
	}
	return instance{}, &Problem{
		Kind: ErrConstruct, Summary: "construct " + c.title(), Err: err, Steps: c.buildSteps(),
	}
}

// owned notes which creation this goroutine is at, and returns what ends that.
func (e *Environment) owned(own *creation) func() {
	me := goroutineID()
	e.late.mu.Lock()
	e.late.byOwner[me] = own
	e.late.mu.Unlock()
	return func() {
		e.late.mu.Lock()
		delete(e.late.byOwner, me)
		e.late.mu.Unlock()
	}
}

// startLate calls the hooks that others had at boot.
func (e *Environment) startLate(ctx context.Context, c *Component, made *instance) error {
	hooks := initPhase(made)
	if c.traits.lifetime != transient && e.running.Load() {
		hooks = append(hooks, runPhase(made)...)
	}
	for _, h := range hooks {
		if err := e.call(ctx, c, made, h, nil); err != nil {
			return fmt.Errorf("%s: %w", h.name, err)
		}
	}
	return nil
}

// fromScope returns the instance that belongs to the context.
func (e *Environment) fromScope(ctx context.Context, c *Component) (value reflect.Value, err error) {
	err = guard(func() error {
		found, err := e.scopes[c.traits.scope].Get(ctx, c, func(ctx context.Context) (*Instance, error) {
			made, err := e.makeNow(ctx, c)
			return &Instance{component: c, made: made}, err
		})
		if err != nil {
			return err
		}
		if found == nil || !found.made.value.IsValid() {
			return fmt.Errorf("the scope %q returned no instance", c.traits.scope)
		}
		value = found.made.value
		return nil
	})
	return value, err
}

// discard undoes the making of an instance that no list of the environment has.
func (e *Environment) discard(ctx context.Context, c *Component, made *instance) error {
	var errs []error
	for _, h := range append(stopPhase(made), destroyPhase(made)...) {
		if made.abandoned {
			break
		}
		if err := e.call(ctx, c, made, h, nil); err != nil {
			errs = append(errs, fmt.Errorf("%s of %s: %w", h.name, c.title(), err))
		}
	}
	return errors.Join(errs...)
}

// lateCycle is the error of a lazy component whose constructor asks for itself.
func lateCycle(chain []*Component) error {
	names := make([]string, 0, len(chain)+1)
	steps := make([]Step, 0, len(chain))
	for _, c := range chain {
		names = append(names, c.title())
		steps = append(steps, Step{What: c.title(), Place: c.at()})
	}
	return &Problem{
		Kind: ErrCycle, Summary: "cycle " + strings.Join(append(names, chain[0].title()), " -> ") + ", by Get within a constructor",
		Steps: steps, Hint: "take environment.Lazy, and call its Get after the construction",
	}
}
