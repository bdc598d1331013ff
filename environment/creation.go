package environment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// creation is one component that is being made after boot: lazy, transient or
// scoped. It knows who asked for it, so that a component which needs itself is
// noticed on its way, on whatever goroutine.
type creation struct {
	component *Component
	parent    *creation   // whose making asked for this one; may be nil
	waits     []*creation // those that this one waits for now: more than one where it asks on several goroutines
	made      instance
	err       error
	done      chan struct{} // closed when made and err are set
}

// creations are those of one environment. User code runs without the lock.
type creations struct {
	mu      sync.Mutex
	lazy    map[*Component]*creation // at most one goroutine makes a lazy one
	byOwner map[int64]*creation      // by the goroutines that run user code for it
	running map[*creation]struct{}
	idle    chan struct{} // closed when the last one has ended after closed was set
	closed  bool          // nothing is made any more
	over    bool          // and nothing is taken in any more
}

type creationKey struct{}

// creationFrom returns the creation for which the context was made, or nil.
func creationFrom(ctx context.Context) *creation {
	own, _ := ctx.Value(creationKey{}).(*creation)
	return own
}

// asker returns the creation in whose making this call happens, or nil. The
// context tells, and where a constructor has called [Get], the goroutine.
func (e *Environment) asker(ctx context.Context) *creation {
	l := &e.late
	l.mu.Lock()
	defer l.mu.Unlock()
	if own := creationFrom(ctx); l.runs(own) {
		return own
	}
	if len(l.running) == 0 {
		return nil
	}
	if own := l.byOwner[goroutineID()]; l.runs(own) {
		return own
	}
	return nil
}

// runs tells whether the creation is one of this environment that hasn't ended. The caller holds mu.
func (l *creations) runs(own *creation) bool {
	_, ok := l.running[own]
	return ok
}

// unwait undoes that the creation waits for the other. The caller holds mu.
func (own *creation) unwait(other *creation) {
	if i := slices.Index(own.waits, other); i >= 0 {
		own.waits = slices.Delete(own.waits, i, i+1)
	}
}

// begin notes that a component is being made for the asker, unless the
// environment has stopped or it is what it needs itself. The caller holds mu.
func (l *creations) begin(c *Component, asker *creation) (*creation, error) {
	if l.closed {
		return nil, fmt.Errorf("make %s: %w", c.title(), ErrStopped)
	}
	for above := asker; above != nil; above = above.parent {
		if above.component == c {
			return nil, lateCycle(above.pathTo(asker))
		}
	}
	own := &creation{component: c, parent: asker, done: make(chan struct{})}
	l.running[own] = struct{}{}
	if asker != nil {
		asker.waits = append(asker.waits, own)
	}
	return own, nil
}

// end notes that the making has ended.
func (l *creations) end(own *creation) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.running, own)
	if own.parent != nil {
		own.parent.unwait(own)
	}
	if l.closed && len(l.running) == 0 && l.idle != nil {
		close(l.idle)
		l.idle = nil
	}
}

// pathTo returns the components from this creation down to one that it asked
// for, directly or through others.
func (own *creation) pathTo(below *creation) []*Component {
	var path []*Component
	for ; below != nil; below = below.parent {
		path = append([]*Component{below.component}, path...)
		if below == own {
			break
		}
	}
	return path
}

// leadsTo returns the components from one creation to another for which it
// waits. It is nil where it doesn't. The caller holds mu.
func (own *creation) leadsTo(other *creation) []*Component {
	seen := map[*creation]bool{}
	var walk func(own *creation) []*Component
	walk = func(own *creation) []*Component {
		if own == other {
			return []*Component{own.component}
		}
		if seen[own] {
			return nil
		}
		seen[own] = true
		for _, next := range own.waits {
			if path := walk(next); path != nil {
				return append([]*Component{own.component}, path...)
			}
		}
		return nil
	}
	return walk(own)
}

// lateCycle is the error of a component whose making asks for itself.
func lateCycle(path []*Component) error {
	names, steps := circle(path)
	return &Problem{
		Kind: ErrCycle, Summary: "cycle " + names + ", by Get while it is made",
		Steps: steps, Hint: "take environment.Lazy, and call its Get when it is used and no longer made",
	}
}

// launch is the function of this name for code that belongs to the making that
// the context was made for, if any.
func (e *Environment) launch(ctx context.Context, fn func() error) <-chan error {
	own, l := creationFrom(ctx), &e.late
	if own == nil {
		return launch(fn)
	}
	l.mu.Lock()
	runs := l.runs(own)
	l.mu.Unlock()
	if !runs { // it has ended, or is another environment's
		return launch(fn)
	}
	return launch(func() error {
		me := goroutineID()
		l.mu.Lock()
		l.byOwner[me] = own
		l.mu.Unlock()
		defer func() {
			l.mu.Lock()
			delete(l.byOwner, me)
			l.mu.Unlock()
		}()
		return fn()
	})
}

// guard runs user code as launch does, and waits until it has ended.
func (e *Environment) guard(ctx context.Context, fn func() error) error {
	return <-e.launch(ctx, fn)
}

// closeLate has nothing more be made, and waits for what is being made, until
// ctx is done.
func (e *Environment) closeLate(ctx context.Context) error {
	l := &e.late
	l.mu.Lock()
	l.closed = true
	idle := make(chan struct{})
	if len(l.running) == 0 {
		close(idle)
	} else {
		l.idle = idle
	}
	l.mu.Unlock()
	select {
	case <-idle:
		return nil
	default:
	}
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	var errs []error
	for own := range l.running {
		errs = append(errs, fmt.Errorf("make %s: %w: %w", own.component.title(), ErrAbandoned, context.Cause(ctx)))
	}
	return errors.Join(errs...)
}
