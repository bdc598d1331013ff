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

// components are three in a row, each with a behavior of its own.
func components(do ...behavior) environment.Part {
	makers := []environment.Part{
		environment.Provide(func() *First { return &First{hooked{&journal{}, "first", do[0]}} }),
		environment.Provide(func(f *First) *Second { return &Second{hooked{&journal{}, "second", do[1]}, f} }),
		environment.Provide(func(s *Second) *Third { return &Third{hooked{&journal{}, "third", do[2]}, s} }),
	}
	return environment.Module("components", makers...)
}

func TestHungOnStoppingLeavesTimeForOnDestroy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		hang := behavior{"OnStopping": func(context.Context) error { <-release; return nil }}
		var left time.Duration
		env, err := environment.Boot(context.Background(), components(behavior{"OnDestroy": func(ctx context.Context) error {
			deadline, ok := ctx.Deadline()
			assert.True(t, ok)
			left = time.Until(deadline)
			return ctx.Err()
		}}, hang, hang), environment.StopTimeout(10*time.Second))
		require.NoError(t, err)
		err = env.Shutdown(context.Background())
		require.ErrorIs(t, err, environment.ErrAbandoned)
		assert.NotContains(t, err.Error(), "OnDestroy")
		assert.InDelta(t, 2*time.Second, left, float64(100*time.Millisecond))
		close(release)
		synctest.Wait()
	})
}

func TestOneGraceForTheWholeStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		hang := behavior{"OnDestroy": func(context.Context) error { <-release; return nil }}
		env, err := environment.Boot(context.Background(), components(hang, hang, hang), environment.StopTimeout(100*time.Millisecond))
		require.NoError(t, err)
		began := time.Now()
		require.ErrorIs(t, env.Shutdown(context.Background()), environment.ErrAbandoned)
		assert.Less(t, time.Since(began), 160*time.Millisecond)
		close(release)
		synctest.Wait()
	})
}

func TestNothingMoreIsCalledOnAnAbandonedComponent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := &journal{}
		release := make(chan struct{})
		env, err := environment.Boot(context.Background(), row(j, behavior{
			"OnStopping": func(context.Context) error { <-release; return nil },
		}))
		require.NoError(t, err)
		require.ErrorIs(t, env.Shutdown(context.Background()), environment.ErrAbandoned)
		assert.NotContains(t, j.all(), "second.OnDestroy")
		assert.NotContains(t, j.all(), "second.cleanup")
		assert.Contains(t, j.all(), "first.OnDestroy")
		close(release)
		synctest.Wait()
	})
}

func TestSecondShutdownWaitsNoLongerThanItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		env, err := environment.Boot(t.Context(), row(&journal{}, behavior{
			"OnStopping": func(context.Context) error { <-release; return nil },
		}))
		require.NoError(t, err)
		first := make(chan error)
		go func() { first <- env.Shutdown(context.Background()) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, env.Shutdown(ctx), context.DeadlineExceeded)
		close(release)
		require.NoError(t, <-first)
		require.NoError(t, env.Shutdown(ctx), "the result is there")
	})
}
