package environment

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"sync"
	"sync/atomic"
	"time"
)

// Environment is a module that was booted. It prints as its kind and name
// under every verb.
type Environment struct {
	label
	logger      *slog.Logger
	stopTimeout time.Duration

	graph     graph
	built     []*Component
	instances atomic.Pointer[map[reflect.Type]any] // nil until all are built
	derived   sync.Map                             // reflect.Type of interfaces that Get found later → any

	cause    atomic.Pointer[error]
	stopAsk  chan struct{} // closed by the first Stop
	stopping chan struct{} // closed when the first Shutdown begins
	stopped  chan struct{} // closed when it has ended; guards stopErr
	shutdown atomic.Bool
	stopErr  error
}

// New boots the module. It panics with [Boot]'s error if that isn't possible;
// long-lived services call Boot.
func New(module Part, options ...Option) *Environment {
	env, err := Boot(context.Background(), module, options...)
	if err != nil {
		panic(err)
	}
	return env
}

// Boot builds all components of the module, runs each OnInit and then each
// OnRunning. The context is given to all of them; it isn't kept.
//
// If the module can't be wired or a constructor fails, the error is a
// [*BootError]. If a hook fails, it wraps the hook's error and names the
// component: "start *shop.Server: …". If the context ends before all is
// started, it wraps both what the context says and the cause. In all cases
// everything that was built is stopped and destroyed, in reverse order and
// within the time of [StopTimeout], whatever became of the context; errors of
// that are joined. A component may then get OnStopping and OnDestroy without
// having had OnInit or OnRunning.
func Boot(ctx context.Context, module Part, options ...Option) (*Environment, error) {
	p := newPlan(module, options)
	if err := p.err(); err != nil {
		return nil, err
	}
	env := newEnvironment(p)
	began := time.Now()
	if err := env.start(ctx); err != nil {
		return nil, join(err, env.Shutdown(context.WithoutCancel(ctx)))
	}
	env.log(ctx, "environment booted",
		slog.Int("components", len(env.built)), slog.Duration("took", time.Since(began)))
	return env, nil
}

// Validate reports what Boot would report about the wiring of the module. It
// runs no user code: neither constructors nor hooks.
func Validate(module Part, options ...Option) error {
	return newPlan(module, options).err()
}

func newEnvironment(p *plan) *Environment {
	return &Environment{
		label:       label{kind: "environment", name: p.name},
		logger:      p.settings.logger,
		stopTimeout: p.settings.stopTimeout,
		graph:       p.graph,
		stopAsk:     make(chan struct{}),
		stopping:    make(chan struct{}),
		stopped:     make(chan struct{}),
	}
}

func (e *Environment) start(ctx context.Context) error {
	if err := e.build(ctx); err != nil {
		return err
	}
	e.publish()
	if err := e.runPhase(ctx, initPhase); err != nil {
		return err
	}
	if err := e.runPhase(ctx, runPhase); err != nil {
		return err
	}
	return e.interrupted(ctx)
}

// interrupted returns an error if the context of the boot has ended: both what
// the context says and the cause.
func (e *Environment) interrupted(ctx context.Context) error {
	err := ctx.Err()
	if err == nil {
		return nil
	}
	if cause := context.Cause(ctx); !errors.Is(cause, err) {
		err = fmt.Errorf("%w: %w", err, cause)
	} else {
		err = cause
	}
	return fmt.Errorf("boot module %q: %w", e.name, err)
}

// log writes a line for who debugs. A handler with a bug must not keep the
// environment from stopping.
func (e *Environment) log(ctx context.Context, message string, attrs ...slog.Attr) {
	_ = guard(func() error {
		attrs = append(attrs, slog.String("module", e.name))
		e.logger.LogAttrs(ctx, slog.LevelDebug, message, attrs...) //nolint:sloglint // the messages are constants of the callers
		return nil
	})
}

// build makes all components. They share one guarded goroutine: a boot has
// hundreds of them, and the first that fails ends it.
func (e *Environment) build(ctx context.Context) error {
	var current *Component
	e.built = make([]*Component, 0, len(e.graph.order))
	owners := make(map[any]struct{}, len(e.graph.order))
	err := guard(func() error {
		for _, c := range e.graph.order {
			if c.making == supplied { // whoever else provides it, the caller owns it
				c.own(owners)
			}
		}
		for _, c := range e.graph.order {
			current = nil
			if err := e.interrupted(ctx); err != nil {
				return err
			}
			current = c
			err := c.build(ctx, e)
			if err == nil || c.cleanup != nil {
				e.built = append(e.built, c)
			}
			if err != nil {
				return err
			}
			if c.making != supplied {
				c.own(owners)
			}
		}
		return nil
	})
	if err == nil || current == nil {
		return err
	}
	return &BootError{Module: e.name, Problems: []*Problem{{
		Kind: ErrConstruct, Summary: "construct " + current.title(), Err: err, Steps: current.buildSteps(),
	}}}
}

// publish lets Get find the instances.
func (e *Environment) publish() {
	instances := make(map[reflect.Type]any, len(e.built)+len(e.graph.interfaces))
	for _, c := range e.built {
		instances[c.typ] = c.instance
	}
	for t, c := range e.graph.interfaces {
		instances[t] = c.instance
	}
	e.instances.Store(&instances)
}
