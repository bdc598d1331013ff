package environment

import (
	"context"
	"errors"
	"fmt"
	"reflect"
)

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

// makeOnce returns a lazy component, which it has made unless it is there. It is
// made with the environment's own context, since it outlives who asks first;
// each who asks waits with a context of their own. An error isn't kept: the next
// who asks tries again.
func (e *Environment) makeOnce(ctx context.Context, c *Component) (reflect.Value, error) {
	if c.made.Load() {
		return c.value, nil
	}
	asker, l := e.asker(ctx), &e.late
	l.mu.Lock()
	if c.made.Load() {
		l.mu.Unlock()
		return c.value, nil
	}
	own := l.lazy[c]
	if own == nil {
		var err error
		if own, err = l.begin(c, asker); err != nil {
			l.mu.Unlock()
			return reflect.Value{}, err
		}
		l.lazy[c] = own
		go e.create(own) //nolint:contextcheck // it outlives who asks; closeLate waits for it
	} else if asker != nil {
		if path := own.leadsTo(asker); path != nil {
			l.mu.Unlock()
			return reflect.Value{}, lateCycle(path)
		}
		asker.waits = append(asker.waits, own)
	}
	l.mu.Unlock()
	return e.await(ctx, own, asker)
}

// await waits for a creation of another goroutine.
func (e *Environment) await(ctx context.Context, own, asker *creation) (reflect.Value, error) {
	if asker != nil {
		defer func() {
			e.late.mu.Lock()
			asker.unwait(own)
			e.late.mu.Unlock()
		}()
	}
	select {
	case <-own.done:
		return own.made.value, own.err
	case <-ctx.Done():
		return reflect.Value{}, fmt.Errorf("wait for %s: %w", own.component.title(), context.Cause(ctx))
	}
}

// awaitEntry waits for what another goroutine makes for the same scope.
func (e *Environment) awaitEntry(ctx context.Context, entry *scopeEntry) error {
	select {
	case <-entry.begun:
	case <-ctx.Done():
		return fmt.Errorf("wait for %s: %w", entry.component.title(), context.Cause(ctx))
	}
	asker, l := e.asker(ctx), &e.late
	if asker != nil && entry.own != nil {
		l.mu.Lock()
		if path := entry.own.leadsTo(asker); path != nil {
			l.mu.Unlock()
			return lateCycle(path)
		}
		asker.waits = append(asker.waits, entry.own)
		l.mu.Unlock()
		defer func() {
			l.mu.Lock()
			asker.unwait(entry.own)
			l.mu.Unlock()
		}()
	}
	select {
	case <-entry.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for %s: %w", entry.component.title(), context.Cause(ctx))
	}
}

// create makes a lazy component and keeps it.
func (e *Environment) create(own *creation) {
	l, c := &e.late, own.component
	ctx := context.WithValue(e.work, creationKey{}, own)
	made, err := e.makeBy(ctx, c, e.keep)
	l.mu.Lock()
	delete(l.lazy, c)
	if err == nil {
		own.made = made
	}
	l.mu.Unlock()
	own.err = err
	l.end(own)
	close(own.done)
}

// keep takes in a lazy component whose OnInit was called. If the others run
// already its OnRunning is called first, else it is called with theirs.
func (e *Environment) keep(ctx context.Context, c *Component, made *instance) error {
	l := &e.late
	l.mu.Lock()
	runs := e.running
	if !runs {
		e.adopt(c, made)
	}
	l.mu.Unlock()
	if !runs {
		return nil
	}
	if err := e.callAll(ctx, c, made, runPhase(made)); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return ErrStopped
	}
	e.adopt(c, made)
	return nil
}

// adopt makes the instance that of the component. The caller holds late.mu.
func (e *Environment) adopt(c *Component, made *instance) {
	*c.instance = *made
	e.built = append(e.built, c)
	c.made.Store(true)
}

// makeNow makes a new instance of a transient or scoped component.
func (e *Environment) makeNow(ctx context.Context, c *Component) (instance, error) {
	asker, l := e.asker(ctx), &e.late
	l.mu.Lock()
	own, err := l.begin(c, asker)
	l.mu.Unlock()
	if entry := scopeEntryOf(ctx, c); entry != nil {
		entry.begin(own)
	}
	if err != nil {
		return instance{}, err
	}
	defer l.end(own)
	return e.makeBy(context.WithValue(ctx, creationKey{}, own), c, func(ctx context.Context, c *Component, made *instance) error {
		if c.traits.lifetime == transient {
			return nil
		}
		if err := e.callAll(ctx, c, made, runPhase(made)); err != nil {
			return err
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.over {
			return ErrStopped
		}
		return nil
	})
}

// makeBy makes an instance, calls its OnInit, and then keep. What fails on the
// way is undone.
func (e *Environment) makeBy(ctx context.Context, c *Component, keep func(context.Context, *Component, *instance) error) (instance, error) {
	var made instance
	err := e.guard(ctx, func() error {
		return e.constructed(ctx, c, func() error { return c.construct(ctx, e, &made) })
	})
	claimed := e.claim(c, &made)
	if err == nil {
		err = e.callAll(ctx, c, &made, initPhase(&made))
	}
	if err == nil {
		err = keep(ctx, c, &made)
	}
	if err == nil {
		return made, nil
	}
	if claimed {
		e.disclaim(&made)
	}
	return instance{}, &Problem{
		Kind: ErrConstruct, Summary: "construct " + c.title(),
		Err: errors.Join(err, e.discard(context.WithoutCancel(ctx), c, &made)), Steps: c.buildSteps(),
	}
}

// claim has the component run the hooks of its instance, unless another
// component does, which shares it. It tells whether it is the owner now.
func (e *Environment) claim(c *Component, made *instance) bool {
	if !made.hooks {
		return false
	}
	e.late.mu.Lock()
	defer e.late.mu.Unlock()
	if !c.traits.isSingleton() {
		made.hooks = !e.owners.has(made)
		return false
	}
	e.owners.own(made)
	return made.hooks
}

func (e *Environment) disclaim(made *instance) {
	e.late.mu.Lock()
	defer e.late.mu.Unlock()
	e.owners.forget(made)
}

// callAll calls hooks of an instance up to the first that fails.
func (e *Environment) callAll(ctx context.Context, c *Component, made *instance, hooks []hook) error {
	for _, h := range hooks {
		if err := e.call(ctx, c, made, h, nil); err != nil {
			return fmt.Errorf("%s: %w", h.name, err)
		}
	}
	return nil
}

// fromScope returns the instance that belongs to the context.
func (e *Environment) fromScope(ctx context.Context, c *Component) (value reflect.Value, err error) {
	asker := e.asker(ctx)
	for above := asker; above != nil; above = above.parent {
		if above.component == c { // the scope would wait for itself
			return value, lateCycle(above.pathTo(asker))
		}
	}
	if asker != nil {
		ctx = context.WithValue(ctx, creationKey{}, asker)
	}
	err = e.guard(ctx, func() error {
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
	if err != nil {
		return reflect.Value{}, err
	}
	return value, nil
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
