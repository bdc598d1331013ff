package environment_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
)

// golden compares a text with a file, but for line numbers.
func golden(t *testing.T, file, text string) {
	t.Helper()
	text = lineNumber.ReplaceAllString(text, "$1:N")
	file = filepath.Join("testdata", file)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), text)
}

// Functions with names: the compiler names others, each release in its way.
func newPrefixed(next Repository) Repository { return &prefixed{next, "x"} }
func newAudit() *database                    { return &database{"audit"} }

func newUser(environment.Lazy[*Billing], []Repository, environment.Optional[Namer]) *Plain {
	return &Plain{}
}

func newNamer(*Orders) *ValueNamer { return &ValueNamer{} }

func described() environment.Part {
	return environment.Module("shop",
		environment.Module("storage",
			environment.Provide(newSQL, environment.When(environment.Not(environment.Feature("dev")))),
			environment.Provide(newMem, environment.When(environment.Feature("dev"))),
			environment.Decorate(newPrefixed),
		),
		environment.Register[Billing](), environment.Register[Orders](),
		environment.Provide(newAudit, environment.Named("audit"), environment.Lazily()),
		environment.Provide(newUser),
	)
}

func writeGraph(t *testing.T, name string, graph *environment.Graph) {
	t.Helper()
	golden(t, name+".txt", graph.String())
	var out bytes.Buffer
	require.NoError(t, graph.WriteDOT(&out))
	golden(t, name+".dot", out.String())
	out.Reset()
	require.NoError(t, graph.WriteMermaid(&out))
	golden(t, name+".mmd", out.String())
	out.Reset()
	require.NoError(t, graph.WriteJSON(&out))
	golden(t, name+".json", out.String())
}

func TestGraph(t *testing.T) {
	t.Parallel()
	env := boot(t, described())
	writeGraph(t, "graph", env.Graph())
	child := boot(t, environment.Module("child", environment.Provide(newNamer)), environment.Parent(env))
	golden(t, "graph_child.txt", child.Graph().String())
}

func TestGraphThatFailed(t *testing.T) {
	t.Parallel()
	err := environment.Validate(environment.Module("broken", described(),
		environment.Register[CycleA](), environment.Register[CycleB](), environment.Register[CycleC](), environment.Register[AsksNamer]()))
	bootError, ok := errors.AsType[*environment.BootError](err)
	require.True(t, ok)
	writeGraph(t, "graph_failed", bootError.Graph())
	assert.Equal(t, "m", (&environment.BootError{Module: "m"}).Graph().Module)
}

func TestExplain(t *testing.T) {
	t.Parallel()
	env := boot(t, described())
	explain := func(explanation *environment.Explanation, err error) string {
		require.NoError(t, err)
		return explanation.String() + "\n"
	}
	text := explain(environment.Explain[Repository](env)) + explain(environment.Explain[*SQLRepository](env)) + explain(environment.Explain[*Orders](env))
	child := boot(t, environment.Module("child",
		environment.Provide(newMem, environment.Primary()), environment.Supply[Repository](newSQL(), environment.Named("named")),
		environment.Supply(newAudit()), environment.Supply(newAudit(), environment.Named("x")),
		environment.Supply[Namer](&ValueNamer{}, environment.As[interface{ Name() string }]()),
	), environment.Parent(env))
	text += explain(environment.Explain[*Billing](child)) + explain(environment.Explain[*database](child)) +
		explain(environment.Explain[interface{ Name() string }](child))
	golden(t, "explain.txt", text)
	_, err := environment.Explain[*First](env)
	require.ErrorIs(t, err, environment.ErrMissing)
}
