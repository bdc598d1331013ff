package environment

import (
	"errors"
	"fmt"
)

// The kinds of a [Problem], for errors.Is.
var (
	// ErrMissing is a dependency that nothing provides, or an [Override] of
	// such a type. [Find] returns it too.
	ErrMissing = errors.New("environment: missing")

	// ErrAmbiguous is an interface that several components implement.
	ErrAmbiguous = errors.New("environment: ambiguous")

	// ErrCycle is a component that depends on itself, directly or through
	// others.
	ErrCycle = errors.New("environment: cycle")

	// ErrDuplicate is a type that two parts provide.
	ErrDuplicate = errors.New("environment: duplicate")

	// ErrTag is an inject tag with an unknown option, or on a field that can't
	// be injected or isn't reached.
	ErrTag = errors.New("environment: tag")

	// ErrSignature is a constructor that doesn't have one of the signatures
	// that [Provide] takes.
	ErrSignature = errors.New("environment: signature")

	// ErrMarker is an embedded marker that nothing handles, or that stands
	// where it counts for nothing.
	ErrMarker = errors.New("environment: marker")

	// ErrCaptive is a singleton that would keep a component which lives shorter.
	ErrCaptive = errors.New("environment: captive")

	// ErrConfig is a value that the configuration lacks or that can't be
	// converted, or a source that can't be loaded. The problem wraps the
	// error of package config.
	ErrConfig = errors.New("environment: config")

	// ErrUnused is a [Setting] or [Contribute] that no extension asked for.
	ErrUnused = errors.New("environment: unused")

	// ErrInvalid is a part or an option that can't be used as it is: a nil
	// value, a type that is no struct, a module without a name.
	ErrInvalid = errors.New("environment: invalid")

	// ErrExtension is a problem that an [Extension] has reported.
	ErrExtension = errors.New("environment: extension")

	// ErrConstruct is a constructor that returned an error or nil, panicked
	// or ended its goroutine. The problem wraps the constructor's own error.
	ErrConstruct = errors.New("environment: construct")
)

// ErrBooting is returned by [Find] on an environment that is still being
// built.
var ErrBooting = errors.New("environment: still booting")

// ErrStopped is returned where something would have to be made when all
// OnStopping have returned, and by a [Boot] that a Shutdown has interrupted. It
// is the cause of [Environment.Context] where Stop gave none.
var ErrStopped = errors.New("environment: stopped")

// ErrAbandoned is returned for each hook, health check, constructor or boot that
// still ran when its time was over. Its goroutine is left to itself, and no other
// hook of the component is called.
var ErrAbandoned = errors.New("environment: did not return in time")

// errGoexit is what became of user code that ended its goroutine.
var errGoexit = errors.New("the goroutine was ended by runtime.Goexit (a test's FailNow does that)")

// PanicError is the error that a panic in a constructor or a hook becomes.
type PanicError struct {
	// Value is what was given to panic.
	Value any
	// Stack is the stack of the goroutine, as [runtime/debug.Stack] prints it.
	Stack []byte

	at string
}

// Error names the file and line of the panic.
func (e *PanicError) Error() string {
	return fmt.Sprintf("panic at %s: %v", e.at, e.Value)
}

// Unwrap returns the value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// BootError is the error of a module that can't be booted, with all that is
// wrong with it.
type BootError struct {
	// Module is the name of the module that was to be booted.
	Module string
	// Problems are in the order in which they were found, which is the same
	// for every boot of the module.
	Problems []*Problem

	graph *graph
}

// Error returns the report: each problem with its place and a hint.
func (e *BootError) Error() string {
	return e.report()
}

// Unwrap returns the problems.
func (e *BootError) Unwrap() []error {
	errs := make([]error, len(e.Problems))
	for i, problem := range e.Problems {
		errs[i] = problem
	}
	return errs
}

// Problem is one thing that is wrong with a module.
type Problem struct { //nolint:errname // a problem is a part of the report and an error only for errors.As
	// Kind is the sentinel that tells the kind, such as [ErrMissing].
	Kind error
	// Summary says in one line what is wrong. It is empty where Err says it
	// all.
	Summary string
	// Steps lead from what is concerned up to the module that was booted.
	Steps []Step
	// Excluded are components that would have been found, were it not for
	// their conditions.
	Excluded []Step
	// Hint says what to do. It may be empty.
	Hint string
	// Err is the error of user code, a tag or a signature. It may be nil.
	Err error
}

// Step is one line of a problem: something and where it stands.
type Step struct {
	// What names a field, a parameter, a component or a module.
	What string
	// Place is its file, after the name of the folder, and line.
	Place string
}

// Error returns the problem as the report of a [*BootError] shows it.
func (p *Problem) Error() string {
	return p.report()
}

// Unwrap returns the kind and, if there is one, the error behind the problem.
func (p *Problem) Unwrap() []error {
	if p.Err == nil {
		return []error{p.Kind}
	}
	return []error{p.Kind, p.Err}
}
