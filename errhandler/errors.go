package errhandler

import (
	"errors"
	"fmt"
	"path"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

var (
	// ErrInvalid is returned by [New] for a handler that has no function or no
	// target, or is the zero value.
	ErrInvalid = errors.New("errhandler: invalid handler")

	// ErrGoexit is the Value of a [*PanicError] when a handler has ended its
	// goroutine by runtime.Goexit.
	ErrGoexit = errors.New("runtime.Goexit")
)

// PanicError is the error that a panic or a runtime.Goexit in a handler
// becomes.
type PanicError struct {
	// Value is what was given to panic, or [ErrGoexit].
	Value any
	// Stack is the stack of the goroutine, as [runtime/debug.Stack] prints it.
	Stack []byte
	// Err is the error that was to be handled. It is nil if the panic came
	// while [New] compared two targets.
	Err error

	handler *handler // nil where it isn't known
	at      string
}

// newPanicError is to be called by the deferred function that has recovered.
func newPanicError(value any, h *handler, err error) *PanicError {
	return &PanicError{Value: value, Stack: debug.Stack(), Err: err, handler: h, at: panicPlace()}
}

// Error names the handler, the place of the panic and the error that was to be
// handled.
func (e *PanicError) Error() string {
	var b strings.Builder
	b.WriteString("error handler")
	if e.handler != nil {
		fmt.Fprintf(&b, " for %s", e.handler.target())
	}
	if e.Value != ErrGoexit { //nolint:errorlint // a panic with an error that wraps it is a panic
		b.WriteString(": panic:")
	} else {
		b.WriteString(":")
	}
	fmt.Fprintf(&b, " %v", e.Value)
	if e.at != "" {
		fmt.Fprintf(&b, " at %s", e.at)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, " (handling: %v)", e.Err)
	}
	return b.String()
}

// Unwrap returns the error that was to be handled, and the value of the panic
// if it is an error.
func (e *PanicError) Unwrap() []error {
	var errs []error
	if e.Err != nil {
		errs = append(errs, e.Err)
	}
	if err, ok := e.Value.(error); ok {
		errs = append(errs, err)
	}
	return errs
}

// panicPlace returns the file, after the name of its folder, and line of the
// code that called the runtime, which has called the deferred function that is
// running.
func panicPlace() string {
	var callers [32]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers[:])])
	inRuntime := false
	for {
		frame, more := frames.Next()
		switch isRuntime := strings.HasPrefix(frame.Function, "runtime."); {
		case isRuntime:
			inRuntime = true
		case inRuntime && frame.File != "":
			folder, name := path.Split(frame.File)
			return path.Join(path.Base(folder), name) + ":" + strconv.Itoa(frame.Line)
		}
		if !more {
			return ""
		}
	}
}
