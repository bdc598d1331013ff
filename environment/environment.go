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
	tags      []fieldTag   // of the module's own
	built     []*Component // in the order of building; late.mu guards it
	running   bool         // OnRunning is called, or was; late.mu guards it
	owners    *owners      // of hooks; late.mu guards it after boot
	late      creations    // of what isn't made at boot
	published atomic.Bool  // all that are made at boot are there
	up        atomic.Bool  // the boot has ended well
	derived   sync.Map     // what Get was asked for → *need

	life      context.Context //nolint:containedctx // it is what Context returns
	end       context.CancelCauseFunc
	work      context.Context //nolint:containedctx // for what is made after boot: it ends when all have stopped
	endWork   context.CancelCauseFunc
	booted    chan struct{} // closed when Boot has nothing more to build
	cause     atomic.Pointer[error]
	stopAsk   chan struct{} // closed by the first Stop
	stopping  chan struct{} // closed when the first Shutdown begins
	stopped   chan struct{} // closed when it has ended; guards stopErr
	shutdown  atomic.Bool
	abandoned atomic.Bool // by who comes first: a Shutdown that no longer waits for the boot, or the boot's end
	stopErr   error
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
		err = env.tell(ctx, &Booted{Module: env.name, Components: len(env.snapshot()), Took: time.Since(began)})
	}
	left := !env.abandoned.CompareAndSwap(false, true) // a Shutdown has given up waiting for us
	env.up.Store(err == nil && !left)
	close(env.booted)
	if err == nil {
		err = env.interrupted(ctx) // by a Shutdown meanwhile
	}
	if err == nil {
		return env, nil
	}
	err = join(err, env.tell(ctx, &BootFailed{Module: env.name, Err: err}))
	if left {
		limited, cancel := env.limit(context.WithoutCancel(ctx))
		defer cancel()
		return nil, join(err, env.stop(limited))
	}
	return nil, join(err, env.Shutdown(context.WithoutCancel(ctx)))
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
		graph:  p.graph,
		owners: &owners{},
		tags:   p.tags[len(standardTags()):],
		late: creations{
			lazy: map[*Component]*creation{}, byOwner: map[int64]*creation{}, running: map[*creation]struct{}{},
		},
		booted:   make(chan struct{}),
		stopAsk:  make(chan struct{}),
		stopping: make(chan struct{}),
		stopped:  make(chan struct{}),
	}
	e.life, e.end = context.WithCancelCause(context.WithoutCancel(ctx))
	e.work, e.endWork = context.WithCancelCause(context.WithoutCancel(ctx))
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
		if err := e.tell(ctx, &Excluded{Component: c, Why: c.why}); err != nil {
			return err
		}
	}
	if err := e.build(ctx); err != nil {
		return err
	}
	eager := e.snapshot() // what comes when it is published has its own OnInit called by who makes it
	e.published.Store(true)
	if err := e.runPhase(ctx, initPhase, eager); err != nil {
		return err
	}
	if err := e.runPhase(ctx, runPhase, e.beginRunning()); err != nil {
		return err
	}
	return e.interrupted(ctx)
}

// snapshot returns what is built so far.
func (e *Environment) snapshot() []*Component {
	e.late.mu.Lock()
	defer e.late.mu.Unlock()
	return slices.Clip(e.built)
}

// beginRunning returns what is built so far. Whatever lazy component comes later
// has its own OnRunning called by who makes it.
func (e *Environment) beginRunning() []*Component {
	e.late.mu.Lock()
	defer e.late.mu.Unlock()
	e.running = true
	return slices.Clip(e.built)
}

// interrupted returns an error if the context of the boot has ended, both what
// the context says and the cause, or if the environment is to be shut down.
func (e *Environment) interrupted(ctx context.Context) error {
	err := ctx.Err()
	if err == nil {
		select {
		case <-e.stopping:
			return fmt.Errorf("boot module %q: %w", e.name, ErrStopped)
		default:
			return nil
		}
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

// buildOne makes one component. Once its constructor has returned it counts as
// built, so that it is undone whatever then fails.
func (e *Environment) buildOne(ctx context.Context, c *Component) error {
	made := instance{}
	defer func() {
		if made.any == nil && made.cleanup == nil {
			return
		}
		e.late.mu.Lock()
		defer e.late.mu.Unlock()
		if made.hooks {
			e.owners.own(&made)
		}
		*c.instance = made
		e.built = append(e.built, c)
	}()
	return e.constructed(ctx, c, func() error { return c.construct(ctx, e, &made) })
}
