package environment_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
)

// destroyed is a value with a hook.
type destroyed struct{ journal *journal }

func (d destroyed) OnDestroy(context.Context) error { d.journal.add("destroyed"); return nil }

// destroyedMap is a map with a hook.
type destroyedMap map[string]*journal

func (d destroyedMap) OnDestroy(context.Context) error { d["journal"].add("destroyed"); return nil }

func TestEqualValuesHaveTheirHooksOnce(t *testing.T) {
	t.Parallel()
	j := &journal{}
	env := boot(t, environment.Module("m",
		environment.Provide(func() destroyed { return destroyed{j} }),
		environment.Provide(func(d destroyed) environment.Destroyer { return d }),
	))
	require.NoError(t, env.Shutdown(t.Context()))
	assert.Equal(t, []string{"destroyed"}, j.all())

	j = &journal{}
	env = boot(t, environment.Module("m",
		environment.Provide(func() destroyedMap { return destroyedMap{"journal": j} }),
		environment.Provide(func(d destroyedMap) environment.Destroyer { return d }),
	))
	require.NoError(t, env.Shutdown(t.Context()))
	assert.Equal(t, []string{"destroyed"}, j.all())
}

func TestSuppliedValuesGetNoHooksWhateverTheOrder(t *testing.T) {
	t.Parallel()
	j := &journal{}
	first := &First{hooked{j, "first", nil}}
	env := boot(t, environment.Module("m",
		environment.Provide(func() environment.Runner { return first }), environment.Supply(first)))
	require.NoError(t, env.Shutdown(t.Context()))
	assert.Empty(t, j.all())
}

// EmbedsFirst would have the hooks of First, too.
type EmbedsFirst struct {
	*First `inject:""`
}

func TestEmbeddedComponentWithHooks(t *testing.T) {
	t.Parallel()
	err := environment.Validate(environment.Module("m", environment.Register[First](), environment.Register[EmbedsFirst]()))
	require.ErrorIs(t, err, environment.ErrTag)
	assert.ErrorContains(t, err, "would run twice")
}

func TestBootUnderAContextThatEnds(t *testing.T) {
	t.Parallel()
	for _, hook := range []string{"OnInit", "OnRunning"} {
		t.Run(hook, func(t *testing.T) {
			t.Parallel()
			j := &journal{}
			ctx, cancel := context.WithCancelCause(t.Context())
			module := row(j, behavior{hook: func(context.Context) error { cancel(errBroken); return nil }})
			_, err := environment.Boot(ctx, module)
			require.EqualError(t, err, `boot module "row": context canceled: broken`)
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorIs(t, err, errBroken)
			assert.Equal(t, "third.OnStopping", j.all()[len(j.all())-len(stopped)])
			assert.NotContains(t, j.all(), "third."+hook)
		})
	}
	t.Run("in the last hook", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		_, err := environment.Boot(ctx, environment.Module("m", environment.Provide(func() *First {
			return &First{hooked{&journal{}, "first", behavior{"OnRunning": func(context.Context) error { cancel(); return nil }}}}
		})))
		require.EqualError(t, err, `boot module "m": context canceled`)
	})
}

func TestShutdownAfterAFailedBoot(t *testing.T) {
	t.Parallel()
	j := &journal{}
	var kept *environment.Environment
	_, err := environment.Boot(t.Context(), environment.Module("m", row(j, behavior{"OnRunning": fails}),
		extending(func(i *environment.Inspection) {
			i.Add(environment.Assemble("keeper", nil, func(_ context.Context, env *environment.Environment, _ []any) (*Plain, error) {
				kept = env
				return &Plain{}, nil
			}))
		})))
	require.ErrorIs(t, err, errBroken)
	before := j.all()
	require.NoError(t, kept.Shutdown(t.Context()))
	assert.Equal(t, before, j.all(), "nothing is stopped twice")
}

// panicHandler is a log handler with a bug.
type panicHandler struct{ slog.Handler }

func (panicHandler) Enabled(context.Context, slog.Level) bool  { return true }
func (panicHandler) Handle(context.Context, slog.Record) error { panic("no disk") }

func TestLogHandlerThatPanics(t *testing.T) {
	t.Parallel()
	j := &journal{}
	env := boot(t, row(j, nil), environment.Logger(slog.New(panicHandler{})))
	require.NoError(t, env.Shutdown(t.Context()))
	require.NoError(t, env.Shutdown(t.Context()))
	assert.Equal(t, concat(built, started, stopped), j.all())
}
