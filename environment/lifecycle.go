package environment

import (
	"context"
	"fmt"
	"time"
)

// Initializer is a component that has work to do when all components are
// built, before any OnRunning. The context is the one given to [Boot]; for what is
// made later, see [Lazily], [Transient] and [Scoped].
type Initializer interface {
	OnInit(ctx context.Context) error
}

// Runner is a component that has work to do when all others are initialized:
// to accept calls, to start goroutines. The context is the one given to
// [Boot]: it must not be kept for what goes on after OnRunning has returned.
type Runner interface {
	OnRunning(ctx context.Context) error
}

// Stopper is a component that has work to do before anything is destroyed: to
// stop taking in work, and to finish what was begun. All components are still
// usable. Its context ends when four fifths of the time for the stop are over,
// which leaves some for OnDestroy.
type Stopper interface {
	OnStopping(ctx context.Context) error
}

// Destroyer is a component that has something to release. Components that
// depend on it are destroyed already. Its context ends when the time for the
// stop is over.
//
// Hooks are found on the instance, so that a component has those of a struct
// that it embeds, too: what is a component itself must not be embedded, but be
// a field with a name. An instance that several parts provide has its hooks run
// once, and so have equal values.
type Destroyer interface {
	OnDestroy(ctx context.Context) error
}

// hook is a call that a phase makes on a component.
type hook struct {
	name string
	call func(context.Context) error
}

// phase finds what a phase calls on an instance.
type phase func(i *instance) []hook

func initPhase(i *instance) []hook {
	if i.hooks {
		if h, ok := i.any.(Initializer); ok {
			return []hook{{"OnInit", h.OnInit}}
		}
	}
	return nil
}

func runPhase(i *instance) []hook {
	if i.hooks {
		if h, ok := i.any.(Runner); ok {
			return []hook{{"OnRunning", h.OnRunning}}
		}
	}
	return nil
}

func stopPhase(i *instance) []hook {
	if i.hooks {
		if h, ok := i.any.(Stopper); ok {
			return []hook{{"OnStopping", h.OnStopping}}
		}
	}
	return nil
}

func destroyPhase(i *instance) []hook {
	var hooks []hook // of few components
	if h, ok := i.any.(Destroyer); ok && i.hooks {
		hooks = append(hooks, hook{"OnDestroy", h.OnDestroy})
	}
	if i.cleanup != nil {
		hooks = append(hooks, hook{"clean-up", i.cleanup})
	}
	return hooks
}

// runPhase calls the hooks of a phase in the order of building, up to the
// first that fails or the end of the context.
func (e *Environment) runPhase(ctx context.Context, of phase, components []*Component) error {
	for _, c := range components {
		for _, h := range of(c.instance) {
			if err := e.interrupted(ctx); err != nil {
				return err
			}
			if err := e.call(ctx, c, c.instance, h, nil); err != nil {
				return fmt.Errorf("start %s: %w", c.title(), err)
			}
		}
	}
	return nil
}

// call calls a hook of an instance within its time and tells of it. The grace is
// what a hook gets beyond the end of the context; nil means that it is waited
// for, unless there is a time limit for hooks.
func (e *Environment) call(ctx context.Context, c *Component, of *instance, h hook, grace *time.Duration) error {
	began := time.Now()
	if e.hookTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, e.hookTimeout,
			fmt.Errorf("environment: the time of the hook %s (%s) is over: %w", h.name, e.hookTimeout, context.DeadlineExceeded))
		defer cancel()
		if grace == nil {
			own := hookGrace
			grace = &own
		}
	}
	var err error
	if grace == nil {
		err = e.guard(ctx, func() error { return h.call(ctx) })
	} else {
		of.abandoned, err = e.within(ctx, h, grace)
	}
	if e.observed(ctx) {
		err = join(err, e.tell(ctx, &HookCalled{Component: c, Hook: h.name, Took: time.Since(began), Err: err}))
	}
	return err
}
