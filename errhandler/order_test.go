package errhandler_test

import (
	"context"
	"io/fs"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/errhandler"
)

// everything matches all handlers, and leaves them a zero value.
type everything struct{}

func (everything) Error() string { return "everything" }
func (everything) As(any) bool   { return true }
func (everything) Is(error) bool { return true }

// contrary is a target that claims to be each other one.
type contrary struct{ name string }

func (e *contrary) Error() string     { return e.name }
func (e *contrary) Is(err error) bool { _, ok := err.(*contrary); return ok }

// beats is a target that claims to be one certain other.
type beats struct{ name, other string }

func (e *beats) Error() string { return e.name }

func (e *beats) Is(err error) bool {
	b, ok := err.(*beats)
	return ok && b.name == e.other
}

// named is a handler that records its name in the context, and goes on.
func named[E error](name string) errhandler.Handler {
	return errhandler.Handle(func(ctx context.Context, _ E, next errhandler.Next) error { return record(ctx, name, next) })
}

func is(target error) errhandler.Handler {
	return errhandler.HandleIs(target, func(ctx context.Context, _ error, next errhandler.Next) error {
		return record(ctx, target.Error(), next)
	})
}

func record(ctx context.Context, name string, next errhandler.Next) error {
	if j, ok := ctx.Value(contextKey{}).(*journal); ok {
		j.add("%s", name)
	}
	return next(ctx, everything{})
}

func TestOrder(t *testing.T) {
	t.Parallel()
	type list []errhandler.Handler
	value, pointer, again := named[codeError]("value"), named[*timeoutError]("pointer"), named[*timeoutError]("again")
	general, special := named[timeouter]("timeouter"), named[netError]("netError")
	other, same := named[interface {
		error
		Other()
	}]("other"), named[interface {
		Timeout() bool
		Error() string
	}]("same")
	all, just := named[error]("error"), named[justError]("just")
	gone, userGone := is(errGone), is(errUserGone)
	for name, test := range map[string]struct {
		given list
		want  []string
	}{
		"kinds":                     {list{all, general, pointer, gone}, []string{"gone", "pointer", "timeouter", "error"}},
		"concrete types":            {list{value, pointer}, []string{"value", "pointer"}},
		"concrete types, reversed":  {list{pointer, value}, []string{"pointer", "value"}},
		"one type several times":    {list{again, value, pointer}, []string{"again", "value", "pointer"}},
		"one handler twice":         {list{pointer, value, pointer}, []string{"pointer", "value"}},
		"interfaces":                {list{general, other, special}, []string{"netError", "timeouter", "other"}},
		"interfaces, in order":      {list{other, special, general}, []string{"other", "netError", "timeouter"}},
		"interfaces that are equal": {list{same, general, special}, []string{"netError", "same", "timeouter"}},
		"interfaces like error":     {list{just, all, general}, []string{"timeouter", "just", "error"}},
		"sentinels":                 {list{gone, is(errOther), userGone}, []string{"user: gone", "gone", "other"}},
		"sentinels by Is": {
			list{is(fs.ErrNotExist), is(syscall.ENOENT)},
			[]string{"no such file or directory", "file does not exist"},
		},
		"sentinels that contradict": {list{is(&contrary{"b"}), is(&contrary{"a"})}, []string{"b", "a"}},
		"sentinels in a circle": {
			list{is(&beats{"rock", "scissors"}), is(&beats{"scissors", "paper"}), is(&beats{"paper", "rock"})},
			[]string{"scissors", "paper", "rock"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 10 { // the same each time
				j := &journal{}
				ctx := context.WithValue(t.Context(), contextKey{}, j)
				require.Equal(t, everything{}, newManager(t, test.given...).Handle(ctx, everything{}))
				require.Equal(t, test.want, j.all())
			}
		})
	}
}

func TestACarelessAs(t *testing.T) {
	t.Parallel()
	m := newManager(t, errhandler.Handle(func(_ context.Context, err timeouter, _ errhandler.Next) error { return err }))
	require.NoError(t, m.Handle(t.Context(), everything{}), "the part was nil, and so is the result")
}

func TestNewListIsCopied(t *testing.T) {
	t.Parallel()
	handlers := []errhandler.Handler{ending[error](nil)}
	m := newManager(t, handlers...)
	handlers[0] = ending[error](errOther)
	require.NoError(t, m.Handle(t.Context(), errGone))
}

func TestInvalidHandlersAreAllReported(t *testing.T) {
	t.Parallel()
	var none func(context.Context, *timeoutError, errhandler.Next) error
	noFunction, noTarget, noBoth := errhandler.Handle(none), is(nil), errhandler.HandleIs(errGone, nil)
	m, err := errhandler.New(ending[error](nil), noFunction, errhandler.Handler{}, noTarget, noBoth)
	assert.Nil(t, m)
	require.ErrorIs(t, err, errhandler.ErrInvalid)
	require.EqualError(t, err, "errhandler: invalid handler 2, for *errhandler_test.timeoutError: the function is nil\n"+
		"errhandler: invalid handler 3: the zero value\n"+
		`errhandler: invalid handler 4, for "<nil>": the target is nil`+"\n"+
		`errhandler: invalid handler 5, for "gone": the function is nil`)
	assert.Equal(t, "*errhandler_test.timeoutError (the function is nil)", noFunction.String())
	assert.Equal(t, "no handler", errhandler.Handler{}.String())
}

// audit has methods that are handlers.
type audit struct{ journal }

func (a *audit) OnTimeout(_ context.Context, err *timeoutError, _ errhandler.Next) error {
	a.add("audit: %v", err)
	return nil
}

func (a *audit) OnGone(_ context.Context, err error, _ errhandler.Next) error {
	a.add("audit: %v", err)
	return nil
}

func discard(context.Context, error, errhandler.Next) error { return nil }

func TestMethodValuesAndString(t *testing.T) {
	t.Parallel()
	a := &audit{}
	m := newManager(t, errhandler.Handle(a.OnTimeout), errhandler.HandleIs(errGone, a.OnGone), errhandler.Handle(discard))
	require.NoError(t, m.Handle(t.Context(), &timeoutError{"1s"}))
	require.NoError(t, m.Handle(t.Context(), errUserGone))
	assert.Equal(t, []string{"audit: timeout after 1s", "audit: user: gone"}, a.all())
	assert.Equal(t, `error handlers:
  1  "gone"                         errhandler_test.(*audit).OnGone
  2  *errhandler_test.timeoutError  errhandler_test.(*audit).OnTimeout
  3  error                          errhandler_test.discard`, m.String())
	assert.Equal(t, "*errhandler_test.timeoutError by errhandler_test.(*audit).OnTimeout", errhandler.Handle(a.OnTimeout).String())
}
