package environment_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
)

// spy writes events down as text.
type spy struct {
	mu     sync.Mutex
	events []string
}

func (s *spy) observe(_ context.Context, event environment.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e := event.(type) {
	case *environment.Excluded:
		s.events = append(s.events, fmt.Sprint("excluded ", e.Component, ": ", e.Why))
	case *environment.Constructed:
		s.events = append(s.events, fmt.Sprint("constructed ", e.Component, " ", e.Err))
	case *environment.HookCalled:
		s.events = append(s.events, fmt.Sprint(e.Hook, " ", e.Component, " ", e.Err))
	case *environment.Booted:
		s.events = append(s.events, fmt.Sprint("booted ", e.Module, " ", e.Components))
	case *environment.BootFailed:
		s.events = append(s.events, fmt.Sprint("failed ", e.Module))
	case *environment.Stopping:
		s.events = append(s.events, "stopping "+e.Module)
	case *environment.Stopped:
		s.events = append(s.events, fmt.Sprint("stopped ", e.Module, " ", e.Err))
	}
}

func (s *spy) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.events)
}

func TestObserver(t *testing.T) {
	t.Parallel()
	s := &spy{}
	env, err := environment.Boot(t.Context(), environment.Module("m",
		environment.Provide(func() *First { return &First{hooked{&journal{}, "first", behavior{"OnDestroy": fails}}} }),
		environment.Register[Plain](environment.When(environment.Feature("x"))),
		environment.Provide(newDatabase("late"), environment.Lazily()),
	), environment.Observe(s.observe))
	require.NoError(t, err)
	environment.Get[*database](env)
	require.ErrorIs(t, env.Shutdown(t.Context()), errBroken)
	assert.Equal(t, []string{
		`excluded *environment_test.Plain: feature "x" is off`,
		"constructed *environment_test.First <nil>",
		"OnInit *environment_test.First <nil>",
		"OnRunning *environment_test.First <nil>",
		"booted m 1",
		"constructed *environment_test.database <nil>",
		"stopping m",
		"OnStopping *environment_test.First <nil>",
		"OnDestroy *environment_test.First broken",
		"stopped m OnDestroy of *environment_test.First: broken",
	}, s.all())
}

func TestObserverOfAFailedBoot(t *testing.T) {
	t.Parallel()
	s := &spy{}
	_, err := environment.Boot(t.Context(), environment.Module("m", environment.Provide(func() (*Plain, error) { return nil, errBroken })),
		environment.Observe(s.observe))
	require.ErrorIs(t, err, errBroken)
	assert.Equal(t, []string{"constructed *environment_test.Plain broken", "failed m", "stopping m", "stopped m <nil>"}, s.all())
}

func TestObserverThatPanics(t *testing.T) {
	t.Parallel()
	panics := func(on environment.Event) environment.Option {
		return environment.Observe(func(_ context.Context, event environment.Event) {
			if fmt.Sprintf("%T", event) == fmt.Sprintf("%T", on) {
				panic(errBroken)
			}
		})
	}
	module := environment.Module("m", environment.Register[Plain]())
	_, err := environment.Boot(t.Context(), module, panics(&environment.Constructed{}))
	require.ErrorIs(t, err, errBroken)
	require.ErrorContains(t, err, "observer of *environment.Constructed: panic at environment/observe_test.go")
	env, err := environment.Boot(t.Context(), module, panics(&environment.Stopped{}))
	require.NoError(t, err)
	require.ErrorIs(t, env.Shutdown(t.Context()), errBroken)
	require.ErrorIs(t, environment.Validate(module, environment.Observe(nil)), environment.ErrInvalid)
}

func TestHookTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j, release := &journal{}, make(chan struct{})
		module := func(do behavior) environment.Part {
			return environment.Module("m", environment.Provide(func() *First { return &First{hooked{j, "first", do}} }))
		}
		obeys := func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }
		_, err := environment.Boot(t.Context(), module(behavior{"OnInit": obeys}), environment.HookTimeout(time.Second))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "the time of the hook OnInit (1s) is over")

		stuck := func(context.Context) error { <-release; return nil }
		began := time.Now()
		_, err = environment.Boot(t.Context(), module(behavior{"OnRunning": stuck}), environment.HookTimeout(time.Second))
		require.ErrorIs(t, err, environment.ErrAbandoned)
		require.ErrorContains(t, err, "start *environment_test.First: ")
		assert.Less(t, time.Since(began), 2*time.Second)
		assert.NotContains(t, j.all()[3:], "first.OnDestroy", "nothing more is called on it")

		env := environment.New(module(behavior{"OnStopping": obeys}), environment.HookTimeout(time.Second))
		require.ErrorContains(t, env.Shutdown(t.Context()), "the time of the hook OnStopping (1s) is over")
		close(release)
	})
	require.ErrorIs(t, environment.Validate(environment.Module("m"), environment.HookTimeout(-1)), environment.ErrInvalid)
}
