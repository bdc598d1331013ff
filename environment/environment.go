package environment

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aspyx-go/aspyx/environment/config"
)

// Environment is a module that was booted. It prints as its kind and name
// under every verb.
type Environment struct {
	label
	logger      *slog.Logger
	observers   []Observer
	stopTimeout time.Duration
	hookTimeout time.Duration
	config      *config.Values
	features    map[string]bool
	scopes      map[string]Scope
	family      family
	health      health

	graph     *graph
	built     []*Component // in the order of building; late.mu guards it after boot
	owners    *owners      // of hooks
	late      creations    // of lazy components
	running   atomic.Bool  // OnRunning is called, or was
	published atomic.Bool  // all that are made at boot are there
	derived   sync.Map     // what Get was asked for → *need

	life     context.Context //nolint:containedctx // it is what Context returns
	end      context.CancelCauseFunc
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
	env := newEnvironment(ctx, p)
	if err := env.family.join(env); err != nil {
		return nil, err
	}
	began := time.Now()
	err := env.start(ctx)
	if err == nil {
		err = env.tell(ctx, &Booted{Module: env.name, Components: len(env.built), Took: time.Since(began)})
	}
	if err != nil {
		err = join(err, env.tell(ctx, &BootFailed{Module: env.name, Err: err}))
		return nil, join(err, env.Shutdown(context.WithoutCancel(ctx)))
	}
	return env, nil
}

// Validate reports what Boot would report about the wiring of the module. It
// runs no user code but what reads the configuration: neither constructors nor
// hooks.
func Validate(module Part, options ...Option) error {
	return newPlan(module, options).err()
}

func newEnvironment(ctx context.Context, p *plan) *Environment {
	e := &Environment{
		label:       label{kind: "environment", name: p.name},
		logger:      p.settings.logger,
		observers:   p.settings.observers,
		stopTimeout: p.settings.stopTimeout,
		hookTimeout: p.settings.hookTimeout,
		config:      p.config,
		features:    p.settings.features,
		scopes:      p.settings.scopes,
		family:      family{parent: p.settings.parent},
		health: health{
			timeout: p.settings.healthTimeout, keep: p.settings.healthCache, checks: map[*Component]*check{},
		},
		graph:    p.graph,
		owners:   &owners{},
		late:     creations{running: map[*Component]*creation{}, byOwner: map[int64]*creation{}},
		stopAsk:  make(chan struct{}),
		stopping: make(chan struct{}),
		stopped:  make(chan struct{}),
	}
	e.life, e.end = context.WithCancelCause(context.WithoutCancel(ctx))
	instances := make([]instance, len(p.graph.components))
	for i, c := range p.graph.components {
		c.home = e
		if c.instance == nil {
			c.instance = &instances[i]
		}
	}
	return e
}

// Context is done when the environment is asked to shut down: it is for what
// components do in goroutines of their own. Its cause is that given to
// [Environment.Stop], else [ErrStopped]. It has the values of Boot's context.
func (e *Environment) Context() context.Context { return e.life }

func (e *Environment) start(ctx context.Context) error {
	for _, c := range e.graph.excluded {
		if !e.observed(ctx) {
			break
		}
		if err := e.tell(ctx, &Excluded{Component: c, Why: c.why}); err != nil {
			return err
		}
	}
	if err := e.build(ctx); err != nil {
		return err
	}
	e.published.Store(true)
	if err := e.runPhase(ctx, initPhase, e.snapshot(false)); err != nil {
		return err
	}
	if err := e.runPhase(ctx, runPhase, e.snapshot(true)); err != nil {
		return err
	}
	return e.interrupted(ctx)
}

// snapshot returns what is built so far. Whatever lazy component comes when
// others begin to run has its own OnRunning called by who makes it.
func (e *Environment) snapshot(run bool) []*Component {
	e.late.mu.Lock()
	defer e.late.mu.Unlock()
	if run {
		e.running.Store(true)
	}
	return slices.Clip(e.built)
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

// build makes all components that aren't lazy. They share one guarded
// goroutine: a boot has hundreds of them, and the first that fails ends it.
func (e *Environment) build(ctx context.Context) error {
	var current *Component
	e.built = make([]*Component, 0, len(e.graph.order))
	err := guard(func() error {
		for _, c := range e.graph.order {
			if c.making == supplied { // whoever else provides it, the caller owns it
				if c.any = c.value.Interface(); hasAnyHook(c.any) {
					e.owners.own(c.instance)
				}
			}
		}
		for _, c := range e.graph.order {
			if !c.eager {
				continue
			}
			current = nil
			if err := e.interrupted(ctx); err != nil {
				return err
			}
			current = c
			if err := e.buildOne(ctx, c); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil || current == nil {
		return err
	}
	current.failed = true
	return &BootError{Module: e.name, graph: e.graph, Problems: []*Problem{{
		Kind: ErrConstruct, Summary: "construct " + current.title(), Err: err, Steps: current.buildSteps(),
	}}}
}

func (e *Environment) buildOne(ctx context.Context, c *Component) error {
	return e.constructed(ctx, c, func() error {
		made, err := c.construct(ctx, e)
		if err == nil || made.cleanup != nil {
			*c.instance = made
			e.built = append(e.built, c)
		}
		if err == nil && made.hooks {
			e.owners.own(c.instance)
		}
		return err
	})
}
