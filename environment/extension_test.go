package environment_test

import (
	"context"
	"log/slog"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/reflectx"
)

// extending makes a function an extension.
func extending(extend func(i *environment.Inspection)) environment.Part {
	return environment.Extend(extensionFunc(extend))
}

type extensionFunc func(i *environment.Inspection)

func (f extensionFunc) Extend(i *environment.Inspection) { f(i) }

type (
	// Note is a marker.
	Note struct {
		reflectx.Marker `marker:"notes.Module"`
	}
	Noted struct {
		Note   `note:"x"`
		Broken *Missing `inject:""` // not looked at where Noted is only recorded
	}
	Missing      struct{}
	PlainNoted   struct{ Note }
	PointerNoted struct{ *Note }
	Inherits     struct{ PlainNoted }
	NeedsNoted   struct {
		Noted *Noted `inject:""`
	}
)

func TestUnclaimedMarker(t *testing.T) {
	t.Parallel()
	err := environment.Validate(environment.Module("m", environment.Register[PlainNoted]()))
	require.ErrorIs(t, err, environment.ErrMarker)
	assert.ErrorContains(t, err, "marker environment_test.Note of *environment_test.PlainNoted is not handled\n")
	assert.ErrorContains(t, err, "hint: add notes.Module")
}

// claimAll claims all markers.
func claimAll(i *environment.Inspection) {
	for _, c := range i.Components() {
		for at := range c.Markers() {
			i.Claim(c, c.Markers()[at].Type)
		}
	}
}

func TestMisplacedMarkers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		part environment.Part
		want string
	}{
		"pointer":    {environment.Register[PointerNoted](), "embeds a pointer to environment_test.Note"},
		"two levels": {environment.Register[Inherits](), "holds environment_test.Note only through PlainNoted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := environment.Validate(environment.Module("m", test.part, extending(claimAll)))
			require.ErrorIs(t, err, environment.ErrMarker)
			assert.ErrorContains(t, err, test.want)
		})
	}
	t.Run("of a registered component", func(t *testing.T) {
		t.Parallel()
		require.ErrorIs(t, environment.Validate(environment.Module("m",
			environment.Register[Inherits](), environment.Register[PlainNoted](), extending(claimAll))), environment.ErrMarker)
	})
}

func TestRecordOnly(t *testing.T) {
	t.Parallel()
	record := extending(func(i *environment.Inspection) {
		for _, c := range i.Components() {
			if len(c.Markers()) > 0 {
				assert.Equal(t, reflect.TypeFor[Note](), c.Markers()[0].Type)
				assert.Equal(t, `note:"x"`, string(c.Markers()[0].Field.Tag))
				i.Claim(c, c.Markers()[0].Type)
				i.RecordOnly(c)
			}
		}
	})
	env := boot(t, environment.Module("m", record, environment.Register[Noted]()))
	_, err := environment.Find[*Noted](env)
	require.ErrorIs(t, err, environment.ErrMissing)
	assert.ErrorContains(t, err, "is known, but never built")
	_, err = environment.Find[Noted](env)
	require.ErrorContains(t, err, "is known, but never built")

	err = environment.Validate(environment.Module("m", record, environment.Register[Noted](), environment.Register[NeedsNoted]()))
	require.ErrorIs(t, err, environment.ErrMissing)
	assert.ErrorContains(t, err, "is known, but never built")
}

func TestComponentsAsAnExtensionSeesThem(t *testing.T) {
	t.Parallel()
	var seen []*environment.Component
	module := environment.Module("outer",
		extending(func(i *environment.Inspection) { seen = i.Components() }),
		environment.Module("inner", environment.Register[Plain]()),
		environment.Provide(newSQL), environment.Supply(1),
	)
	require.NoError(t, environment.Validate(module, environment.Override[Repository](newMem)))
	require.Len(t, seen, 3)
	assert.Equal(t, reflect.TypeFor[*Plain](), seen[0].Type())
	assert.Equal(t, reflect.TypeFor[Plain](), seen[0].Struct())
	assert.Equal(t, "inner", seen[0].Module())
	assert.Regexp(t, `^environment/extension_test\.go:\d+$`, seen[0].Place())
	assert.Equal(t, reflect.TypeFor[Repository](), seen[1].Type(), "after overriding")
	assert.Nil(t, seen[2].Struct())
}

func TestAssembled(t *testing.T) {
	t.Parallel()
	type unexported struct{ parts []any }
	j := &journal{}
	module := environment.Module("m",
		extending(func(i *environment.Inspection) {
			before := i.Components()
			added := i.Add(environment.Assemble("the last", before,
				func(_ context.Context, env *environment.Environment, dependencies []any) (*unexported, error) {
					assert.NotNil(t, env)
					j.add("last.new")
					return &unexported{dependencies}, nil
				}))
			assert.Len(t, added, 1)
			assert.Len(t, i.Components(), 4)
		}),
		row(j, nil),
	)
	env := boot(t, module)
	assert.Equal(t, "last.new", j.all()[3])
	assert.Equal(t, []any{
		environment.Get[*Third](env), environment.Get[*Second](env), environment.Get[*First](env),
	}, environment.Get[*unexported](env).parts)
}

func TestAssembledProblems(t *testing.T) {
	t.Parallel()
	assemble := func(needs []*environment.Component, err error) environment.Part {
		return environment.Module("m", extending(func(i *environment.Inspection) {
			i.Add(environment.Assemble("the dispatcher", needs,
				func(context.Context, *environment.Environment, []any) (*Plain, error) { return nil, err }))
		}))
	}
	require.ErrorIs(t, environment.Validate(assemble([]*environment.Component{nil}, nil)), environment.ErrInvalid)
	_, err := environment.Boot(t.Context(), assemble(nil, errBroken))
	require.ErrorIs(t, err, errBroken)
	assert.ErrorContains(t, err, "construct the dispatcher: broken")
	assert.ErrorContains(t, err, "environment/extension_test.go:")
	_, err = environment.Boot(t.Context(), assemble(nil, nil))
	require.ErrorContains(t, err, "construct the dispatcher: returned nil without an error")
}

func TestContributionsAndSettings(t *testing.T) {
	t.Parallel()
	var contributions []environment.Contribution[string]
	var setting int
	var settings []int
	var set, other bool
	logger := slog.New(slog.DiscardHandler)
	module := environment.Module("m",
		environment.Contribute("a"),
		extending(func(i *environment.Inspection) {
			contributions = environment.Contributions[string](i)
			setting, set = environment.SettingOf[int](i)
			settings = environment.SettingsOf[int](i)
			_, other = environment.SettingOf[string](i)
			assert.Same(t, logger, i.Logger())
		}),
		environment.Contribute("b"),
	)
	require.NoError(t, environment.Validate(module, environment.Setting(1), environment.Setting(2), environment.Logger(logger)))
	require.Len(t, contributions, 2)
	assert.Equal(t, "a", contributions[0].Value)
	assert.Equal(t, "b", contributions[1].Value)
	assert.Contains(t, contributions[0].Place, "environment/extension_test.go:")
	assert.Equal(t, 2, setting, "the last one counts")
	assert.Equal(t, []int{1, 2}, settings)
	assert.True(t, set)
	assert.False(t, other)
}

func TestExtensionReports(t *testing.T) {
	t.Parallel()
	err := environment.Validate(environment.Module("m",
		environment.Register[Plain](),
		extending(func(i *environment.Inspection) {
			i.Report(i.Components()[0], errBroken, "mend it")
			i.Report(nil, context.Canceled, "")
		}),
		extending(func(*environment.Inspection) { panic("oh no") }),
	))
	require.ErrorIs(t, err, environment.ErrExtension)
	require.ErrorIs(t, err, errBroken)
	require.ErrorIs(t, err, context.Canceled)
	assert.ErrorContains(t, err, "3 problems")
	assert.ErrorContains(t, err, "\n  broken\n    *environment_test.Plain ")
	assert.ErrorContains(t, err, "hint: mend it")
	assert.ErrorContains(t, err, "extension environment_test.extensionFunc: panic at environment/extension_test.go:")
}

func TestOverrideOfWhatAnExtensionAdds(t *testing.T) {
	t.Parallel()
	env := boot(t, environment.Module("m", extending(func(i *environment.Inspection) {
		i.Add(environment.Provide(newSQL))
	})), environment.Override[*SQLRepository](func() *SQLRepository { return &SQLRepository{Prefix: "fake:"} }))
	assert.Equal(t, "fake:", environment.Get[*SQLRepository](env).Prefix)
}
