//go:build go1.27

package environment_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
)

func TestGenericMethods(t *testing.T) {
	t.Parallel()
	env := boot(t, environment.Module("m", environment.Provide(newSQL)))
	assert.Same(t, environment.Get[*SQLRepository](env), env.Get[*SQLRepository]())
	_, err := env.Find[SQLRepository]()
	require.ErrorIs(t, err, environment.ErrMissing)
	assert.PanicsWithError(t, err.Error(), func() { env.Get[SQLRepository]() })
}

func TestGenericMethodOnAVariableOfThePackagesName(t *testing.T) {
	t.Parallel()
	module := environment.Module("m", environment.Provide(newSQL))
	environment := boot(t, module) //nolint:revive,gocritic // shadowing the import is what the test is about
	assert.NotNil(t, environment.Get[*SQLRepository]())
}
