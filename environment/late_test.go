package environment_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
)

// Components that ask for each other while they are made after boot.
type (
	hen struct {
		Egg environment.Lazy[*egg] `inject:""`
	}
	egg struct {
		Hen *hen `inject:""`
	}
	selfish struct {
		Environment *environment.Environment `inject:""`
	}
	leaf struct{ n int }
)

func (h *hen) OnInit(context.Context) error { _, err := h.Egg.Get(); return err }

func (s *selfish) OnInit(context.Context) error {
	_, err := environment.Find[*selfish](s.Environment)
	return err
}

func TestWhatNeedsItselfWhileItIsMade(t *testing.T) {
	t.Parallel()
	scope := &environment.ContextScope{}
	ctx, end := scope.Begin(t.Context())
	asksLeaf := func(env *environment.Environment) (*Plain, error) {
		_, err := environment.Find[*leaf](env)
		return &Plain{}, err
	}
	asksPlain := func(env *environment.Environment) (*leaf, error) {
		_, err := environment.Find[*Plain](env)
		return &leaf{}, err
	}
	for name, test := range map[string]struct {
		parts []environment.Part
		find  func(env *environment.Environment) error
	}{
		"OnInit of a lazy one": {
			[]environment.Part{environment.Register[hen](environment.Lazily()), environment.Register[egg](environment.Lazily())},
			func(env *environment.Environment) error { _, err := environment.Find[*hen](env); return err },
		},
		"OnInit asks for itself": {
			[]environment.Part{environment.Register[selfish](environment.Lazily())},
			func(env *environment.Environment) error { _, err := environment.Find[*selfish](env); return err },
		},
		"a transient one asks for itself": {
			[]environment.Part{environment.Register[selfish](environment.Transient())},
			func(env *environment.Environment) error { _, err := environment.Find[*selfish](env); return err },
		},
		"a lazy one through a transient one": {
			[]environment.Part{environment.Provide(asksLeaf, environment.Lazily()), environment.Provide(asksPlain, environment.Transient())},
			func(env *environment.Environment) error { _, err := environment.Find[*Plain](env); return err },
		},
		"a scoped one": {
			[]environment.Part{environment.Provide(func(ctx context.Context, env *environment.Environment) (*leaf, error) {
				return environment.GetContext[*leaf](ctx, env)
			}, environment.Scoped("request"))},
			func(env *environment.Environment) error {
				_, err := environment.GetContext[*leaf](ctx, env)
				return err
			},
		},
	} {
		env := boot(t, environment.Module("m", test.parts...), environment.WithScope("request", scope))
		require.ErrorIs(t, test.find(env), environment.ErrCycle, name)
	}
	require.NoError(t, end(t.Context()))
}

func TestAnObserverMayAskForWhatIsMade(t *testing.T) {
	t.Parallel()
	var env *environment.Environment
	env = environment.New(environment.Module("m", environment.Register[Plain](environment.Lazily())),
		environment.Observe(func(_ context.Context, event environment.Event) {
			if _, ok := event.(*environment.Constructed); ok {
				_, err := environment.Find[*Plain](env)
				assert.ErrorIs(t, err, environment.ErrCycle)
			}
		}))
	_, err := environment.Find[*Plain](env)
	require.NoError(t, err)
	require.NoError(t, env.Shutdown(t.Context()))
}

// TestWhoWaitsForALazyComponent has one asker give up, and another wait.
func TestWhoWaitsForALazyComponent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		started := make(chan struct{})
		env := environment.New(environment.Module("m", environment.Provide(func(ctx context.Context) (*Plain, error) {
			close(started)
			select {
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			case <-time.After(time.Second):
				return &Plain{"made"}, nil
			}
		}, environment.Lazily())))
		impatient, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		var wait sync.WaitGroup
		wait.Go(func() {
			_, err := environment.GetContext[*Plain](impatient, env)
			assert.ErrorIs(t, err, context.DeadlineExceeded)
		})
		<-started
		plain, err := environment.Find[*Plain](env)
		require.NoError(t, err, "the first asker's context is its own")
		assert.Equal(t, "made", plain.Text)
		wait.Wait()
		require.NoError(t, env.Shutdown(t.Context()))
	})
}

// TestFailuresAndAskersOfManyKinds is for the race detector.
func TestFailuresAndAskersOfManyKinds(t *testing.T) {
	t.Parallel()
	for range 100 {
		var calls atomic.Int32
		env := environment.New(environment.Module("m", environment.Provide(func() (*Plain, error) {
			if calls.Add(1) == 1 {
				return nil, errBroken
			}
			return &Plain{}, nil
		}, environment.Lazily())))
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		var wait sync.WaitGroup
		for i := range 16 {
			ctx := t.Context()
			if i%3 == 0 {
				ctx = ended
			}
			wait.Go(func() { _, _ = environment.GetContext[*Plain](ctx, env) })
		}
		wait.Wait()
		require.NoError(t, env.Shutdown(t.Context()))
	}
}

// perishable tells whether it was destroyed.
type perishable struct{ gone atomic.Bool }

func (d *perishable) OnDestroy(context.Context) error { d.gone.Store(true); return nil }

func TestStopWaitsForWhatIsBeingMade(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dependency := &perishable{}
		module := environment.Module("m", environment.Provide(func() *perishable { return dependency }),
			environment.Provide(func(d *perishable) *Plain {
				time.Sleep(time.Second)
				assert.False(t, d.gone.Load())
				return &Plain{}
			}, environment.Lazily()))
		env := environment.New(module)
		var wait sync.WaitGroup
		wait.Go(func() {
			_, err := environment.Find[*Plain](env)
			assert.NoError(t, err)
		})
		synctest.Wait()
		require.NoError(t, env.Shutdown(t.Context()))
		assert.True(t, dependency.gone.Load())
		wait.Wait()

		release := make(chan struct{})
		env = environment.New(environment.Module("m", environment.Provide(func() *Plain { <-release; return &Plain{} }, environment.Lazily())),
			environment.StopTimeout(time.Second))
		wait.Go(func() {
			_, err := environment.Find[*Plain](env)
			assert.ErrorIs(t, err, environment.ErrStopped)
		})
		synctest.Wait()
		err := env.Shutdown(t.Context())
		require.ErrorIs(t, err, environment.ErrAbandoned)
		require.ErrorContains(t, err, "make *environment_test.Plain")
		close(release)
		wait.Wait()
	})
}

func TestNothingOfAnyLifetimeIsMadeAfterTheStop(t *testing.T) {
	t.Parallel()
	scope := &environment.ContextScope{}
	env := boot(t, environment.Module("m",
		environment.Register[Plain](environment.Transient()), environment.Register[leaf](environment.Scoped("request")),
	), environment.WithScope("request", scope))
	ctx, end := scope.Begin(t.Context())
	require.NoError(t, env.Shutdown(t.Context()))
	_, err := environment.Find[*Plain](env)
	require.ErrorIs(t, err, environment.ErrStopped)
	_, err = environment.GetContext[*leaf](ctx, env)
	require.ErrorIs(t, err, environment.ErrStopped)
	require.NoError(t, end(t.Context()))
}

// lateStarter is lazy, and made by another's OnInit on a goroutine of its own.
type lateStarter struct {
	entered, proceed chan struct{}
	ran              atomic.Bool
}

func (l *lateStarter) OnInit(context.Context) error    { close(l.entered); <-l.proceed; return nil }
func (l *lateStarter) OnRunning(context.Context) error { l.ran.Store(true); return nil }

type starter struct {
	lazy environment.Lazy[*lateStarter]
	late *lateStarter
	wait sync.WaitGroup
}

func (s *starter) OnInit(context.Context) error {
	s.wait.Go(func() { _, _ = s.lazy.Get() })
	<-s.late.entered
	return nil
}

func TestALazyComponentMadeWhileOthersBeginToRun(t *testing.T) {
	t.Parallel()
	late := &lateStarter{entered: make(chan struct{}), proceed: make(chan struct{})}
	env := boot(t, environment.Module("m",
		environment.Provide(func() *lateStarter { return late }, environment.Lazily()),
		environment.Provide(func(lazy environment.Lazy[*lateStarter]) *starter { return &starter{lazy: lazy, late: late} }),
	))
	close(late.proceed)
	environment.Get[*starter](env).wait.Wait()
	assert.True(t, late.ran.Load(), "OnRunning")
}

func TestSharedInstancesOfLateComponentsHaveTheirHooksOnce(t *testing.T) {
	t.Parallel()
	for name, option := range map[string]environment.ComponentOption{"lazy": environment.Lazily(), "transient": environment.Transient()} {
		j := &journal{}
		env, err := environment.Boot(t.Context(), environment.Module("m",
			environment.Provide(func() *First { return &First{hooked{j, "first", nil}} }),
			environment.Provide(func(f *First) environment.Initializer { return f }, option, environment.Named("alias")),
		))
		require.NoError(t, err)
		for range 3 {
			_, err = environment.FindNamed[environment.Initializer](env, "alias")
			require.NoError(t, err, name)
		}
		require.NoError(t, env.Shutdown(t.Context()))
		assert.Equal(t, []string{"first.OnInit", "first.OnRunning", "first.OnStopping", "first.OnDestroy"}, j.all(), name)
	}
}

func TestEmptyComponentsAreNotTakenForOne(t *testing.T) {
	t.Parallel()
	before := emptyStops.Load()
	env := boot(t, environment.Module("m",
		environment.Register[empty](environment.Named("a")), environment.Register[empty](environment.Named("b"))))
	require.NoError(t, env.Shutdown(t.Context()))
	assert.Equal(t, int32(2), emptyStops.Load()-before)
}

var emptyStops atomic.Int32

type empty struct{}

func (*empty) OnDestroy(context.Context) error { emptyStops.Add(1); return nil }
