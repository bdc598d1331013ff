package environment_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
)

// Types of components that ask for each other.
type (
	red   struct{ n int }
	green struct{ n int }
	blue  struct{ n int }
)

// ask asks for a T while something else is made, after a pause in which others
// come to do the same.
func ask[T any](ctx context.Context, env *environment.Environment) error {
	time.Sleep(time.Second)
	_, err := environment.GetContext[T](ctx, env)
	return err
}

// TestAsksOnSeveralGoroutines has one that is made ask for two at a time, one of
// which asks for it.
func TestAsksOnSeveralGoroutines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		env := environment.New(environment.Module("m",
			environment.Provide(func(ctx context.Context, env *environment.Environment) (*red, error) {
				var wait sync.WaitGroup
				var err error
				wait.Go(func() { err = ask[*green](ctx, env) })
				wait.Go(func() { _ = ask[*blue](ctx, env) })
				wait.Wait()
				return &red{}, err
			}, environment.Lazily()),
			environment.Provide(func(ctx context.Context, env *environment.Environment) (*green, error) {
				return &green{}, ask[*red](ctx, env)
			}, environment.Lazily()),
			environment.Provide(func() *blue { time.Sleep(time.Minute); return &blue{} }, environment.Lazily()),
		))
		_, err := environment.Find[*red](env)
		require.ErrorIs(t, err, environment.ErrCycle)
		require.NoError(t, env.Shutdown(t.Context()))
	})
}

func TestScopedComponentsThatWaitForEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scope := &environment.ContextScope{}
		begun, end := scope.Begin(t.Context())
		for name, pass := range map[string]func(ctx context.Context) context.Context{
			"with the constructor's context": func(ctx context.Context) context.Context { return ctx },
			"with the scope's context":       func(context.Context) context.Context { return begun },
		} {
			env := environment.New(environment.Module("m",
				environment.Provide(func(ctx context.Context, env *environment.Environment) (*red, error) {
					return &red{}, ask[*green](pass(ctx), env)
				}, environment.Scoped("request")),
				environment.Provide(func(ctx context.Context, env *environment.Environment) (*green, error) {
					return &green{}, ask[*red](pass(ctx), env)
				}, environment.Scoped("request"))), environment.WithScope("request", scope))
			var wait sync.WaitGroup
			wait.Go(func() {
				_, err := environment.GetContext[*red](begun, env)
				assert.ErrorIs(t, err, environment.ErrCycle, name)
			})
			wait.Go(func() {
				_, err := environment.GetContext[*green](begun, env)
				assert.ErrorIs(t, err, environment.ErrCycle, name)
			})
			wait.Wait()
			require.NoError(t, env.Shutdown(t.Context()))
		}
		require.NoError(t, end(t.Context()))
	})
}

func TestAScopedComponentWhoseFirstAskerGaveUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scope := &environment.ContextScope{}
		env := environment.New(environment.Module("m", environment.Provide(func(ctx context.Context) (*red, error) {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(time.Minute):
				return &red{}, nil
			}
		}, environment.Scoped("request"))), environment.WithScope("request", scope))
		begun, end := scope.Begin(t.Context())
		impatient, cancel := context.WithTimeout(begun, time.Second)
		defer cancel()
		var wait sync.WaitGroup
		wait.Go(func() {
			_, err := environment.GetContext[*red](impatient, env)
			assert.ErrorIs(t, err, context.DeadlineExceeded)
		})
		synctest.Wait()
		_, err := environment.GetContext[*red](begun, env)
		require.NoError(t, err)
		wait.Wait()
		require.NoError(t, end(t.Context()))
		require.NoError(t, env.Shutdown(t.Context()))
	})
}

// keepsContext keeps the context of its making, which it had better not.
type keepsContext struct {
	ctx context.Context //nolint:containedctx // what is tried
}

func TestAContextThatOutlivesTheMaking(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scope := &environment.ContextScope{}
		env := environment.New(environment.Module("m",
			environment.Provide(func(ctx context.Context) *keepsContext { return &keepsContext{ctx} }, environment.Transient()),
			environment.Provide(func(*keepsContext) *green { return &green{} }, environment.Scoped("request")),
			environment.Provide(func() *blue { time.Sleep(time.Minute); return &blue{} }, environment.Lazily()),
		), environment.WithScope("request", scope))
		begun, end := scope.Begin(t.Context())
		kept, err := environment.GetContext[*keepsContext](begun, env)
		require.NoError(t, err)
		var wait sync.WaitGroup
		wait.Go(func() { _ = environment.Get[*blue](env) })
		synctest.Wait()
		_, err = environment.GetContext[*green](kept.ctx, env)
		require.NoError(t, err, "nobody makes a keepsContext any more")
		wait.Wait()
		require.NoError(t, end(t.Context()))
		require.NoError(t, env.Shutdown(t.Context()))
	})
}

func TestWhatComesAfterAnAbandonedStopIsDestroyed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j, release := &journal{}, make(chan struct{})
		env := environment.New(environment.Module("m", environment.Provide(func() *First {
			<-release
			return &First{hooked{j, "first", nil}}
		}, environment.Lazily())), environment.StopTimeout(time.Second))
		var wait sync.WaitGroup
		wait.Go(func() {
			_, err := environment.GetContext[*First](t.Context(), env)
			assert.ErrorIs(t, err, environment.ErrStopped)
		})
		synctest.Wait()
		require.ErrorIs(t, env.Shutdown(t.Context()), environment.ErrAbandoned)
		close(release)
		wait.Wait()
		assert.Contains(t, j.all(), "first.OnDestroy")
	})
}

func TestShutdownDuringABootTakesTheStopTimeoutOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		took := make(chan time.Duration, 1)
		_, err := environment.Boot(t.Context(), environment.Module("m",
			environment.Provide(func() *stopping {
				return &stopping{func(ctx context.Context) error { <-ctx.Done(); return nil }}
			}),
			environment.Provide(func(_ *stopping, env *environment.Environment) *Plain {
				go func() {
					began := time.Now()
					_ = env.Shutdown(context.Background())
					took <- time.Since(began)
				}()
				time.Sleep(9 * time.Second)
				return &Plain{}
			})), environment.StopTimeout(10*time.Second))
		require.ErrorIs(t, err, environment.ErrStopped)
		assert.LessOrEqual(t, <-took, 10*time.Second)
	})
}

// failsAtAlias is a post-processor that fails at the component of this name.
type failsAtAlias struct{}

func (failsAtAlias) Process(_ context.Context, c *environment.Component, instance any) (any, error) {
	if c.Name() == "alias" {
		return nil, errBroken
	}
	return instance, nil
}

func TestAFailedAliasLeavesItsInstanceToTheOwner(t *testing.T) {
	t.Parallel()
	j := &journal{}
	env := boot(t, environment.Module("m", environment.Supply(failsAtAlias{}),
		environment.Provide(func() *First { return &First{hooked{j, "first", nil}} }),
		environment.Provide(func(f *First) environment.Initializer { return f }, environment.Lazily(), environment.Named("alias")),
	))
	_, err := environment.FindNamed[environment.Initializer](env, "alias")
	require.ErrorIs(t, err, errBroken)
	assert.Equal(t, []string{"first.OnInit", "first.OnRunning"}, j.all())
}

func TestAPrivateComponentIsMeantInItsModule(t *testing.T) {
	t.Parallel()
	type takesA struct{ red *red }
	type takesB struct{ red *red }
	a := environment.Provide(func(r *red) *takesA { return &takesA{r} })
	b := environment.Module("B",
		environment.Provide(func() *red { return &red{1} }, environment.Named("one")),
		environment.Provide(func() *red { return &red{2} }),
		environment.Provide(func(r *red) *takesB { return &takesB{r} }))
	private := environment.Provide(func() *red { return &red{99} }, environment.Private())
	for _, parts := range [][]environment.Part{{private, a, b}, {b, a, private}} {
		env := boot(t, environment.Module("A", parts...))
		assert.Equal(t, 99, environment.Get[*takesA](env).red.n)
		assert.Equal(t, 2, environment.Get[*takesB](env).red.n)
	}
}

func TestOverrideMeansTheOneWithoutAName(t *testing.T) {
	t.Parallel()
	env := boot(t, environment.Module("m",
		environment.Provide(func() *red { return &red{1} }, environment.Named("one"), environment.Primary()),
		environment.Provide(func() *red { return &red{2} })),
		environment.Override[*red](func() *red { return &red{3} }))
	all := environment.Get[[]*red](env)
	require.Len(t, all, 2)
	assert.Equal(t, []int{1, 3}, []int{all[0].n, all[1].n})
}

func TestDecoratorsOfSmallerAndLargerInterfaces(t *testing.T) {
	t.Parallel()
	small := environment.Decorate(func(next Repository) Repository { return &prefixed{next, "small-"} })
	large := environment.Decorate(func(next wide) wide { return next })
	for _, parts := range [][]environment.Part{{small, large}, {large, small}, {large}} {
		env := boot(t, environment.Module("m", append(parts, environment.Register[wideRepository](environment.As[Repository]()))...))
		assert.Len(t, environment.Get[[]Repository](env), 1)
		assert.NotNil(t, environment.Get[Repository](env))
	}
}
