package environment_test

import (
	"context"
	"errors"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/environment/config"
)

// database is a type of which there are several.
type database struct{ name string }

func newDatabase(name string) func() *database {
	return func() *database { return &database{name} }
}

func TestNamed(t *testing.T) {
	t.Parallel()
	type Service struct {
		Orders *database `inject:"name=orders"`
		Audit  *database `inject:"name=audit"`
		Any    *database `inject:""`
	}
	env := boot(t, environment.Module("m",
		environment.Register[Service](),
		environment.Provide(newDatabase("orders"), environment.Named("orders")),
		environment.Provide(newDatabase("audit"), environment.Named("audit")),
		environment.Provide(newDatabase("default")),
	))
	service := environment.Get[*Service](env)
	assert.Equal(t, "orders", service.Orders.name)
	assert.Equal(t, "audit", service.Audit.name)
	assert.Equal(t, "default", service.Any.name, "the one without a name")
	assert.Equal(t, "default", environment.Get[*database](env).name)
	audit, err := environment.FindNamed[*database](env, "audit")
	require.NoError(t, err)
	assert.Same(t, service.Audit, audit)
	_, err = environment.FindNamed[*database](env, "audti")
	require.ErrorIs(t, err, environment.ErrMissing)
	assert.ErrorContains(t, err, `did you mean the name "audit"?`)
}

func TestPrimary(t *testing.T) {
	t.Parallel()
	env := boot(t, environment.Module("m",
		environment.Provide(newSQL), environment.Provide(newMem, environment.Primary()), environment.Register[Orders](),
	))
	assert.Equal(t, "mem:1", environment.Get[*Orders](env).Repository.Load("1"))
	assert.Equal(t, "mem:1", environment.Get[Repository](env).Load("1"))
}

func TestAsWinsOverThoseThatMerelyImplement(t *testing.T) {
	t.Parallel()
	env := boot(t, environment.Module("m",
		environment.Provide(newSQL), environment.Provide(newMem, environment.As[Repository]()),
	))
	assert.Equal(t, "mem:1", environment.Get[Repository](env).Load("1"))
	assert.NotNil(t, environment.Get[*MemRepository](env), "it stays what it is")
}

func TestOptional(t *testing.T) {
	t.Parallel()
	type Service struct {
		Absent  Namer                            `inject:"optional"`
		Wrapped environment.Optional[Namer]      `inject:""`
		There   environment.Optional[Repository] `inject:""`
		Lazy    environment.Lazy[Namer]          `inject:"optional"`
	}
	module := environment.Module("m",
		environment.Register[Service](), environment.Provide(newSQL),
		environment.Supply[Namer](&ValueNamer{}, environment.When(environment.Feature("names"))),
	)
	service := environment.Get[*Service](boot(t, module))
	assert.Nil(t, service.Absent)
	assert.False(t, service.Wrapped.OK)
	assert.True(t, service.There.OK)
	assert.Equal(t, "sql:1", service.There.Value.Load("1"))
	_, err := service.Lazy.Get()
	require.Error(t, err)

	service = environment.Get[*Service](boot(t, module, environment.Features("names")))
	assert.Equal(t, "value", service.Absent.Name())
	assert.True(t, service.Wrapped.OK)
	namer, err := service.Lazy.Get()
	require.NoError(t, err)
	assert.Equal(t, "value", namer.Name())
}

func TestOptionalIsAboutAbsenceOnly(t *testing.T) {
	t.Parallel()
	_, err := environment.Boot(t.Context(), environment.Module("m",
		environment.Provide(func() (*database, error) { return nil, errBroken }),
		environment.Provide(func(o environment.Optional[*database]) *Plain { return &Plain{strconv.FormatBool(o.OK)} }),
	))
	require.ErrorIs(t, err, errBroken)
	err = environment.Validate(environment.Module("m",
		environment.Provide(newSQL), environment.Provide(newMem),
		environment.Provide(func(environment.Optional[Repository]) *Plain { return &Plain{} }),
	))
	require.ErrorIs(t, err, environment.ErrAmbiguous)
}

func TestListsAndMaps(t *testing.T) {
	t.Parallel()
	type Service struct {
		All    []Repository          `inject:""`
		ByName map[string]Repository `inject:""`
		None   []Namer               `inject:""`
	}
	env := boot(t, environment.Module("m",
		environment.Register[Service](),
		environment.Provide(newMem, environment.Order(5)),
		environment.Provide(newSQL),
		environment.Supply[Repository](&SQLRepository{"first:"}, environment.Named("first"), environment.Order(-1)),
	))
	service := environment.Get[*Service](env)
	loaded := []string{}
	for _, repository := range service.All {
		loaded = append(loaded, repository.Load("1"))
	}
	assert.Equal(t, []string{"first:1", "sql:1", "mem:1"}, loaded, "by Order, then by registration")
	assert.Empty(t, service.None)
	require.Len(t, service.ByName, 3)
	assert.Equal(t, "first:1", service.ByName["first"].Load("1"))
	assert.Equal(t, "mem:1", service.ByName["MemRepository"].Load("1"), "the type's name stands for one without a name")
	assert.Len(t, environment.Get[[]Repository](env), 3)
}

// settings has a method that makes a component: its method expression is a
// constructor.
type settings struct{ dsn string }

func (s *settings) newDatabase() *database { return &database{s.dsn} }

type serviceParams struct {
	environment.Params
	Database *database
	Audit    environment.Optional[*database] `inject:"name=audit"`
	Context  context.Context                 //nolint:containedctx // a parameter
	Limit    int                             `value:"limit,default=7"`
}

func TestParamsAndMethodExpressions(t *testing.T) {
	t.Parallel()
	env := boot(t, environment.Module("m",
		environment.Supply(&settings{"dsn"}),
		environment.Provide((*settings).newDatabase),
		environment.Provide(func(p serviceParams, n int) *Plain {
			assert.False(t, p.Audit.OK)
			assert.NotNil(t, p.Context)
			return &Plain{p.Database.name + strconv.Itoa(p.Limit) + strconv.Itoa(n)}
		}),
		environment.Provide(func(struct{ environment.Params }) *ValueNamer { return &ValueNamer{} }),
		environment.Supply(3),
	))
	assert.Equal(t, "dsn73", environment.Get[*Plain](env).Text)
	assert.NotNil(t, environment.Get[*ValueNamer](env), "a parameter structure that asks for nothing")
}

func TestTheEnvironmentAndTheConfigurationAreThere(t *testing.T) {
	t.Parallel()
	type Service struct {
		Environment *environment.Environment `inject:""`
		Config      *config.Values           `inject:""`
	}
	var during error
	env := boot(t, environment.Module("m",
		environment.Register[Service](),
		environment.Provide(func(e *environment.Environment) *Plain {
			_, during = environment.Find[*Service](e)
			return &Plain{}
		}),
	), environment.Config(config.Map(map[string]any{"a.b": 1})))
	service := environment.Get[*Service](env)
	assert.Same(t, env, service.Environment)
	assert.True(t, service.Config.Has("a.b"))
	assert.Same(t, env, environment.Get[*environment.Environment](env))
	require.ErrorIs(t, during, environment.ErrBooting)
}

func TestPrivate(t *testing.T) {
	t.Parallel()
	inner := environment.Module("inner",
		environment.Provide(newSQL, environment.Private()), environment.Register[Orders](),
	)
	env := boot(t, environment.Module("outer", inner, environment.Register[Billing]()))
	assert.Equal(t, "sql:1", environment.Get[*Orders](env).Repository.Load("1"))
	_, err := environment.Find[*SQLRepository](env)
	require.ErrorIs(t, err, environment.ErrMissing)
	assert.ErrorContains(t, err, `is private to module "inner"`)
	assert.Empty(t, environment.Get[[]Repository](env))
	require.ErrorIs(t, environment.Validate(environment.Module("outer", inner,
		environment.Provide(func(Repository) *Plain { return nil }))), environment.ErrMissing)
}

func TestLazyBreaksACycle(t *testing.T) {
	t.Parallel()
	type chicken struct{ egg environment.Lazy[*Plain] }
	env := boot(t, environment.Module("m",
		environment.Provide(func(c *chicken) *Plain {
			_, err := c.egg.Get()
			assert.ErrorIs(t, err, environment.ErrBooting)
			return &Plain{"egg"}
		}),
		environment.Provide(func(egg environment.Lazy[*Plain]) *chicken { return &chicken{egg} }),
	))
	egg, err := environment.Get[*chicken](env).egg.Get()
	require.NoError(t, err)
	assert.Same(t, environment.Get[*Plain](env), egg)
	_, err = environment.Lazy[*Plain]{}.Get()
	require.Error(t, err, "one that wasn't injected")
}

func TestRegisteredTwiceInEitherOrder(t *testing.T) {
	t.Parallel()
	plain, with := environment.Register[SQLRepository](), environment.Register[SQLRepository](environment.Primary())
	for _, parts := range [][]environment.Part{{plain, with}, {with, plain}} {
		env := boot(t, environment.Module("m", append(parts, environment.Provide(newMem), environment.Register[Orders]())...))
		assert.Equal(t, "1", environment.Get[*Orders](env).Repository.Load("1"), "it is primary")
	}
}

func TestPrivateComponentsOfTwoModules(t *testing.T) {
	t.Parallel()
	module := func(name string) environment.Part {
		return environment.Module(name, environment.Provide(newDatabase(name), environment.Private()),
			environment.Provide(func(d *database) *Plain { return &Plain{d.name} }, environment.Named(name)))
	}
	env := boot(t, environment.Module("m", module("one"), module("two")))
	for _, name := range []string{"one", "two"} {
		plain, err := environment.FindNamed[*Plain](env, name)
		require.NoError(t, err)
		assert.Equal(t, name, plain.Text)
	}
}

func TestWhatCannotBeAskedFor(t *testing.T) {
	t.Parallel()
	type named struct {
		List []Repository             `inject:"name=a"`
		Map  map[string]Repository    `inject:"name=a"`
		Env  *environment.Environment `inject:"name=a"`
	}
	err := environment.Validate(environment.Module("m", environment.Provide(newSQL), environment.Register[named](),
		environment.Provide(func(
			environment.Optional[[]Repository], environment.Lazy[[]Repository], environment.Optional[environment.Lazy[Repository]],
			environment.Optional[*environment.Environment],
		) *Plain {
			return nil
		})))
	require.ErrorIs(t, err, environment.ErrInvalid)
	bootError, ok := errors.AsType[*environment.BootError](err)
	require.True(t, ok)
	assert.Len(t, bootError.Problems, 7)
	env := boot(t, environment.Module("m", environment.Provide(newSQL)))
	_, err = environment.FindNamed[[]Repository](env, "x")
	require.ErrorIs(t, err, environment.ErrInvalid)
	_, err = environment.FindNamed[*SQLRepository](env, "x")
	require.ErrorContains(t, err, `get *environment_test.SQLRepository "x" from environment "m": there is none`)
}
