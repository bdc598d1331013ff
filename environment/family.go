package environment

import (
	"context"
	"fmt"
	"slices"
	"sync"
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

// stopChildren shuts the children down, the youngest first.
func (f *family) stopChildren(ctx context.Context) []error {
	f.mu.Lock()
	children := slices.Clone(f.children)
	f.closed = true
	f.mu.Unlock()
	var errs []error
	for _, child := range slices.Backward(children) {
		if err := child.Shutdown(ctx); err != nil {
			errs = append(errs, fmt.Errorf("shut down the child %q: %w", child.name, err))
		}
	}
	return errs
}

// inherit gives a child components of its own in place of the parent's that are
// per environment, unless it shadows them.
func (p *plan) inherit() {
	parent := p.settings.parent
	if parent == nil {
		return
	}
	p.graph.parent = parent.graph
	for name, scope := range parent.scopes {
		if p.settings.scopes[name] == nil {
			p.settings.scopes[name] = scope
		}
	}
	for _, c := range parent.graph.components {
		if c.traits.lifetime != perEnvironment || c.making == decorating || p.graph.known(c.typ, c.traits.name) != nil {
			continue
		}
		again := newComponent(c.making, c.typ, c.origin, nil)
		again.traits, again.within, again.why, again.replaced = c.traits, c.within, c.why, c.replaced
		if c.constructor != nil {
			again.makeBy(c.constructor)
		}
		p.graph.add(again)
		again.readMarkers()
	}
}
