package foreign

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// copies installs the list itself.
func copies(_ context.Context, dir, list string) error {
	content, err := os.ReadFile(list)
	return errors.Join(err, os.Mkdir(dir, 0o755), os.WriteFile(filepath.Join(dir, "copy"), content, 0o600))
}

func TestInstalledOnceForEachList(t *testing.T) {
	t.Parallel()
	cache := filepath.Join(t.TempDir(), "cache")
	one, err := installed(t.Context(), cache, "list", []byte("one"), "bash", copies)
	require.NoError(t, err)
	content, err := os.ReadFile(filepath.Join(one, "copy"))
	require.NoError(t, err)
	assert.Equal(t, "one", string(content))

	again, err := installed(t.Context(), cache, "list", []byte("one"), "bash", nil)
	require.NoError(t, err)
	assert.Equal(t, one, again)
	two, err := installed(t.Context(), cache, "list", []byte("two"), "bash", copies)
	require.NoError(t, err)
	assert.NotEqual(t, one, two)
	requireFolders(t, cache, 2)
}

func TestAnInstallationThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	cache, failure := t.TempDir(), errors.New("no network")
	_, err := installed(t.Context(), cache, "list", nil, "bash", func(ctx context.Context, dir, list string) error {
		return errors.Join(copies(ctx, dir, list), failure)
	})
	require.ErrorIs(t, err, failure)
	requireFolders(t, cache, 0)
}

func requireFolders(t *testing.T, cache string, want int) {
	t.Helper()
	folders, err := os.ReadDir(cache)
	require.NoError(t, err)
	require.Len(t, folders, want)
}

func TestWithoutItsTool(t *testing.T) {
	t.Parallel()
	_, err := installed(t.Context(), t.TempDir(), "list", nil, "no-such-tool-anywhere", copies)
	require.ErrorContains(t, err, "`make deps`")
}

func TestOutputTellsWhatWentWrong(t *testing.T) {
	t.Parallel()
	out, err := Output(exec.CommandContext(t.Context(), "bash", "-c", "echo fine"))
	require.NoError(t, err)
	assert.Equal(t, "fine\n", string(out))
	_, err = Output(exec.CommandContext(t.Context(), "bash", "-c", "echo before; echo no such host >&2; exit 3"))
	require.ErrorContains(t, err, "run bash: exit status 3\nbefore\nno such host")
}
