package environment

import (
	"context"
	"fmt"
)

// Initializer is a component that has work to do when all components are
// built, before any OnRunning. The context is the one given to [Boot].
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

// phase finds what a phase calls on a component.
type phase func(c *Component) []hook

func initPhase(c *Component) []hook {
	if h, ok := c.instance.(Initializer); ok && c.hooks {
		return []hook{{"OnInit", h.OnInit}}
	}
	return nil
}

func runPhase(c *Component) []hook {
	if h, ok := c.instance.(Runner); ok && c.hooks {
		return []hook{{"OnRunning", h.OnRunning}}
	}
	return nil
}

func stopPhase(c *Component) []hook {
	if h, ok := c.instance.(Stopper); ok && c.hooks {
		return []hook{{"OnStopping", h.OnStopping}}
	}
	return nil
}

func destroyPhase(c *Component) []hook {
	var hooks []hook
	if h, ok := c.instance.(Destroyer); ok && c.hooks {
		hooks = append(hooks, hook{"OnDestroy", h.OnDestroy})
	}
	if c.cleanup != nil {
		hooks = append(hooks, hook{"clean-up", c.cleanup})
	}
	return hooks
}

// runPhase calls the hooks of a phase in the order of building, up to the
// first that fails or the end of the context.
func (e *Environment) runPhase(ctx context.Context, of phase) error {
	var current *Component
	err := guard(func() error {
		for _, c := range e.built {
			for _, h := range of(c) {
				current = nil
				if err := e.interrupted(ctx); err != nil {
					return err
				}
				current = c
				if err := h.call(ctx); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err == nil || current == nil {
		return err
	}
	return fmt.Errorf("start %s: %w", current.title(), err)
}
