package errhandler_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/errhandler"
)

var errMatched = errors.New("matched")

// matchIs is a handler for a value whose result tells that it was called.
func matchIs(target error) errhandler.Handler {
	return errhandler.HandleIs(target, func(context.Context, error, errhandler.Next) error { return errMatched })
}

func TestWhatMatches(t *testing.T) {
	t.Parallel()
	timeout := &timeoutError{"1s"}
	var null *timeoutError
	for name, test := range map[string]struct {
		handler errhandler.Handler
		err     error
		matches bool
	}{
		"pointer":                    {ending[*timeoutError](errMatched), timeout, true},
		"wrapped pointer":            {ending[*timeoutError](errMatched), fmt.Errorf("a: %w", fmt.Errorf("b: %w", timeout)), true},
		"joined":                     {ending[*timeoutError](errMatched), errors.Join(errOther, timeout), true},
		"joined deeper":              {ending[*timeoutError](errMatched), fmt.Errorf("%w, %w", errOther, errors.Join(errGone, timeout)), true},
		"by a method As":             {ending[*timeoutError](errMatched), fmt.Errorf("a: %w", convertible{}), true},
		"nil pointer":                {ending[*timeoutError](errMatched), error(null), true},
		"another type":               {ending[*timeoutError](errMatched), fmt.Errorf("a: %w", codeError{1}), false},
		"value":                      {ending[codeError](errMatched), codeError{1}, true},
		"wrapped value":              {ending[codeError](errMatched), fmt.Errorf("a: %w", codeError{1}), true},
		"value type, pointer given":  {ending[codeError](errMatched), &codeError{1}, false},
		"pointer type, value given":  {ending[*codeError](errMatched), codeError{1}, false},
		"pointer to a value type":    {ending[*codeError](errMatched), &codeError{1}, true},
		"not comparable":             {ending[listError](errMatched), fmt.Errorf("a: %w", listError{"x"}), true},
		"interface":                  {ending[timeouter](errMatched), fmt.Errorf("a: %w", timeout), true},
		"interface not satisfied":    {ending[timeouter](errMatched), codeError{1}, false},
		"error":                      {ending[error](errMatched), errOther, true},
		"interface like error":       {ending[justError](errMatched), errOther, true},
		"sentinel":                   {matchIs(errGone), errGone, true},
		"wrapped sentinel":           {matchIs(errGone), fmt.Errorf("a: %w", errUserGone), true},
		"joined sentinel":            {matchIs(errGone), errors.Join(errOther, errGone), true},
		"sentinel by a method Is":    {matchIs(errGone), convertible{}, true},
		"sentinel of equal value":    {matchIs(codeError{1}), codeError{1}, true},
		"another sentinel":           {matchIs(errUserGone), errGone, false},
		"sentinel without equality":  {matchIs(listError{"x"}), listError{"x"}, false},
		"sentinel of another number": {matchIs(codeError{1}), codeError{2}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := newManager(t, test.handler).Handle(t.Context(), test.err)
			if test.matches {
				assert.Equal(t, errMatched, got)
			} else {
				assert.Equal(t, test.err, got)
			}
		})
	}
}

func TestWithoutHandlers(t *testing.T) {
	t.Parallel()
	var null *errhandler.Manager
	for _, m := range []*errhandler.Manager{null, {}, newManager(t)} {
		assert.Same(t, errOther, m.Handle(t.Context(), errOther))
		require.NoError(t, m.Handle(t.Context(), nil))
		assert.Equal(t, "no error handlers", m.String())
	}
}

func TestNilIsNoError(t *testing.T) {
	t.Parallel()
	j := &journal{}
	m := newManager(t, handled[error](j), errhandler.Handle(func(ctx context.Context, _ *timeoutError, next errhandler.Next) error {
		return next(ctx, nil)
	}))
	require.NoError(t, m.Handle(t.Context(), nil))
	require.NoError(t, m.Handle(t.Context(), &timeoutError{"1s"}), "next of nil is nil")
	assert.Empty(t, j.all())
}

func TestTheResultDecides(t *testing.T) {
	t.Parallel()
	j := &journal{}
	m := newManager(t, handled[codeError](j), ending[*timeoutError](errOther), handled[error](j))
	require.NoError(t, m.Handle(t.Context(), fmt.Errorf("a: %w", codeError{1})))
	assert.Same(t, errOther, m.Handle(t.Context(), &timeoutError{"1s"}))
	assert.Equal(t, []string{"handled: code 1"}, j.all(), "nobody has called next")
}

func TestNextGoesOn(t *testing.T) {
	t.Parallel()
	j := &journal{}
	m := newManager(t,
		passing[error](j, "error"), passing[timeouter](j, "interface"), passing[*timeoutError](j, "first"),
		passing[codeError](j, "code"), passing[*timeoutError](j, "second"), passingIs(j, "gone", errGone))
	err := fmt.Errorf("%w, %w", errGone, &timeoutError{"1s"})
	assert.Same(t, err, m.Handle(t.Context(), err), "the end of the chain returns the error as it is")
	assert.Equal(t, []string{
		"gone: gone, timeout after 1s", "first: timeout after 1s", "second: timeout after 1s",
		"interface: timeout after 1s", "error: gone, timeout after 1s",
	}, j.all())
}

// replacing is a handler that goes on with another error.
func replacing[E error](j *journal, name string, with error) errhandler.Handler {
	return errhandler.Handle(func(ctx context.Context, err E, next errhandler.Next) error {
		j.add("%s: %v", name, err)
		return next(ctx, with)
	})
}

func TestNextWithAnotherError(t *testing.T) {
	t.Parallel()
	j := &journal{}
	m := newManager(t,
		passingIs(j, "above", errGone), replacing[*timeoutError](j, "timeout", fmt.Errorf("b: %w", errors.Join(errGone, codeError{1}))),
		passing[codeError](j, "code"), passing[error](j, "error"))
	err := m.Handle(t.Context(), fmt.Errorf("a: %w", &timeoutError{"1s"}))
	require.EqualError(t, err, "b: gone\ncode 1")
	assert.Equal(t, []string{"timeout: timeout after 1s", "code: code 1", "error: b: gone\ncode 1"}, j.all(),
		"handlers above are not called with the new error")

	// The new error is also what is left where nothing matches it.
	m = newManager(t, replacing[error](j, "all", errOther), replacing[*timeoutError](j, "timeout", errGone))
	assert.Same(t, errOther, m.Handle(t.Context(), &timeoutError{"1s"}))
	m = newManager(t, replacing[*timeoutError](j, "timeout", errGone), passing[codeError](j, "code"))
	assert.Same(t, errGone, m.Handle(t.Context(), &timeoutError{"1s"}))
}

func TestThePartStandsForTheWhole(t *testing.T) {
	t.Parallel()
	equal := func(err error) errhandler.Handler { return ending[listError](err) }
	for name, test := range map[string]struct {
		handler errhandler.Handler
		part    error
		whole   bool
	}{
		"by next": {passing[*timeoutError](&journal{}, ""), &timeoutError{"1s"}, true},
		"as the result": {errhandler.Handle(func(_ context.Context, err *timeoutError, _ errhandler.Next) error {
			return err
		}), &timeoutError{"1s"}, true},
		"value":            {passing[codeError](&journal{}, ""), codeError{1}, true},
		"equal value":      {ending[codeError](codeError{1}), codeError{1}, true},
		"not comparable":   {passing[listError](&journal{}, ""), listError{"x"}, true},
		"deeply equal":     {equal(listError{"x"}), listError{"x"}, true},
		"interface":        {passing[timeouter](&journal{}, ""), &timeoutError{"1s"}, true},
		"another pointer":  {ending[*timeoutError](&timeoutError{"1s"}), &timeoutError{"1s"}, false},
		"another value":    {ending[codeError](codeError{2}), codeError{1}, false},
		"another list":     {equal(listError{"y"}), listError{"x"}, false},
		"another type":     {equal(errGone), listError{"x"}, false},
		"a list for a ptr": {ending[*timeoutError](listError{"x"}), &timeoutError{"1s"}, false},
		"wrapped again":    {ending[codeError](fmt.Errorf("b: %w", codeError{1})), codeError{1}, false},
		"no error":         {ending[codeError](nil), codeError{1}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole := errors.Join(errOther, fmt.Errorf("a: %w", test.part))
			got := newManager(t, test.handler).Handle(t.Context(), whole)
			assert.Equal(t, test.whole, errors.Is(got, errOther), "%v", got)
		})
	}
}

func TestNextTwice(t *testing.T) {
	t.Parallel()
	j := &journal{}
	attempts := 0
	m := newManager(t,
		errhandler.Handle(func(ctx context.Context, err *timeoutError, next errhandler.Next) error {
			if next(ctx, err) == nil {
				return nil
			}
			return next(ctx, codeError{2})
		}),
		handled[codeError](j),
		errhandler.Handle(func(_ context.Context, err timeouter, _ errhandler.Next) error {
			attempts++
			return err
		}))
	require.NoError(t, m.Handle(t.Context(), &timeoutError{"1s"}))
	assert.Equal(t, 1, attempts)
	assert.Equal(t, []string{"handled: code 2"}, j.all())
}

type contextKey struct{}

func TestContextIsHandedOn(t *testing.T) {
	t.Parallel()
	seen := []any{}
	m := newManager(t,
		errhandler.Handle(func(ctx context.Context, err codeError, next errhandler.Next) error {
			seen = append(seen, ctx.Value(contextKey{}))
			return next(context.WithValue(ctx, contextKey{}, "inner"), err)
		}),
		errhandler.Handle(func(ctx context.Context, _ error, _ errhandler.Next) error {
			seen = append(seen, ctx.Value(contextKey{}), ctx.Err())
			return nil
		}))
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), contextKey{}, "outer"))
	cancel() // which the manager doesn't look at
	require.NoError(t, m.Handle(ctx, codeError{1}))
	assert.Equal(t, []any{"outer", "inner", context.Canceled}, seen)
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	j := &journal{}
	m := newManager(t, passing[*timeoutError](j, "timeout"), passing[timeouter](j, "interface"), handled[error](j))
	var callers sync.WaitGroup
	for range 16 {
		callers.Go(func() {
			for range 50 {
				assert.NoError(t, m.Handle(t.Context(), fmt.Errorf("a: %w", &timeoutError{"1s"})))
				assert.NotEmpty(t, m.String())
			}
		})
	}
	callers.Wait()
	assert.Len(t, j.all(), 16*50*3)
}

func TestNextFromOtherGoroutines(t *testing.T) {
	t.Parallel()
	j := &journal{}
	m := newManager(t,
		errhandler.Handle(func(ctx context.Context, err codeError, next errhandler.Next) error {
			var calls sync.WaitGroup
			for range 8 {
				calls.Go(func() { j.add("%v", next(ctx, err) != nil) })
			}
			calls.Wait()
			return nil
		}),
		errhandler.Handle(func(context.Context, error, errhandler.Next) error { panic("no") }))
	require.NoError(t, m.Handle(t.Context(), codeError{1}))
	assert.Equal(t, []string{"true", "true", "true", "true", "true", "true", "true", "true"}, j.all())
}
