package environment_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
)

// prefixed is a decorator.
type prefixed struct {
	Repository
	prefix string
}

func (p *prefixed) Load(id string) string { return p.prefix + p.Repository.Load(id) }

func prefix(text string) func(Repository) Repository {
	return func(next Repository) Repository { return &prefixed{next, text} }
}

func TestDecorateAnInterface(t *testing.T) {
	t.Parallel()
	type Users struct {
		One  Repository     `inject:""`
		SQL  *SQLRepository `inject:""`
		List []Repository   `inject:""`
	}
	env := boot(t, environment.Module("m",
		environment.Decorate(prefix("a-")), environment.Decorate(prefix("b-")),
		environment.Provide(newSQL), environment.Register[Users](),
	))
	users := environment.Get[*Users](env)
	assert.Equal(t, "b-a-sql:1", users.One.Load("1"), "the last is the outermost")
	assert.Equal(t, "sql:1", users.SQL.Load("1"), "who asks for the implementation gets it")
	require.Len(t, users.List, 1)
	assert.Same(t, users.One, users.List[0])
	assert.Same(t, users.One, environment.Get[Repository](env))
}

func TestDecorateExactTypes(t *testing.T) {
	t.Parallel()
	env := boot(t, environment.Module("m",
		environment.Provide(newDatabase("one"), environment.Named("one")),
		environment.Provide(newDatabase("two"), environment.Primary()),
		environment.Decorate(func(d *database, p *Plain) (*database, error) { return &database{d.name + p.Text}, nil }),
		environment.Supply(&Plain{"!"}),
	))
	assert.Equal(t, "two!", environment.Get[*database](env).name)
	one, err := environment.FindNamed[*database](env, "one")
	require.NoError(t, err)
	assert.Equal(t, "one!", one.name, "each definition is decorated")
	all := environment.Get[[]*database](env)
	require.Len(t, all, 2)
	assert.Equal(t, "one!", all[0].name)
}

func TestDecoratorsHaveHooksAndTheLifetimeOfWhatTheyWrap(t *testing.T) {
	t.Parallel()
	j := &journal{}
	env, err := environment.Boot(t.Context(), environment.Module("m",
		environment.Provide(func() *First { return &First{hooked{j, "inner", nil}} }, environment.Lazily()),
		environment.Decorate(func(*First) (*First, func(context.Context) error, error) {
			return &First{hooked{j, "outer", nil}}, func(context.Context) error { j.add("cleanup"); return nil }, nil
		}),
	))
	require.NoError(t, err)
	assert.Empty(t, j.all())
	environment.Get[*First](env)
	require.NoError(t, env.Shutdown(t.Context()))
	assert.Equal(t, []string{
		"inner.OnInit", "inner.OnRunning", "outer.OnInit", "outer.OnRunning",
		"outer.OnStopping", "inner.OnStopping", "outer.OnDestroy", "cleanup", "inner.OnDestroy",
	}, j.all())
}

// replacing is a post-processor that replaces repositories.
type replacing struct {
	text string
	seen *[]string
}

func (r *replacing) Process(_ context.Context, c *environment.Component, instance any) (any, error) {
	*r.seen = append(*r.seen, c.String())
	if repository, ok := instance.(Repository); ok {
		return &prefixed{repository, r.text}, nil
	}
	return instance, nil
}

type otherReplacing struct{ replacing }

func TestPostProcessors(t *testing.T) {
	t.Parallel()
	var seen []string
	env := boot(t, environment.Module("m",
		environment.Supply[Repository](newSQL()),
		environment.Provide(func(*Plain) *replacing { return &replacing{"last-", &seen} }, environment.Order(2)),
		environment.Provide(func() *otherReplacing { return &otherReplacing{replacing{"first-", &seen}} }, environment.Order(1)),
		environment.Register[Plain](),
		environment.Provide(newDatabase("late"), environment.Lazily()),
	))
	assert.Equal(t, "last-first-sql:1", environment.Get[Repository](env).Load("1"))
	assert.Equal(t, []string{"environment_test.Repository", "environment_test.Repository"}, seen,
		"not the processors, nor what they need")
	environment.Get[*database](env)
	assert.Len(t, seen, 4, "lazy components too")
}

// refusing is a post-processor that gets it wrong.
type refusing func(instance any) (any, error)

func (r refusing) Process(_ context.Context, _ *environment.Component, instance any) (any, error) {
	return r(instance)
}

func TestPostProcessorsThatFail(t *testing.T) {
	t.Parallel()
	for name, processor := range map[string]refusing{
		"post-processor environment_test.refusing: broken":                                             func(any) (any, error) { return nil, errBroken },
		"post-processor environment_test.refusing returned int, which is no *environment_test.Plain":   func(any) (any, error) { return 7, nil },
		"post-processor environment_test.refusing returned <nil>, which is no *environment_test.Plain": func(any) (any, error) { return nil, nil }, //nolint:nilnil // what is refused
		"panic at environment/decorate_test.go":                                                        func(any) (any, error) { panic("x") },
	} {
		_, err := environment.Boot(t.Context(), environment.Module("m", environment.Register[Plain](), environment.Supply(processor)))
		require.ErrorIs(t, err, environment.ErrConstruct)
		require.ErrorContains(t, err, name)
	}
}

type tagged struct {
	Text string `upper:"abc"`
}

func TestOwnTags(t *testing.T) {
	t.Parallel()
	upper := environment.Tag("upper", func(_ context.Context, field environment.TaggedField) (any, error) {
		assert.Equal(t, "environment_test.tagged.Text", field.Path)
		if field.Tag == "" {
			return nil, errBroken
		}
		return field.Tag + "!", nil
	})
	env := boot(t, environment.Module("m", upper, environment.Register[tagged]()))
	assert.Equal(t, "abc!", environment.Get[*tagged](env).Text)

	wrong := environment.Tag("upper", func(context.Context, environment.TaggedField) (any, error) { return 7, nil })
	_, err := environment.Boot(t.Context(), environment.Module("m", wrong, environment.Register[tagged]()))
	require.ErrorIs(t, err, environment.ErrConstruct)
	require.ErrorContains(t, err, "field Text: tag upper: the resolver returned int, which is no string")
	err = environment.Validate(environment.Module("m", upper, environment.Tag("upper", nil), environment.Tag("inject", func(context.Context, environment.TaggedField) (any, error) { return 7, nil })))
	require.ErrorIs(t, err, environment.ErrInvalid)
	require.ErrorContains(t, err, `the key "inject" is taken`)
}

// wide is an interface that holds Repository.
type wide interface {
	Repository
	Namer
}

type wideRepository struct{ SQLRepository }

func (*wideRepository) Name() string { return "wide" }

func TestADecoratorStandsForSmallerInterfacesToo(t *testing.T) {
	t.Parallel()
	env := boot(t, environment.Module("m", environment.Register[wideRepository](), environment.Register[Orders](),
		environment.Decorate(func(next wide) wide { return next })))
	assert.Len(t, environment.Get[[]Repository](env), 1)
	assert.NotNil(t, environment.Get[*Orders](env).Repository)
}

func TestLazyPostProcessorsAreRefused(t *testing.T) {
	t.Parallel()
	for _, option := range []environment.ComponentOption{environment.Lazily(), environment.Transient()} {
		err := environment.Validate(environment.Module("m", environment.Provide(func() *replacing { return nil }, option)))
		require.ErrorIs(t, err, environment.ErrInvalid)
		require.ErrorContains(t, err, "it would miss what is made before it")
	}
}

func TestTagsOfOthersStayTheirs(t *testing.T) {
	t.Parallel()
	type others struct {
		Text string `enc:"x"`
	}
	resolve := func(context.Context, environment.TaggedField) (any, error) { return "", nil }
	require.NoError(t, environment.Validate(environment.Module("m", environment.Tag("env", resolve), environment.Register[others]())))
	require.ErrorIs(t, environment.Validate(environment.Module("m", environment.Tag("my tag", resolve))), environment.ErrInvalid)
}
