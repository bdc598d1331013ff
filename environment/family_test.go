package environment_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/environment/config"
)

func TestChildTakesFromItsParent(t *testing.T) {
	t.Parallel()
	made := 0
	parent := boot(t, environment.Module("parent",
		environment.Provide(newSQL), environment.Register[Orders](),
		environment.Provide(newDatabase("lazy"), environment.Lazily()),
		environment.Provide(func() *Plain { made++; return &Plain{} }, environment.PerEnvironment()),
		environment.Provide(newDatabase("hidden"), environment.Private(), environment.Named("hidden")),
	), environment.Features("dev"), environment.Config(config.Map(map[string]any{"a": "parent", "b": "parent"})))
	child := boot(t, environment.Module("child",
		environment.Register[Billing](),
		environment.Provide(newMem, environment.When(environment.Feature("dev"))),
	), environment.Parent(parent), environment.Config(config.Map(map[string]any{"b": "child"})))

	assert.Same(t, environment.Get[*Orders](parent), environment.Get[*Billing](child).Orders)
	assert.Same(t, environment.Get[*database](parent), environment.Get[*database](child), "a lazy one is made in the parent")
	assert.Equal(t, "mem:1", environment.Get[Repository](child).Load("1"), "it shadows")
	assert.Equal(t, "sql:1", environment.Get[Repository](parent).Load("1"))
	assert.Len(t, environment.Get[[]Repository](child), 2)
	_, err := environment.Find[*Billing](parent)
	require.ErrorIs(t, err, environment.ErrMissing)
	_, err = environment.FindNamed[*database](child, "hidden")
	require.ErrorIs(t, err, environment.ErrMissing)

	assert.NotSame(t, environment.Get[*Plain](parent), environment.Get[*Plain](child), "per environment")
	assert.Equal(t, 2, made)
	values := environment.Get[*config.Values](child)
	for key, want := range map[string]string{"a": "parent", "b": "child"} {
		got, err := config.Get[string](values, key)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
}

func TestParentStopsItsChildrenFirst(t *testing.T) {
	t.Parallel()
	j := &journal{}
	component := func(name string) environment.Part {
		return environment.Module(name, environment.Provide(func() *First { return &First{hooked{j, name, nil}} }))
	}
	parent, err := environment.Boot(t.Context(), component("parent"))
	require.NoError(t, err)
	first, err := environment.Boot(t.Context(), component("first"), environment.Parent(parent))
	require.NoError(t, err)
	_, err = environment.Boot(t.Context(), component("second"), environment.Parent(parent))
	require.NoError(t, err)
	require.NoError(t, first.Shutdown(t.Context()), "one may go before")
	require.NoError(t, parent.Shutdown(t.Context()))
	stops := j.all()[6:]
	assert.Equal(t, []string{
		"first.OnStopping", "first.OnDestroy", "second.OnStopping", "second.OnDestroy", "parent.OnStopping", "parent.OnDestroy",
	}, stops)
	_, err = environment.Boot(t.Context(), component("late"), environment.Parent(parent))
	require.ErrorIs(t, err, environment.ErrStopped)
}

func TestScopesAndLifeOfAChild(t *testing.T) {
	t.Parallel()
	scope := &environment.ContextScope{}
	parent := boot(t, environment.Module("parent"), environment.WithScope("request", scope))
	child := boot(t, environment.Module("child", environment.Register[Plain](environment.Scoped("request"))), environment.Parent(parent))
	ctx, end := scope.Begin(t.Context())
	_, err := environment.GetContext[*Plain](ctx, child)
	require.NoError(t, err)
	require.NoError(t, end(t.Context()))
	require.NoError(t, child.Context().Err())
	child.Stop(errBroken)
	require.ErrorIs(t, child.Run(t.Context()), errBroken)
	require.ErrorIs(t, context.Cause(child.Context()), errBroken)
	require.NoError(t, parent.Shutdown(t.Context()))
	require.ErrorIs(t, context.Cause(parent.Context()), environment.ErrStopped)
}

func TestParentThatIsNil(t *testing.T) {
	t.Parallel()
	require.ErrorIs(t, environment.Validate(environment.Module("m"), environment.Parent(nil)), environment.ErrInvalid)
}

func TestAChildChangesNothingInItsParent(t *testing.T) {
	t.Parallel()
	parent := boot(t, environment.Module("parent", environment.Provide(newSQL, environment.Lazily())))
	module := environment.Module("child", environment.Register[Orders]())
	require.NoError(t, environment.Validate(module, environment.Parent(parent)))
	child := boot(t, module, environment.Parent(parent))
	assert.Equal(t, "sql:1", environment.Get[*Orders](child).Repository.Load("1"))
	assert.Same(t, environment.Get[*SQLRepository](parent), environment.Get[*SQLRepository](child))
}

func TestPerEnvironmentKeepsWhatTheParentSaysOfIt(t *testing.T) {
	t.Parallel()
	inner := environment.Module("inner",
		environment.Provide(newSQL, environment.Private()),
		environment.Provide(func(r *SQLRepository) *database { return &database{r.Load("1")} }, environment.PerEnvironment()),
		environment.Decorate(func(d *database) *database { return &database{d.name + "!"} }),
		environment.Tag("upper", func(context.Context, environment.TaggedField) (any, error) { return "filled", nil }),
		environment.Register[tagged](environment.PerEnvironment()),
	)
	parent := boot(t, environment.Module("parent", inner))
	child := boot(t, environment.Module("child",
		environment.Register[Plain](environment.When(environment.Missing[*database]()))), environment.Parent(parent))
	assert.Equal(t, "sql:1!", environment.Get[*database](child).name)
	assert.NotSame(t, environment.Get[*database](parent), environment.Get[*database](child))
	assert.Equal(t, "filled", environment.Get[*tagged](child).Text)
	_, err := environment.Find[*Plain](child)
	require.ErrorIs(t, err, environment.ErrMissing, "conditions see the parent")
}

func TestParentThatIsStillBooting(t *testing.T) {
	t.Parallel()
	boot(t, environment.Module("parent", environment.Provide(func(env *environment.Environment) *Plain {
		err := environment.Validate(environment.Module("child"), environment.Parent(env))
		assert.ErrorIs(t, err, environment.ErrInvalid)
		assert.ErrorContains(t, err, "is still booting")
		return &Plain{}
	})))
}
