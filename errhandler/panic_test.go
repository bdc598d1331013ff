package errhandler_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/errhandler"
)

// panicking is a handler that does what it is told instead of returning.
func panicking[E error](do func()) errhandler.Handler {
	return errhandler.Handle(func(context.Context, E, errhandler.Next) error {
		do()
		return nil
	})
}

func TestPanicsAreErrors(t *testing.T) {
	t.Parallel()
	var null *audit
	for name, test := range map[string]struct {
		do   func()
		text string
	}{
		"text":    {func() { panic("boom") }, "panic: boom at "},
		"error":   {func() { panic(errOther) }, "panic: other at "},
		"runtime": {func() { null.lines = nil }, "panic: runtime error: invalid memory address or nil pointer dereference"},
		"nil":     {func() { panic(nil) }, "panic called with nil argument"},
		"within a deferred function": {func() {
			defer func() { panic("boom") }()
			panic("first")
		}, "panic: boom at "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			original := fmt.Errorf("%w, %w", errGone, &timeoutError{"1s"})
			err := newManager(t, panicking[*timeoutError](test.do)).Handle(t.Context(), original)
			panicked, ok := errors.AsType[*errhandler.PanicError](err)
			require.True(t, ok)
			assert.Same(t, original, panicked.Err)
			assert.NotNil(t, panicked.Value)
			assert.Contains(t, string(panicked.Stack), "panic_test.go")
			require.ErrorIs(t, err, errGone)
			_, ok = errors.AsType[*timeoutError](err)
			assert.True(t, ok, "the original error can be reached")
			require.ErrorContains(t, err, "error handler for *errhandler_test.timeoutError: panic: ")
			require.ErrorContains(t, err, test.text)
			assert.Regexp(t, ` at errhandler/panic_test\.go:\d+ \(handling: gone, timeout after 1s\)$`, err.Error())
		})
	}
}

func TestThePanicsOwnErrorIsReachable(t *testing.T) {
	t.Parallel()
	err := newManager(t, panicking[error](func() { panic(errOther) })).Handle(t.Context(), errGone)
	require.ErrorIs(t, err, errOther)
	require.ErrorIs(t, err, errGone)
	require.EqualError(t, &errhandler.PanicError{Value: "boom"}, "error handler: panic: boom")
}

func TestPanicBelowIsTheResultOfNext(t *testing.T) {
	t.Parallel()
	j := &journal{}
	m := newManager(t,
		errhandler.Handle(func(ctx context.Context, err codeError, next errhandler.Next) error {
			_, ok := errors.AsType[*errhandler.PanicError](next(ctx, err))
			j.add("%v", ok)
			return nil
		}),
		panicking[error](func() { panic("boom") }))
	require.NoError(t, m.Handle(t.Context(), codeError{1}))
	assert.Equal(t, []string{"true"}, j.all())
}

func TestGoexitIsAnError(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(){
		"plain":           runtime.Goexit,
		"during a panic":  func() { defer runtime.Goexit(); panic("boom") },
		"before a panic":  func() { defer func() { panic("boom") }(); runtime.Goexit() },
		"deferred, twice": func() { defer runtime.Goexit(); runtime.Goexit() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := &journal{}
			m := newManager(t,
				errhandler.Handle(func(ctx context.Context, err *timeoutError, next errhandler.Next) error {
					defer j.add("deferred")
					err2 := next(ctx, err)
					j.add("not reached")
					return err2
				}),
				panicking[error](do))
			original := fmt.Errorf("%w, %w", errGone, &timeoutError{"1s"})
			err := m.Handle(t.Context(), original)
			require.ErrorIs(t, err, errhandler.ErrGoexit)
			require.ErrorIs(t, err, errGone)
			panicked, ok := errors.AsType[*errhandler.PanicError](err)
			require.True(t, ok)
			assert.Same(t, original, panicked.Err)
			assert.Contains(t, string(panicked.Stack), "panicking")
			assert.Regexp(t, `^error handler: runtime\.Goexit at errhandler/panic_test\.go:\d+ \(handling: gone, timeout after 1s\)$`, err.Error())
			assert.Equal(t, []string{"deferred"}, j.all())

			assert.Same(t, errOther, newManager(t, ending[error](errOther)).Handle(t.Context(), err), "this goroutine lives on")
		})
	}
}

func TestPanicWhileMatching(t *testing.T) {
	t.Parallel()
	err := newManager(t, ending[*timeoutError](nil)).Handle(t.Context(), hostile{})
	require.ErrorContains(t, err, "error handler for *errhandler_test.timeoutError: panic: hostile As at errhandler/fixture_test.go:")

	m := newManager(t,
		errhandler.Handle(func(ctx context.Context, _ codeError, next errhandler.Next) error { return next(ctx, hostile{}) }),
		ending[*timeoutError](nil))
	require.ErrorContains(t, m.Handle(t.Context(), codeError{1}), "panic: hostile As")
}

func TestPanicInNew(t *testing.T) {
	t.Parallel()
	m, err := errhandler.New(is(hostile{}), is(errGone))
	assert.Nil(t, m)
	panicked, ok := errors.AsType[*errhandler.PanicError](err)
	require.True(t, ok)
	assert.Equal(t, "hostile Is", panicked.Value)
	assert.True(t, strings.HasPrefix(err.Error(), "error handler: panic: hostile Is at errhandler/fixture_test.go:"))
	assert.Empty(t, panicked.Unwrap())
}
