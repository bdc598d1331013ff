package environment_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
)

func TestWiring(t *testing.T) {
	t.Parallel()
	env := boot(t, environment.Module("shop",
		environment.Register[Billing](),
		environment.Register[*Orders](),
		environment.Provide(newSQL),
	))
	billing := environment.Get[*Billing](env)
	assert.Equal(t, "sql:7", billing.Orders.Repository.Load("7"))
	assert.Same(t, environment.Get[*Orders](env), billing.Orders)
	assert.Same(t, environment.Get[*SQLRepository](env), environment.Get[Repository](env))
}

type Base struct {
	Repository Repository `inject:""`
}

type Derived struct {
	Base
	Namer Namer `inject:""`
}

func TestFieldsOfEmbeddedStructsAreInjected(t *testing.T) {
	t.Parallel()
	env := boot(t, environment.Module("m",
		environment.Register[Derived](), environment.Provide(newSQL),
		environment.Supply[Namer](&ValueNamer{}),
	))
	assert.Equal(t, "sql:1", environment.Get[*Derived](env).Repository.Load("1"))
}

func TestConstructorForms(t *testing.T) {
	t.Parallel()
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "boot")
	env, err := environment.Boot(ctx, environment.Module("m",
		environment.Provide(func(ctx context.Context, n int, more ...string) (string, error) {
			assert.Empty(t, more)
			text, _ := ctx.Value(key{}).(string)
			return text + strings.Repeat("!", n), nil
		}),
		environment.Supply(2),
		environment.Provide(func() []string { return nil }), // a nil slice is an empty one
	))
	require.NoError(t, err)
	assert.Equal(t, "boot!!", environment.Get[string](env))
	assert.Empty(t, environment.Get[[]string](env))
}

func TestSupplyKeepsTheInterface(t *testing.T) {
	t.Parallel()
	env := boot(t, environment.Module("m", environment.Supply[Repository](newSQL())))
	assert.Equal(t, "sql:1", environment.Get[Repository](env).Load("1"))
	_, err := environment.Find[*SQLRepository](env)
	require.ErrorIs(t, err, environment.ErrMissing)
	assert.ErrorContains(t, err, "environment_test.Repository")
}

func TestModulesAreLoadedOnce(t *testing.T) {
	t.Parallel()
	made := 0
	base := environment.Module("base", environment.Provide(func() *First { made++; return &First{hooked{&journal{}, "first", nil}} }), environment.Register[Plain]())
	left := environment.Module("left", base, environment.Register[Plain]())
	right := environment.Module("right", base)
	root := environment.Module("root", left, right, base)
	env := boot(t, root)
	assert.Equal(t, 1, made)
	assert.NotNil(t, environment.Get[*Plain](env))

	again := boot(t, root)
	assert.Equal(t, 2, made, "a module can be booted many times")
	assert.NotSame(t, environment.Get[*First](env), environment.Get[*First](again))
}

func TestModuleKeepsItsOwnParts(t *testing.T) {
	t.Parallel()
	parts := []environment.Part{environment.Register[Plain]()}
	module := environment.Module("m", parts...)
	parts[0] = nil
	require.NoError(t, environment.Validate(module))
}

// wrapped is a part of a user's own making, and can't be compared.
type wrapped struct {
	environment.Part
	notes []string
}

func TestPartThatEmbedsAPart(t *testing.T) {
	t.Parallel()
	part := wrapped{environment.Register[Plain](), []string{"x"}}
	require.NoError(t, environment.Validate(environment.Module("m", part, part)))
}

type Plain struct{ Text string }

func TestOverride(t *testing.T) {
	t.Parallel()
	module := environment.Module("shop", environment.Register[Orders](), environment.Provide(func() *SQLRepository {
		panic("the original must not be made")
	}))
	for name, option := range map[string]environment.Option{
		"exact type":    environment.Override[*SQLRepository](func() *SQLRepository { return &SQLRepository{"fake:"} }),
		"interface":     environment.Override[Repository](func() *SQLRepository { return &SQLRepository{"fake:"} }),
		"of its holder": environment.Override[*Orders](func() *Orders { return &Orders{&SQLRepository{"fake:"}} }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := []environment.Option{option}
			if name == "of its holder" {
				options = append(options, environment.Override[*SQLRepository](newSQL))
			}
			env := boot(t, module, options...)
			assert.Equal(t, "fake:1", environment.Get[*Orders](env).Repository.Load("1"))
		})
	}
}

func TestTheLastOverrideCounts(t *testing.T) {
	t.Parallel()
	env := boot(t, environment.Module("m", environment.Supply(1)),
		environment.Override[int](func() int { return 2 }), environment.Override[int](func() int { return 3 }))
	assert.Equal(t, 3, environment.Get[int](env))
}

func TestGetPanicsWithTheErrorOfFind(t *testing.T) {
	t.Parallel()
	env := boot(t, environment.Module("hello", environment.Register[Plain]()))
	_, err := environment.Find[Plain](env)
	require.ErrorIs(t, err, environment.ErrMissing)
	assert.ErrorContains(t, err, "did you mean *environment_test.Plain?")
	assert.PanicsWithError(t, err.Error(), func() { environment.Get[Plain](env) })
}

func TestFindOfAmbiguousInterface(t *testing.T) {
	t.Parallel()
	env := boot(t, environment.Module("m", environment.Provide(newSQL), environment.Provide(newMem)))
	_, err := environment.Find[Repository](env)
	require.ErrorIs(t, err, environment.ErrAmbiguous)
	assert.ErrorContains(t, err, "candidate *environment_test.MemRepository")
	_, err = environment.Find[any](env)
	require.ErrorIs(t, err, environment.ErrMissing)
}

func TestGetFromManyGoroutines(t *testing.T) {
	t.Parallel()
	env := boot(t, environment.Module("m", environment.Provide(newSQL), environment.Register[Plain]()))
	var group sync.WaitGroup
	for range 64 {
		group.Go(func() {
			for range 100 {
				assert.NotNil(t, environment.Get[*Plain](env))
				assert.NotNil(t, environment.Get[Repository](env)) // resolved on the fly
				_, err := environment.Find[Namer](env)
				assert.ErrorIs(t, err, environment.ErrMissing)
			}
		})
	}
	group.Wait()
}

func TestValidateRunsNoUserCode(t *testing.T) {
	t.Parallel()
	module := environment.Module("m",
		environment.Provide(func() *First { panic("constructor was run") }),
		environment.Provide(func(*First) (*Second, error) { panic("constructor was run") }),
	)
	require.NoError(t, environment.Validate(module))
	err := environment.Validate(module, environment.Override[Repository](newSQL))
	require.ErrorIs(t, err, environment.ErrMissing)
}

func TestNewPanicsWithTheReport(t *testing.T) {
	t.Parallel()
	module := environment.Module("shop", environment.Register[Orders]())
	err := environment.Validate(module)
	require.Error(t, err)
	assert.PanicsWithError(t, err.Error(), func() { environment.New(module) })
}
