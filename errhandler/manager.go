package errhandler

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Manager calls the handlers of errors. The zero value and a nil pointer have
// no handlers and are ready for use. A manager never changes and is safe for
// concurrent use.
type Manager struct {
	handlers []*handler // most specific first
}

// New returns a manager of these handlers, which it puts in order: see the
// package comment. A handler that is listed twice counts once.
//
// The error wraps [ErrInvalid], and names each handler that can't be used by
// its place in the list, from 1. It is a [*PanicError] if a method Is of a
// target of [HandleIs] panics, which is compared with the others'.
func New(handlers ...Handler) (m *Manager, err error) {
	defer func() {
		if value := recover(); value != nil {
			m, err = nil, newPanicError(value, nil, nil)
		}
	}()
	var list []*handler
	var problems []error
	for i, h := range handlers {
		switch {
		case h.handler == nil:
			problems = append(problems, fmt.Errorf("%w %d: the zero value", ErrInvalid, i+1))
		case h.problem != "":
			problems = append(problems, fmt.Errorf("%w %d, for %s: %s", ErrInvalid, i+1, h.target(), h.problem))
		case !slices.Contains(list, h.handler):
			list = append(list, h.handler)
		}
	}
	if problems != nil {
		return nil, errors.Join(problems...)
	}
	return &Manager{handlers: arrange(list)}, nil
}

// Handle calls the most specific handler that matches err, and returns its
// result: nil if the error is handled, otherwise the error that is left. It
// returns err as it is if no handler matches, and nil for nil. It is a
// [*PanicError] if a handler panics.
//
// The context is given to the handler; Handle itself doesn't look at it.
func (m *Manager) Handle(ctx context.Context, err error) error {
	if m == nil || err == nil {
		return err
	}
	first, err := m.search(err, 0)
	if first.call == nil {
		return err
	}
	return m.runApart(ctx, first)
}

// match is a handler that was found for an error.
type match struct {
	at    int   // in the manager's handlers
	whole error // what was to be handled
	part  error // what the handler is given
	call  call  // nil if there is no match
}

// search returns the first match from a place on, or the error that is left.
func (m *Manager) search(err error, from int) (found match, left error) {
	at := from
	defer func() {
		if value := recover(); value != nil {
			found, left = match{}, newPanicError(value, m.handlers[at], err)
		}
	}()
	for ; at < len(m.handlers); at++ {
		if call, part := m.handlers[at].find(err); call != nil {
			return match{at: at, whole: err, part: part, call: call}, err
		}
	}
	return match{}, err
}

// runApart runs a handler, and those that it goes on to, in a goroutine that
// it may end by runtime.Goexit.
func (m *Manager) runApart(ctx context.Context, found match) error {
	done := make(chan error, 1)
	go func() {
		var result error
		returned := false
		defer func() {
			if !returned {
				result = newPanicError(ErrGoexit, nil, found.whole)
			}
			done <- result
		}()
		result = m.run(ctx, found)
		returned = true
	}()
	return <-done
}

func (m *Manager) run(ctx context.Context, found match) (result error) {
	defer func() {
		if value := recover(); value != nil {
			result = newPanicError(value, m.handlers[found.at], found.whole)
		}
	}()
	return found.restore(found.call(ctx, func(ctx context.Context, err error) error {
		if err == nil {
			return nil
		}
		next, left := m.search(found.restore(err), found.at+1)
		if next.call == nil {
			return left
		}
		return m.run(ctx, next)
	}))
}

// restore returns the whole error if err is the part that was handed out. Nil
// stays nil, even if a careless method As has made it the part.
func (f *match) restore(err error) error {
	if err != nil && same(err, f.part) {
		return f.whole
	}
	return err
}

func same(a, b error) bool {
	if reflect.ValueOf(a).Comparable() && reflect.ValueOf(b).Comparable() {
		return a == b //nolint:errorlint // the very value is meant, not one that wraps it
	}
	return reflect.DeepEqual(a, b)
}

// String lists the handlers in their order, one a line: what each is for, and
// the name of its function.
func (m *Manager) String() string {
	if m == nil || len(m.handlers) == 0 {
		return "no error handlers"
	}
	width := 0
	for _, h := range m.handlers {
		width = max(width, len(h.target()))
	}
	var b strings.Builder
	b.WriteString("error handlers:")
	for i, h := range m.handlers {
		fmt.Fprintf(&b, "\n%3d  %-*s  %s", i+1, width, h.target(), h.function())
	}
	return b.String()
}
