package artemis

import (
	"archive/tar"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEnsureTakesWhatIsCached(t *testing.T) {
	t.Parallel()
	cache := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(cache, folder), 0o755))
	home, err := Ensure(t.Context(), cache)
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(cache, folder), home)
}

func TestEnsureWithoutMaven(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Ensure(t.Context(), t.TempDir())
	require.ErrorIs(t, err, ErrNoMaven)
}

func TestVerifyRefusesAnotherArchive(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), archive)
	require.NoError(t, os.WriteFile(path, []byte("not Artemis"), 0o600))
	require.ErrorIs(t, verify(path, checksum), ErrChecksum)
}

func TestUnpack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, unpack(writeArchive(t, "a/bin/tool", "content"), dir))
	content, err := os.ReadFile(filepath.Join(dir, "a", "bin", "tool"))
	require.NoError(t, err)
	assert.Equal(t, "content", string(content))
}

func TestUnpackStaysInsideItsFolder(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	dir := filepath.Join(parent, "inside")
	require.NoError(t, os.Mkdir(dir, 0o755))
	require.Error(t, unpack(writeArchive(t, "../outside", "content"), dir))
	assert.NoFileExists(t, filepath.Join(parent, "outside"))
}

func writeArchive(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), archive)
	file, err := os.Create(path)
	require.NoError(t, err)
	zipped := gzip.NewWriter(file)
	entries := tar.NewWriter(zipped)
	require.NoError(t, entries.WriteHeader(&tar.Header{
		Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(content)),
	}))
	_, err = entries.Write([]byte(content))
	require.NoError(t, err)
	require.NoError(t, entries.Close())
	require.NoError(t, zipped.Close())
	require.NoError(t, file.Close())
	return path
}
