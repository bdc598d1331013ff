package environment_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
)

var (
	built   = []string{"first.new", "second.new", "third.new"}
	started = []string{
		"first.OnInit", "second.OnInit", "third.OnInit",
		"first.OnRunning", "second.OnRunning", "third.OnRunning",
	}
	stopped = []string{
		"third.OnStopping", "second.OnStopping", "first.OnStopping",
		"third.OnDestroy", "second.OnDestroy", "second.cleanup", "first.OnDestroy",
	}
)

func concat(lists ...[]string) []string {
	var all []string
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

func TestLifecycleOrder(t *testing.T) {
	t.Parallel()
	j := &journal{}
	env, err := environment.Boot(t.Context(), row(j, nil))
	require.NoError(t, err)
	assert.Equal(t, concat(built, started), j.all())
	require.NoError(t, env.Shutdown(t.Context()))
	require.NoError(t, env.Shutdown(t.Context()))
	assert.Equal(t, concat(built, started, stopped), j.all())
}

func TestShutdownGoesOnPastErrors(t *testing.T) {
	t.Parallel()
	j := &journal{}
	env, err := environment.Boot(t.Context(), row(j, behavior{
		"OnStopping": func(context.Context) error { panic("oh no") },
		"OnDestroy":  fails,
	}))
	require.NoError(t, err)
	err = env.Shutdown(t.Context())
	require.ErrorIs(t, err, errBroken)
	assert.ErrorContains(t, err, "OnStopping of *environment_test.Second: panic at environment/lifecycle_test.go:")
	assert.ErrorContains(t, err, "OnDestroy of *environment_test.Second: broken")
	assert.Equal(t, concat(built, started, stopped), j.all())
	assert.Equal(t, err, env.Shutdown(t.Context()), "the second call returns the same")
}

func TestFailedHookRollsBack(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(context.Context) error{
		"error": fails,
		"panic": func(context.Context) error { panic(errBroken) },
	} {
		for at, hook := range []string{"OnInit", "OnRunning"} {
			t.Run(hook+" "+name, func(t *testing.T) {
				t.Parallel()
				j := &journal{}
				env, err := environment.Boot(t.Context(), row(j, behavior{hook: do}))
				assert.Nil(t, env)
				require.ErrorIs(t, err, errBroken)
				assert.True(t, strings.HasPrefix(err.Error(), "start *environment_test.Second: "), err)
				assert.NotContains(t, err.Error(), "\n")
				_, wiring := errors.AsType[*environment.BootError](err)
				assert.False(t, wiring)
				assert.Equal(t, concat(built, started[:3*at+2], stopped), j.all())
			})
		}
	}
}

func TestGoexitInAHookIsAnError(t *testing.T) {
	t.Parallel()
	_, err := environment.Boot(t.Context(), row(&journal{}, behavior{
		"OnInit": func(context.Context) error { runtime.Goexit(); return nil },
	}))
	require.ErrorContains(t, err, "start *environment_test.Second: the goroutine was ended by runtime.Goexit")
}

func TestErrorsOfTheRollbackAreJoined(t *testing.T) {
	t.Parallel()
	_, err := environment.Boot(t.Context(), row(&journal{}, behavior{
		"OnRunning": fails,
		"OnDestroy": func(context.Context) error { return context.Canceled },
	}))
	require.ErrorIs(t, err, errBroken)
	require.ErrorIs(t, err, context.Canceled)
}

func TestFailedConstructorRollsBack(t *testing.T) {
	t.Parallel()
	j := &journal{}
	_, err := environment.Boot(t.Context(), environment.Module("m", row(j, nil),
		environment.Provide(func(*Second) (*Plain, func(context.Context) error, error) {
			// What it returns next to an error is released, too.
			return nil, func(context.Context) error { j.add("plain.cleanup"); return nil }, errBroken
		}),
	))
	require.ErrorIs(t, err, environment.ErrConstruct)
	require.ErrorIs(t, err, errBroken)
	want := concat(built, stopped[:3], []string{"plain.cleanup"}, stopped[3:])
	assert.Equal(t, want, j.all())
}

func TestCancelledBoot(t *testing.T) {
	t.Parallel()
	j := &journal{}
	ctx, cancel := context.WithCancelCause(t.Context())
	_, err := environment.Boot(ctx, environment.Module("m",
		environment.Provide(func() *First { cancel(errBroken); return &First{hooked{j, "first", nil}} }),
		environment.Provide(func() *Plain { panic("must not be built") }),
	))
	require.EqualError(t, err, `boot module "m": context canceled: broken`)
	require.ErrorIs(t, err, errBroken)
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, []string{"first.OnStopping", "first.OnDestroy"}, j.all())
}

func TestSharedInstanceHasItsHooksOnce(t *testing.T) {
	t.Parallel()
	j := &journal{}
	env := boot(t, environment.Module("m",
		environment.Provide(func() *First { return &First{hooked{j, "first", nil}} }),
		environment.Provide(func(first *First) environment.Runner { return first }),
	))
	require.NoError(t, env.Shutdown(t.Context()))
	assert.Equal(t, []string{"first.OnInit", "first.OnRunning", "first.OnStopping", "first.OnDestroy"}, j.all())
}

func TestSuppliedValuesGetNoHooks(t *testing.T) {
	t.Parallel()
	j := &journal{}
	env := boot(t, environment.Module("m",
		environment.Supply(&First{hooked{j, "first", nil}}),
		environment.Provide(func(first *First) environment.Runner { return first }),
	))
	require.NoError(t, env.Shutdown(t.Context()))
	assert.Empty(t, j.all())
}

func TestStopTimeout(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options []environment.Option
		want    time.Duration
	}{
		"default": {nil, 30 * time.Second},
		"zero":    {[]environment.Option{environment.StopTimeout(0)}, 30 * time.Second},
		"set":     {[]environment.Option{environment.StopTimeout(time.Second)}, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				j := &journal{}
				release := make(chan struct{})
				env, err := environment.Boot(context.Background(), row(j, behavior{
					"OnStopping": func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) },
					"OnDestroy":  func(context.Context) error { <-release; return nil }, // ignores its context
				}), test.options...)
				require.NoError(t, err)
				began := time.Now()
				err = env.Shutdown(context.Background())
				assert.InDelta(t, test.want, time.Since(began), float64(time.Second/4))
				require.ErrorIs(t, err, environment.ErrAbandoned)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				assert.ErrorContains(t, err, "OnStopping of *environment_test.Second: environment: the time for OnStopping ("+(test.want*4/5).String())
				assert.ErrorContains(t, err, "OnDestroy of *environment_test.Second: environment: did not return in time")
				want := slices.DeleteFunc(concat(built, started, stopped), func(s string) bool { return s == "second.cleanup" })
				assert.Equal(t, want, j.all(), "all other hooks were called")
				close(release)
				synctest.Wait()
			})
		})
	}
}

// A bubble of synctest ends only when all goroutines in it have.
func TestNoGoroutineIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		env, err := environment.Boot(t.Context(), row(&journal{}, nil))
		require.NoError(t, err)
		require.NoError(t, env.Shutdown(t.Context()))
		_, err = environment.Boot(t.Context(), row(&journal{}, behavior{"OnRunning": fails}))
		require.Error(t, err)
	})
}

func TestSecondShutdownWaitsForTheFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		env, err := environment.Boot(t.Context(), row(&journal{}, behavior{
			"OnStopping": func(context.Context) error { <-release; return errBroken },
		}))
		require.NoError(t, err)
		results := make(chan error, 2)
		for range 2 {
			go func() { results <- env.Shutdown(context.Background()) }()
		}
		synctest.Wait()
		assert.Empty(t, results)
		close(release)
		first, second := <-results, <-results
		require.ErrorIs(t, first, errBroken)
		assert.Equal(t, first, second)
	})
}
