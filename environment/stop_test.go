package environment_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
)

func TestShutdownInterruptsABoot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dependency := &perishable{}
		shutdown := make(chan error, 1)
		env, err := environment.Boot(t.Context(), environment.Module("m",
			environment.Provide(func() *perishable { return dependency }),
			environment.Provide(func(_ *perishable, env *environment.Environment) *Plain {
				go func() { shutdown <- env.Shutdown(context.Background()) }()
				time.Sleep(time.Second)
				return &Plain{}
			}),
			environment.Provide(func(*Plain) *leaf { t.Error("made after the stop"); return &leaf{} })))
		require.ErrorIs(t, err, environment.ErrStopped)
		assert.Nil(t, env)
		require.NoError(t, <-shutdown)
		assert.True(t, dependency.gone.Load())
	})
}

// TestShutdownWithinAConstructor waits for itself, until the time is over.
func TestShutdownWithinAConstructor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dependency := &perishable{}
		_, err := environment.Boot(t.Context(), environment.Module("m",
			environment.Provide(func() *perishable { return dependency }),
			environment.Provide(func(_ *perishable, env *environment.Environment) *Plain {
				assert.ErrorIs(t, env.Shutdown(context.Background()), environment.ErrAbandoned)
				return &Plain{}
			})), environment.StopTimeout(time.Second))
		require.ErrorIs(t, err, environment.ErrStopped)
		assert.True(t, dependency.gone.Load(), "the boot undoes itself")
	})
}

func TestParentStopsWhileAChildBoots(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		parent := environment.New(environment.Module("parent"))
		dependency := &perishable{}
		result := make(chan error, 1)
		go func() {
			_, err := environment.Boot(t.Context(), environment.Module("child",
				environment.Provide(func() *perishable { return dependency }),
				environment.Provide(func(*perishable) *Plain { time.Sleep(time.Second); return &Plain{} }),
				environment.Provide(func(*Plain) *leaf { t.Error("made after the stop"); return &leaf{} })), environment.Parent(parent))
			result <- err
		}()
		synctest.Wait()
		require.NoError(t, parent.Shutdown(t.Context()))
		require.ErrorIs(t, <-result, environment.ErrStopped)
		assert.True(t, dependency.gone.Load())
	})
}

// stopping is a component whose OnStopping is a function.
type stopping struct {
	stop func(ctx context.Context) error
}

func (s *stopping) OnStopping(ctx context.Context) error { return s.stop(ctx) }

func TestAStuckChildLeavesTimeForItsParent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var left time.Duration
		parent := environment.New(environment.Module("parent", environment.Supply(&leaf{}), environment.Provide(func() *stopping {
			return &stopping{func(ctx context.Context) error {
				deadline, _ := ctx.Deadline()
				left = time.Until(deadline)
				return nil
			}}
		})), environment.StopTimeout(10*time.Second))
		environment.New(environment.Module("child", environment.Provide(func() *stopping {
			return &stopping{func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }}
		})), environment.Parent(parent))
		require.ErrorIs(t, parent.Shutdown(t.Context()), context.DeadlineExceeded)
		assert.Greater(t, left, 3*time.Second)
	})
}

func TestLazyComponentsCanBeMadeWhileOthersStop(t *testing.T) {
	t.Parallel()
	j := &journal{}
	env, err := environment.Boot(t.Context(), environment.Module("m",
		environment.Provide(func(lazy environment.Lazy[*First]) *stopping {
			return &stopping{func(context.Context) error { _, err := lazy.Get(); return err }}
		}),
		environment.Provide(func(ctx context.Context) (*First, error) { return &First{hooked{j, "first", nil}}, ctx.Err() }, environment.Lazily())))
	require.NoError(t, err)
	require.NoError(t, env.Shutdown(t.Context()))
	assert.Equal(t, []string{"first.OnInit", "first.OnRunning", "first.OnStopping", "first.OnDestroy"}, j.all())
}

// asksHealth asks for the environment's health in its OnInit.
type asksHealth struct {
	Environment *environment.Environment `inject:""`
	report      environment.HealthReport
}

func (a *asksHealth) OnInit(ctx context.Context) error {
	a.report = a.Environment.Health(ctx)
	return nil
}

func TestHealthDuringBoot(t *testing.T) {
	t.Parallel()
	env := boot(t, environment.Module("m", environment.Register[asksHealth]()))
	report := environment.Get[*asksHealth](env).report
	assert.False(t, report.Healthy)
	require.ErrorIs(t, report.Err, environment.ErrBooting)
}

// checkedAndDestroyed tells whether it was destroyed under its check.
type checkedAndDestroyed struct{ perishable }

func (c *checkedAndDestroyed) Health(context.Context) error {
	time.Sleep(time.Second)
	if c.gone.Load() {
		return errBroken
	}
	return nil
}

func TestStopWaitsForHealthChecks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		env := environment.New(environment.Module("m", environment.Register[checkedAndDestroyed]()))
		result := make(chan environment.HealthReport, 1)
		go func() { result <- env.Health(t.Context()) }()
		synctest.Wait()
		require.NoError(t, env.Shutdown(t.Context()))
		report := <-result
		require.NoError(t, report.Checks[0].Err)
	})
}

func TestWhatAPostProcessorFailsAtIsDestroyed(t *testing.T) {
	t.Parallel()
	for _, fail := range []refusing{
		func(any) (any, error) { return nil, errBroken },
		func(any) (any, error) { panic(errBroken) },
	} {
		dependency, cleaned := &perishable{}, false
		_, err := environment.Boot(t.Context(), environment.Module("m", environment.Supply(fail),
			environment.Provide(func() (*perishable, func(context.Context) error, error) {
				return dependency, func(context.Context) error { cleaned = true; return nil }, nil
			})))
		require.ErrorIs(t, err, errBroken)
		assert.True(t, dependency.gone.Load())
		assert.True(t, cleaned)
	}
}
