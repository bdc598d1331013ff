package environment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// ErrNoScope is returned where a scoped component is asked for with a context
// that its scope hasn't begun.
var ErrNoScope = errors.New("environment: the context has no such scope")

// Scope decides which instance of a [Scoped] component belongs to a context.
// It must be safe for concurrent use. [ContextScope] is one.
type Scope interface {
	// Get returns the instance of the component that belongs to ctx. Where
	// there is none yet it calls create, at most once at a time for one
	// context, and keeps the result; an error isn't kept. It returns an error
	// that wraps [ErrNoScope] where ctx has no instance and can't have one.
	Get(ctx context.Context, c *Component, create func(context.Context) (*Instance, error)) (*Instance, error)
}

// Instance is one instance of a scoped component, in the hands of its scope.
type Instance struct {
	component *Component
	made      instance
}

// Format implements [fmt.Formatter]: it writes the component, under every verb,
// since the instance may hold what must not be seen.
func (i *Instance) Format(state fmt.State, verb rune) { i.component.Format(state, verb) }

// Value returns the instance.
func (i *Instance) Value() any { return i.made.any }

// Destroy calls the instance's OnStopping, OnDestroy and clean-up function, and
// joins their errors. The scope calls it once, when the context's time is over.
func (i *Instance) Destroy(ctx context.Context) error {
	return i.component.home.discard(ctx, i.component, &i.made)
}

// ContextScope keeps the instances of a context from [ContextScope.Begin] until
// its end: for a request, a message, a job. The zero value is ready; it must
// not be copied.
type ContextScope struct {
	_ [1]byte // values of zero size may share an address
}

var _ Scope = (*ContextScope)(nil)

// Begin returns a context with instances of its own, and the function that ends
// it: it destroys the instances in reverse order of their making, and joins the
// errors. After it, nothing is made for the context any more. A second call
// does nothing.
func (s *ContextScope) Begin(ctx context.Context) (begun context.Context, end func(context.Context) error) {
	h := &scopeHolder{entries: map[*Component]*scopeEntry{}}
	return context.WithValue(ctx, s, h), h.end
}

// Get implements [Scope].
func (s *ContextScope) Get(ctx context.Context, c *Component, create func(context.Context) (*Instance, error)) (*Instance, error) {
	h, ok := ctx.Value(s).(*scopeHolder)
	if !ok {
		return nil, fmt.Errorf("get %s: %w: begin it with ContextScope.Begin, and pass on its context by environment.GetContext", c, ErrNoScope)
	}
	return h.get(ctx, c, create)
}

// scopeHolder holds the instances of one context.
type scopeHolder struct {
	mu      sync.Mutex
	entries map[*Component]*scopeEntry
	made    []*Instance
	ended   bool
}

// scopeEntry is an instance that is made, or being made until done is closed.
type scopeEntry struct {
	component *Component
	begun     chan struct{} // closed when own is set
	own       *creation     // nil where the making was refused
	done      chan struct{}
	instance  *Instance
	err       error
}

type scopeEntryKey struct{}

// begin tells who waits for the entry which creation it waits for.
func (e *scopeEntry) begin(own *creation) {
	e.own = own
	close(e.begun)
}

// scopeEntryOf returns the entry for which the context was made, if it is that
// of the component.
func scopeEntryOf(ctx context.Context, c *Component) *scopeEntry {
	if entry, ok := ctx.Value(scopeEntryKey{}).(*scopeEntry); ok && entry.component == c {
		return entry
	}
	return nil
}

func (h *scopeHolder) get(ctx context.Context, c *Component, create func(context.Context) (*Instance, error)) (*Instance, error) {
	for {
		h.mu.Lock()
		if h.ended {
			h.mu.Unlock()
			return nil, fmt.Errorf("get %s: %w: it has ended", c, ErrNoScope)
		}
		entry := h.entries[c]
		if entry == nil {
			entry = &scopeEntry{component: c, begun: make(chan struct{}), done: make(chan struct{})}
			h.entries[c] = entry
			h.mu.Unlock()
			entry.instance, entry.err = create(context.WithValue(ctx, scopeEntryKey{}, entry))
			h.keep(ctx, c, entry)
			close(entry.done)
			return entry.instance, entry.err
		}
		h.mu.Unlock()
		if err := c.home.awaitEntry(ctx, entry); err != nil {
			return nil, err
		}
		if entry.err == nil || !isContextError(entry.err) || ctx.Err() != nil {
			return entry.instance, entry.err
		} // it was another's time that was over
	}
}

func isContextError(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// keep takes in what was made, unless the scope has ended meanwhile.
func (h *scopeHolder) keep(ctx context.Context, c *Component, entry *scopeEntry) {
	h.mu.Lock()
	late := h.ended && entry.err == nil
	if entry.err != nil || late {
		delete(h.entries, c)
	} else {
		h.made = append(h.made, entry.instance)
	}
	h.mu.Unlock()
	if late {
		entry.err = errors.Join(fmt.Errorf("get %s: %w: it has ended", c, ErrNoScope), entry.instance.Destroy(context.WithoutCancel(ctx)))
		entry.instance = nil
	}
}

func (h *scopeHolder) end(ctx context.Context) error {
	h.mu.Lock()
	made := h.made
	h.made, h.ended = nil, true
	h.mu.Unlock()
	var errs []error
	for _, one := range slices.Backward(made) {
		errs = append(errs, one.Destroy(ctx))
	}
	return errors.Join(errs...)
}
