package errhandler_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/errhandler"
)

// timeoutError is used as a pointer.
type timeoutError struct{ after string }

func (e *timeoutError) Error() string   { return "timeout after " + e.after }
func (e *timeoutError) Timeout() bool   { return true }
func (e *timeoutError) Temporary() bool { return true }

// codeError is used as a value, but its pointers are errors too.
type codeError struct{ code int }

func (e codeError) Error() string { return fmt.Sprintf("code %d", e.code) }

// listError can't be compared.
type listError []string

func (e listError) Error() string { return strings.Join(e, ", ") }

// convertible has a method As for timeoutErrors, and Is for errGone.
type convertible struct{}

func (convertible) Error() string { return "convertible" }

func (convertible) As(target any) bool {
	t, ok := target.(**timeoutError)
	if ok {
		*t = &timeoutError{"conversion"}
	}
	return ok
}

func (convertible) Is(target error) bool { return target == errGone }

// hostile panics as soon as it is looked at.
type hostile struct{}

func (hostile) Error() string { return "hostile" }
func (hostile) As(any) bool   { panic("hostile As") }
func (hostile) Is(error) bool { panic("hostile Is") }

type (
	timeouter interface {
		error
		Timeout() bool
	}
	netError interface {
		timeouter
		Temporary() bool
	}
	justError interface{ error }
)

var (
	errGone     = errors.New("gone")
	errUserGone = fmt.Errorf("user: %w", errGone)
	errOther    = errors.New("other")
)

// journal records what handlers do.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintf(format, args...))
}

func (j *journal) all() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.lines)
}

// passing is a handler that records the error and goes on with it.
func passing[E error](j *journal, name string) errhandler.Handler {
	return errhandler.Handle(func(ctx context.Context, err E, next errhandler.Next) error {
		j.add("%s: %v", name, err)
		return next(ctx, err)
	})
}

// passingIs does the same for a value.
func passingIs(j *journal, name string, target error) errhandler.Handler {
	return errhandler.HandleIs(target, func(ctx context.Context, err error, next errhandler.Next) error {
		j.add("%s: %v", name, err)
		return next(ctx, err)
	})
}

// ending is a handler that returns an error without going on.
func ending[E error](result error) errhandler.Handler {
	return errhandler.Handle(func(context.Context, E, errhandler.Next) error { return result })
}

// handled is a handler that records the error and is done with it.
func handled[E error](j *journal) errhandler.Handler {
	return errhandler.Handle(func(_ context.Context, err E, _ errhandler.Next) error {
		j.add("handled: %v", err)
		return nil
	})
}

func newManager(tb testing.TB, handlers ...errhandler.Handler) *errhandler.Manager {
	tb.Helper()
	m, err := errhandler.New(handlers...)
	require.NoError(tb, err)
	return m
}
