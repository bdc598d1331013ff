package environment_test

import (
	"context"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
)

func TestLazily(t *testing.T) {
	t.Parallel()
	j := &journal{}
	env, err := environment.Boot(t.Context(), environment.Module("m",
		environment.Provide(func() *First { j.add("first.new"); return &First{hooked{j, "first", nil}} }, environment.Lazily()),
		environment.Provide(func(f *First) *Second { j.add("second.new"); return &Second{hooked{j, "second", nil}, f} }, environment.Lazily()),
		environment.Provide(func() *Plain { return &Plain{} }),
	))
	require.NoError(t, err)
	assert.Empty(t, j.all(), "nobody needs them")
	second := environment.Get[*Second](env)
	assert.Same(t, second, environment.Get[*Second](env))
	assert.Same(t, second.First, environment.Get[*First](env))
	require.NoError(t, env.Shutdown(t.Context()))
	assert.Equal(t, []string{
		"first.new", "first.OnInit", "first.OnRunning", "second.new", "second.OnInit", "second.OnRunning",
		"second.OnStopping", "first.OnStopping", "second.OnDestroy", "first.OnDestroy",
	}, j.all())
	_, err = environment.Find[*First](env)
	require.NoError(t, err, "what was made is there")
}

func TestWhatAnEagerComponentNeedsIsMadeAtBoot(t *testing.T) {
	t.Parallel()
	made := 0
	boot(t, environment.Module("m",
		environment.Provide(func() *First { made++; return &First{hooked{&journal{}, "first", nil}} }, environment.Lazily()),
		environment.Provide(func(*First) *Plain { return &Plain{} }),
	))
	assert.Equal(t, 1, made)
}

func TestNothingIsMadeAfterTheStop(t *testing.T) {
	t.Parallel()
	env := boot(t, environment.Module("m", environment.Provide(newSQL, environment.Lazily())))
	require.NoError(t, env.Shutdown(t.Context()))
	_, err := environment.Find[*SQLRepository](env)
	require.ErrorIs(t, err, environment.ErrStopped)
}

func TestALazyComponentThatFailsIsTriedAgain(t *testing.T) {
	t.Parallel()
	tries := 0
	env := boot(t, environment.Module("m", environment.Provide(func() (*Plain, error) {
		tries++
		if tries == 1 {
			return nil, errBroken
		}
		return &Plain{strconv.Itoa(tries)}, nil
	}, environment.Lazily())))
	_, err := environment.Find[*Plain](env)
	require.ErrorIs(t, err, errBroken)
	require.ErrorIs(t, err, environment.ErrConstruct)
	assert.Equal(t, "2", environment.Get[*Plain](env).Text)
}

func TestALazyComponentWhoseHookFailsIsDestroyed(t *testing.T) {
	t.Parallel()
	j := &journal{}
	env := boot(t, environment.Module("m", environment.Provide(func() *First {
		return &First{hooked{j, "first", behavior{"OnRunning": fails}}}
	}, environment.Lazily())))
	_, err := environment.Find[*First](env)
	require.ErrorIs(t, err, errBroken)
	assert.Equal(t, []string{"first.OnInit", "first.OnRunning", "first.OnStopping", "first.OnDestroy"}, j.all())
}

// TestGetWithinAConstructor has lazy components that ask the environment for
// each other: that is an error and never a deadlock, on whatever goroutine.
func TestGetWithinAConstructor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var env *environment.Environment
		both := make(chan struct{})
		var arrived atomic.Int32
		meet := func() {
			if arrived.Add(1) == 2 {
				close(both)
			}
			select {
			case <-both:
			case <-time.After(time.Minute): // only one of them is asked for
			}
		}
		env = environment.New(environment.Module("m",
			environment.Provide(func() (*First, error) {
				meet()
				_, err := environment.Find[*Second](env)
				return nil, err
			}, environment.Lazily()),
			environment.Provide(func() (*Second, error) {
				meet()
				_, err := environment.Find[*First](env)
				return nil, err
			}, environment.Lazily()),
			environment.Provide(func() (*Plain, error) {
				_, err := environment.Find[*Plain](env)
				return nil, err
			}, environment.Lazily()),
		))
		_, err := environment.Find[*Plain](env)
		require.ErrorIs(t, err, environment.ErrCycle, "one that asks for itself")
		assert.ErrorContains(t, err, "cycle *environment_test.Plain -> *environment_test.Plain, by Get while it is made")
		_, err = environment.Find[*First](env)
		require.ErrorIs(t, err, environment.ErrCycle, "one goroutine")
		arrived.Store(0)
		both = make(chan struct{})
		var wait sync.WaitGroup
		wait.Go(func() {
			_, err := environment.Find[*First](env)
			assert.ErrorIs(t, err, environment.ErrCycle)
		})
		wait.Go(func() {
			_, err := environment.Find[*Second](env)
			assert.ErrorIs(t, err, environment.ErrCycle)
		})
		wait.Wait()
		require.NoError(t, env.Shutdown(t.Context()))
	})
}

func TestGoexitInALazyConstructor(t *testing.T) {
	t.Parallel()
	env := boot(t, environment.Module("m",
		environment.Provide(func() *Plain { runtime.Goexit(); return nil }, environment.Lazily()),
		environment.Provide(func() *database { panic(errBroken) }, environment.Transient()),
	))
	_, err := environment.Find[*Plain](env)
	require.ErrorIs(t, err, environment.ErrConstruct)
	_, err = environment.Find[*database](env)
	require.ErrorIs(t, err, errBroken)
}

type perCall struct{ number int64 }

func TestTransient(t *testing.T) {
	t.Parallel()
	var count atomic.Int64
	type Holder struct {
		Lazy environment.Lazy[*perCall] `inject:""`
	}
	env := boot(t, environment.Module("m",
		environment.Provide(func(*SQLRepository) *perCall { return &perCall{count.Add(1)} }, environment.Transient()),
		environment.Provide(newSQL),
		environment.Register[Holder](),
	))
	assert.Zero(t, count.Load(), "none at boot")
	assert.NotSame(t, environment.Get[*perCall](env), environment.Get[*perCall](env))
	one, err := environment.Get[*Holder](env).Lazy.Get()
	require.NoError(t, err)
	assert.Equal(t, int64(3), one.number)
}

type initialized struct{ calls int }

func (i *initialized) OnInit(context.Context) error { i.calls++; return nil }

func TestTransientIsInitialized(t *testing.T) {
	t.Parallel()
	env := boot(t, environment.Module("m", environment.Register[initialized](environment.Transient())))
	assert.Equal(t, 1, environment.Get[*initialized](env).calls)
}

// TestTransientIsNotRetained counts bytes: what a million instances leave.
func TestTransientIsNotRetained(t *testing.T) { //nolint:paralleltest // it measures the heap
	env := boot(t, environment.Module("m", environment.Register[perCall](environment.Transient())))
	heap := func() uint64 {
		var stats runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&stats)
		return stats.HeapObjects
	}
	environment.Get[*perCall](env)
	before := heap()
	for range 1_000_000 {
		environment.Get[*perCall](env)
	}
	after := heap()
	assert.Less(t, after, before+10_000, "objects on the heap")
}

// session is scoped, and tells its end.
type session struct {
	number int64
	ended  *atomic.Int64
}

func (s *session) OnDestroy(context.Context) error { s.ended.Add(1); return nil }

func TestScoped(t *testing.T) {
	t.Parallel()
	var made, ended atomic.Int64
	scope := &environment.ContextScope{}
	env := boot(t, environment.Module("m",
		environment.Provide(func() *session { return &session{made.Add(1), &ended} }, environment.Scoped("request")),
		environment.Provide(func(s *session) *Plain { return &Plain{strconv.FormatInt(s.number, 10)} }, environment.Scoped("request")),
	), environment.WithScope("request", scope))

	_, err := environment.Find[*session](env)
	require.ErrorIs(t, err, environment.ErrNoScope)
	first, endFirst := scope.Begin(t.Context())
	second, endSecond := scope.Begin(t.Context())
	one, err := environment.GetContext[*session](first, env)
	require.NoError(t, err)
	again, err := environment.GetContext[*session](first, env)
	require.NoError(t, err)
	assert.Same(t, one, again)
	user, err := environment.GetContext[*Plain](first, env)
	require.NoError(t, err)
	assert.Equal(t, "1", user.Text, "what it needs belongs to the same context")
	other, err := environment.GetContext[*session](second, env)
	require.NoError(t, err)
	assert.NotSame(t, one, other)
	require.NoError(t, endFirst(t.Context()))
	require.NoError(t, endFirst(t.Context()), "a second call does nothing")
	assert.Equal(t, int64(1), ended.Load())
	_, err = environment.GetContext[*session](first, env)
	require.ErrorIs(t, err, environment.ErrNoScope)
	require.NoError(t, endSecond(t.Context()))
	assert.Equal(t, int64(2), ended.Load())
}

// TestCreationFromManyGoroutines is for the race detector.
func TestCreationFromManyGoroutines(t *testing.T) {
	t.Parallel()
	var singles, transients, sessions, ended atomic.Int64
	scope := &environment.ContextScope{}
	env := boot(t, environment.Module("m",
		environment.Provide(func() *SQLRepository { singles.Add(1); return newSQL() }, environment.Lazily()),
		environment.Provide(func(Repository) *perCall { return &perCall{transients.Add(1)} }, environment.Transient()),
		environment.Provide(func(*perCall) *session { return &session{sessions.Add(1), &ended} }, environment.Scoped("request")),
	), environment.WithScope("request", scope), environment.HookTimeout(time.Minute))
	shared, end := scope.Begin(t.Context())
	var wait sync.WaitGroup
	use := func(ctx context.Context) {
		_, err := environment.GetContext[*session](ctx, env)
		assert.NoError(t, err)
	}
	for range 64 {
		own, endOwn := scope.Begin(t.Context())
		wait.Go(func() {
			use(shared)
			use(own)
			environment.Get[*perCall](env)
			assert.NotNil(t, environment.Get[Repository](env))
			assert.NoError(t, endOwn(own))
		})
	}
	wait.Wait()
	require.NoError(t, end(t.Context()))
	assert.Equal(t, int64(1), singles.Load())
	assert.Equal(t, int64(65), sessions.Load())
	assert.Equal(t, int64(65), ended.Load())
	assert.Equal(t, int64(64+65), transients.Load())
}
