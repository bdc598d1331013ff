package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const keeps = "github.com/aspyx-go/aspyx/internal/cmd/linkcheck/testdata/keeps"

// It builds real programs: the check must be able to fail, and to say why.
func TestRunFindsAPackageThatKeepsAllMethods(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := run(t.Context(), &out, []string{keeps})
	require.ErrorContains(t, err, "with "+keeps)
	require.ErrorContains(t, err, "  "+keeps+".(*Object).Has\n    <- ")
	assert.Regexp(t, `MB   \+0\.0 %  drops unused methods  without any\n`, out.String())
	assert.Regexp(t, `MB +\+[0-9.]+ %  keeps all methods     with .*/keeps\n`, out.String())
}

func TestLoadUsesEverything(t *testing.T) {
	t.Parallel()
	packages, err := load(t.Context(), []string{keeps})
	require.NoError(t, err)
	assert.Equal(t, []exports{{
		path: keeps,
		uses: []string{"(*keeps.Box[int]).Holds", "(*keeps.Object).Has", "keeps.Of[int]"},
		left: []string{"keeps.Special"},
	}}, packages)
}

func TestLoadNeedsPackages(t *testing.T) {
	t.Parallel()
	_, err := load(t.Context(), nil)
	require.ErrorContains(t, err, "name the packages")
	_, err = load(t.Context(), []string{"./no-such-package"})
	require.ErrorContains(t, err, "no-such-package")
}

// A program that drops the method where it must keep it makes the check fail,
// too: it would find nothing.
func TestExpectNeedsTheControlToKeepIt(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	c := checker{out: &out, dir: t.TempDir()}
	err := c.expect(t.Context(), "control", program{}, true)
	require.ErrorContains(t, err, "the check finds nothing anymore")
	require.NoError(t, c.expect(t.Context(), "control", program{control: true}, true))
}

func TestCulprits(t *testing.T) {
	t.Parallel()
	lines := []string{
		"# program",
		"_ -> main.main",
		"main.main -> a.Do",
		"main.main -> type:a.T <UsedInIface>",
		"a.Do -> a.Call <ReflectMethod>",
		"a.Other -> a.Call <ReflectMethod>",
		"type:a.T <UsedInIface> -> a.Call <ReflectMethod>",
	}
	assert.Equal(t, "  a.Call\n    <- a.Do\n    <- main.main\n", culprits(strings.Join(lines, "\n")))
}
