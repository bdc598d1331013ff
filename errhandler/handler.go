package errhandler

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
)

// Next goes on to the next less specific handler that matches err, and returns
// its result; if there is none, it returns err. Next of nil is nil.
//
// The context is the one that the next handler gets. An err that is the very
// value that the handler was given means the whole error in which that was
// found.
//
// Next may be called several times, for instance to try again: each call goes
// on from the same place. It is safe for concurrent use. It may even be called
// after the handler has returned, but then nobody sees its result.
type Next func(ctx context.Context, err error) error

// Handler is a function for the errors of one type, or for one value. It is
// made by [Handle] or [HandleIs]; the zero value is refused by [New]. A handler
// doesn't change and may belong to many managers.
type Handler struct {
	*handler
}

// handler is what Handlers that are copies of each other share.
type handler struct {
	rank     rank
	typ      reflect.Type // of the errors, by Handle
	sentinel error        // by HandleIs
	fn       any          // for its name
	problem  string       // why New refuses it
	find     func(err error) (call call, part error)
}

// call calls a handler with the part of the error that it is for. It is nil
// where there is none.
type call func(ctx context.Context, next Next) error

// Handle returns a handler for the errors that match E as [errors.As] finds
// them: see the package comment. E is inferred, also from a method value:
//
//	errhandler.Handle(audit.OnTimeout) // func (a *Audit) OnTimeout(ctx context.Context, err *TimeoutError, next errhandler.Next) error
//
// As with errors.As, an error that holds a nil pointer of type E matches.
func Handle[E error](fn func(ctx context.Context, err E, next Next) error) Handler {
	t := reflect.TypeFor[E]()
	h := &handler{rank: rankOf(t), typ: t, fn: fn}
	if fn == nil {
		h.problem = "the function is nil"
	}
	h.find = func(err error) (call, error) {
		part, ok := errors.AsType[E](err)
		if !ok {
			return nil, nil
		}
		return func(ctx context.Context, next Next) error { return fn(ctx, part, next) }, part
	}
	return Handler{h}
}

// HandleIs returns a handler for the errors that are target as [errors.Is]
// finds it. The function is given the whole error.
func HandleIs(target error, fn func(ctx context.Context, err error, next Next) error) Handler {
	h := &handler{rank: rankSentinel, sentinel: target, fn: fn}
	switch {
	case target == nil:
		h.problem = "the target is nil"
	case fn == nil:
		h.problem = "the function is nil"
	}
	h.find = func(err error) (call, error) {
		if !errors.Is(err, target) {
			return nil, nil
		}
		return func(ctx context.Context, next Next) error { return fn(ctx, err, next) }, err
	}
	return Handler{h}
}

// String returns what the handler is for, and the name of its function.
func (h Handler) String() string {
	switch {
	case h.handler == nil:
		return "no handler"
	case h.problem != "":
		return h.target() + " (" + h.problem + ")"
	default:
		return h.target() + " by " + h.function()
	}
}

// target is what the handler is for: a type, or the quoted text of a value.
func (h *handler) target() string {
	if h.rank == rankSentinel {
		return fmt.Sprintf("%q", fmt.Sprint(h.sentinel))
	}
	return h.typ.String()
}

// function is the name of the function, without the path of its package.
func (h *handler) function() string {
	name := runtime.FuncForPC(reflect.ValueOf(h.fn).Pointer()).Name()
	name = strings.TrimSuffix(name[strings.LastIndexByte(name, '/')+1:], "-fm") // the mark of a bound method
	return strings.ReplaceAll(name, "%2e", ".")                                 // of a package like yaml.v3
}
