package environment_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/environment/config"
)

func TestConditions(t *testing.T) {
	t.Parallel()
	values := environment.Config(config.Map(map[string]any{"db": map[string]any{"kind": "sql", "pool": 5}}))
	for _, test := range []struct {
		name      string
		condition environment.Condition
		holds     bool
		why       string
	}{
		{"feature on", environment.Feature("dev"), true, `feature "dev" is on`},
		{"feature off", environment.Feature("prod"), false, `feature "prod" is off`},
		{"property", environment.Property("db.kind"), true, `property "db.kind" is set`},
		{"property of a section", environment.Property("db"), true, `property "db" is set`},
		{"property missing", environment.Property("db.dsn"), false, `property "db.dsn" isn't set`},
		{"property is", environment.PropertyIs("db.kind", "sql"), true, `property "db.kind" is "sql"`},
		{"property is a number", environment.PropertyIs("db.pool", "5"), true, `property "db.pool" is "5"`},
		{"property isn't", environment.PropertyIs("db.kind", "mem"), false, `property "db.kind" isn't "mem"`},
		{"property is missing", environment.PropertyIs("db.dsn", "x"), false, `property "db.dsn" isn't set`},
		{"provided", environment.Provided[Repository](), true, "environment_test.Repository is provided"},
		{"not provided", environment.Provided[Namer](), false, "environment_test.Namer isn't provided"},
		{"missing", environment.Missing[Namer](), true, "environment_test.Namer isn't provided"},
		{"not missing", environment.Missing[Repository](), false, "environment_test.Repository is provided"},
		{"not", environment.Not(environment.Feature("prod")), true, `feature "prod" is off`},
		{"any", environment.AnyOf(environment.Feature("prod"), environment.Provided[Repository]()), true, "environment_test.Repository is provided"},
		{"none of any", environment.AnyOf(environment.Feature("prod"), environment.Feature("test")), false, `feature "prod" is off and feature "test" is off`},
		{"any of nothing", environment.AnyOf(), false, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			env := boot(t, environment.Module("m",
				environment.Register[Plain](environment.When(test.condition)),
				environment.Provide(newSQL),
			), values, environment.Features("dev"))
			_, err := environment.Find[*Plain](env)
			if test.holds {
				require.NoError(t, err)
				explained, err := environment.Explain[*Plain](env)
				require.NoError(t, err)
				assert.Equal(t, test.why, explained.Conditions)
				return
			}
			require.ErrorIs(t, err, environment.ErrMissing)
			assert.ErrorContains(t, err, "excluded *environment_test.Plain: "+test.why)
		})
	}
}

// TestDefaultsAreDecidedInTheirOrder has three that would each be the default.
func TestDefaultsAreDecidedInTheirOrder(t *testing.T) {
	t.Parallel()
	missing := environment.When(environment.Missing[Repository]())
	module := func(first, second, last environment.Part) environment.Part {
		return environment.Module("m", first, second, last)
	}
	mem, sql := environment.Provide(newMem, missing), environment.Provide(newSQL, missing)
	own := environment.Supply[Repository](&SQLRepository{"own:"})
	assert.Equal(t, "mem:1", environment.Get[Repository](boot(t, module(environment.Register[Plain](), mem, sql))).Load("1"))
	assert.Equal(t, "sql:1", environment.Get[Repository](boot(t, module(sql, environment.Register[Plain](), mem))).Load("1"))
	assert.Equal(t, "own:1", environment.Get[Repository](boot(t, module(mem, sql, own))).Load("1"), "also one that stands behind")
}

func TestConditionsChooseBetweenTwoOfOneType(t *testing.T) {
	t.Parallel()
	module := environment.Module("m",
		environment.Provide(newDatabase("real"), environment.When(environment.Not(environment.Feature("dev")))),
		environment.Provide(newDatabase("fake"), environment.When(environment.Feature("dev"))),
	)
	assert.Equal(t, "real", environment.Get[*database](boot(t, module)).name)
	assert.Equal(t, "fake", environment.Get[*database](boot(t, module, environment.Features("dev"))).name)
}

func TestConditionsThatAreNil(t *testing.T) {
	t.Parallel()
	for _, condition := range []environment.Condition{nil, environment.Not(nil), environment.AnyOf(nil)} {
		err := environment.Validate(environment.Module("m", environment.Register[Plain](environment.When(condition))))
		require.ErrorIs(t, err, environment.ErrInvalid)
		assert.ErrorContains(t, err, "a condition is nil")
	}
}
