package environment_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
)

// NotedRepository is marked, and implements Repository.
type NotedRepository struct{ Note }

func (*NotedRepository) Load(string) string { return "noted" }

// recording claims all markers, and has the marked components never built.
func recording(i *environment.Inspection) {
	claimAll(i)
	for _, c := range i.Components() {
		if len(c.Markers()) > 0 {
			i.RecordOnly(c)
		}
	}
}

func fakeRepository() Repository { return &SQLRepository{Prefix: "fake:"} }

func TestOverrideOfWhatTwoModulesRegister(t *testing.T) {
	t.Parallel()
	env := boot(t, environment.Module("m",
		environment.Module("a", environment.Register[Plain]()), environment.Module("b", environment.Register[Plain]()),
	), environment.Override[*Plain](func() *Plain { return &Plain{Text: "fake"} }))
	assert.Equal(t, "fake", environment.Get[*Plain](env).Text)
}

func TestOverrideOfAnInterfacePassesOverWhatIsNeverBuilt(t *testing.T) {
	t.Parallel()
	record := extending(recording)
	env := boot(t, environment.Module("m", environment.Register[NotedRepository](), environment.Provide(newSQL), record),
		environment.Override[Repository](fakeRepository))
	assert.Equal(t, "fake:1", environment.Get[Repository](env).Load("1"))

	err := environment.Validate(environment.Module("m", environment.Register[NotedRepository](), record),
		environment.Override[Repository](fakeRepository))
	require.ErrorIs(t, err, environment.ErrMissing)
	assert.ErrorContains(t, err, "is known, but never built")
}

func TestOverrideOfAnInterfaceByWhichAMarkerWouldBeLost(t *testing.T) {
	t.Parallel()
	err := environment.Validate(environment.Module("m", environment.Register[NotedRepository](), extending(claimAll)),
		environment.Override[Repository](fakeRepository))
	require.ErrorIs(t, err, environment.ErrInvalid)
	assert.ErrorContains(t, err, "hint: override *environment_test.NotedRepository itself")
}

// An extension has looked at the component before it was overridden.
func TestOverrideOfAnInterfaceThatAnExtensionNeeds(t *testing.T) {
	t.Parallel()
	var got []any
	needy := false
	module := environment.Module("m",
		extending(func(i *environment.Inspection) {
			added := i.Add(environment.Provide(newSQL))
			i.Add(environment.Assemble("collector", added, func(_ context.Context, _ *environment.Environment, built []any) (*First, error) {
				got = built
				return &First{hooked{journal: &journal{}}}, nil
			}))
			if needy {
				i.Add(environment.Provide(func(*SQLRepository) int { return 1 }))
			}
		}),
	)
	boot(t, module, environment.Override[Repository](newMem))
	require.Len(t, got, 1)
	assert.IsType(t, (*MemRepository)(nil), got[0])

	needy = true
	err := environment.Validate(module, environment.Override[Repository](newMem))
	require.ErrorIs(t, err, environment.ErrMissing)
}

func TestOverrideSilencesTheOverridden(t *testing.T) {
	t.Parallel()
	boot(t, environment.Module("m", environment.Provide(func() *Orders { return nil })),
		environment.Override[*Orders](func() *Orders { return &Orders{} }))
}

// MemRepository would satisfy Repository, but what is assembled is hidden.
func TestAssembledComponentsAreNoCandidates(t *testing.T) {
	t.Parallel()
	hidden := extending(func(i *environment.Inspection) {
		i.Add(environment.Assemble("hidden", nil, func(context.Context, *environment.Environment, []any) (*MemRepository, error) {
			return newMem(), nil
		}))
	})
	env := boot(t, environment.Module("m", hidden, environment.Provide(newSQL), environment.Register[Orders]()))
	assert.IsType(t, (*SQLRepository)(nil), environment.Get[Repository](env))
	err := environment.Validate(environment.Module("m", hidden, environment.Register[Orders]()))
	require.ErrorIs(t, err, environment.ErrMissing)
}

func TestOverrideByName(t *testing.T) {
	t.Parallel()
	module := environment.Module("m",
		environment.Provide(newDatabase("a"), environment.Named("a")), environment.Provide(newDatabase("b"), environment.Named("b")))
	env := boot(t, module, environment.Override[*database](newDatabase("fake"), environment.Named("b")))
	a, err := environment.FindNamed[*database](env, "a")
	require.NoError(t, err)
	b, err := environment.FindNamed[*database](env, "b")
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "fake"}, []string{a.name, b.name})
	require.ErrorIs(t, environment.Validate(module, environment.Override[*database](newDatabase("fake"))), environment.ErrAmbiguous)
	require.ErrorIs(t, environment.Validate(module, environment.Override[*database](newDatabase("x"), environment.Named("c"))), environment.ErrMissing)
	require.ErrorIs(t, environment.Validate(module, environment.Override[*database](newDatabase("x"), environment.Named("a"), environment.Primary())), environment.ErrInvalid)
}
