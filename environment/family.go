package environment

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// family is an environment's place among parents and children.
type family struct {
	parent *Environment

	mu       sync.Mutex // guards what follows
	children []*Environment
	closed   bool // no more children
}

// join makes the environment a child of its parent.
func (f *family) join(env *Environment) error {
	if f.parent == nil {
		return nil
	}
	above := &f.parent.family
	above.mu.Lock()
	defer above.mu.Unlock()
	if above.closed {
		return fmt.Errorf("boot module %q as a child of %q: %w", env.name, f.parent.name, ErrStopped)
	}
	above.children = append(above.children, env)
	return nil
}

// leave ends that.
func (f *family) leave(env *Environment) {
	if f.parent == nil {
		return
	}
	above := &f.parent.family
	above.mu.Lock()
	defer above.mu.Unlock()
	above.children = slices.DeleteFunc(above.children, func(child *Environment) bool { return child == env })
}

// stopChildren shuts the children down, the youngest first, within their share
// of the time.
func (f *family) stopChildren(ctx context.Context, share time.Duration) []error {
	f.mu.Lock()
	children := slices.Clone(f.children)
	f.closed = true
	f.mu.Unlock()
	if len(children) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, share, fmt.Errorf("environment: the time for children (%s) is over: %w",
		share.Round(time.Millisecond), context.DeadlineExceeded))
	defer cancel()
	var errs []error
	for _, child := range slices.Backward(children) {
		if err := child.Shutdown(ctx); err != nil {
			errs = append(errs, fmt.Errorf("shut down the child %q: %w", child.name, err))
		}
	}
	return errs
}

// adoptParent has the plan look for what it lacks in the parent.
func (p *plan) adoptParent() {
	parent := p.settings.parent
	if parent == nil {
		return
	}
	p.graph.parent = parent.graph
	p.tags = append(p.tags, parent.tags...)
	for name, scope := range parent.scopes {
		if p.settings.scopes[name] == nil {
			p.settings.scopes[name] = scope
		}
	}
}

// inherit gives a child components of its own in place of the parent's that are
// per environment, with their decorators, unless it shadows them.
func (p *plan) inherit() {
	if p.settings.parent == nil {
		return
	}
	parent := p.settings.parent.graph
	for _, c := range parent.components {
		if c.traits.lifetime != perEnvironment || c.making == decorating || p.graph.known(c.typ, c.traits.name, c.within, c.traits.private) != nil {
			continue
		}
		again := newComponent(c.making, c.typ, c.origin, nil)
		again.traits, again.within, again.why, again.replaced = c.traits, c.within, c.why, c.replaced
		if c.constructor != nil {
			again.makeBy(c.constructor)
		}
		p.graph.add(again)
		again.readMarkers()
		p.graph.rewrap(parent, c, again)
	}
}

// rewrap gives a component the decorators that another has in the parent.
func (g *graph) rewrap(parent *graph, c, again *Component) {
	for _, d := range parent.components {
		if d.making == decorating && d.needs[0].target() == c {
			outer := g.wrap(again, &decorator{origin: d.origin, constructor: d.constructor}, c.wrapped)
			g.rewrap(parent, d, outer)
		}
	}
}
