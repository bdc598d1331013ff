package environment_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
)

// checked is a health checker that does what a test wants.
type checked struct {
	check func(ctx context.Context) error
}

func (c *checked) Health(ctx context.Context) error { return c.check(ctx) }

func checkers(checks ...func(ctx context.Context) error) environment.Part {
	parts := []environment.Part{environment.Register[Plain]()}
	for i, check := range checks {
		parts = append(parts, environment.Supply(&checked{check}, environment.Named(string(rune('a'+i)))))
	}
	return environment.Module("m", parts...)
}

func TestHealth(t *testing.T) {
	t.Parallel()
	env := boot(t, checkers(
		func(context.Context) error { return nil }, fails, func(context.Context) error { panic("x") },
	))
	report := env.Health(t.Context())
	assert.False(t, report.Healthy)
	require.Len(t, report.Checks, 3)
	assert.Equal(t, `*environment_test.checked "a"`, report.Checks[0].Component.String())
	require.NoError(t, report.Checks[0].Err)
	require.ErrorIs(t, report.Checks[1].Err, errBroken)
	require.ErrorContains(t, report.Checks[2].Err, "panic at environment/health_test.go")

	require.NoError(t, env.Shutdown(t.Context()))
	report = env.Health(t.Context())
	assert.False(t, report.Healthy)
	require.ErrorIs(t, report.Err, environment.ErrStopped)
	assert.True(t, boot(t, checkers()).Health(t.Context()).Healthy)
}

func TestHealthIsParallelWithinItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := func(context.Context) error { time.Sleep(time.Second); return nil }
		also := func(ctx context.Context) error { return slow(ctx) }
		var calls atomic.Int32
		release := make(chan struct{})
		stuck := func(context.Context) error { calls.Add(1); <-release; return nil }
		env := environment.New(checkers(slow, also, stuck), environment.HealthTimeout(3*time.Second))
		began := time.Now()
		report := env.Health(t.Context())
		assert.Equal(t, 3*time.Second, time.Since(began))
		require.NoError(t, report.Checks[0].Err)
		require.NoError(t, report.Checks[1].Err)
		assert.Equal(t, time.Second, report.Checks[0].Took)
		require.ErrorIs(t, report.Checks[2].Err, context.DeadlineExceeded)
		env.Health(t.Context())
		assert.Equal(t, int32(1), calls.Load(), "one that still runs isn't called again")
		require.ErrorIs(t, env.Shutdown(t.Context()), environment.ErrAbandoned, "the one that is stuck")
		close(release)
	})
}

func TestHealthCache(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		env := environment.New(checkers(func(context.Context) error { calls.Add(1); return errBroken }), environment.HealthCache(time.Minute))
		for range 3 {
			assert.False(t, env.Health(t.Context()).Healthy)
		}
		assert.Equal(t, int32(1), calls.Load())
		time.Sleep(time.Minute)
		env.Health(t.Context())
		assert.Equal(t, int32(2), calls.Load())
		require.NoError(t, env.Shutdown(t.Context()))
	})
	for _, option := range []environment.Option{environment.HealthCache(-1), environment.HealthTimeout(-1)} {
		require.ErrorIs(t, environment.Validate(checkers(), option), environment.ErrInvalid)
	}
}
