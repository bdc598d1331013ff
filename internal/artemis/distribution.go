package artemis

import (
	"bytes"
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// The distribution is pinned here and nowhere else.
const (
	version  = "2.44.0"
	artifact = "org.apache.activemq:apache-artemis:" + version + ":tar.gz:bin"
	plugin   = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
	folder   = "apache-artemis-" + version
	archive  = folder + "-bin.tar.gz"
	checksum = "d709eafe1ead38234216d324e9876ee0f66265a2deba36b526f64512de4da1e2" +
		"5ae6b5430a03dc002071ed91553c72f3ef01211d7414b14752272cbec66883b4"
)

var (
	// ErrNoMaven is returned by [Ensure] when the distribution must be
	// fetched and there is no mvn on the path.
	ErrNoMaven = errors.New("artemis: no mvn on the path: run `make deps`, or install Maven")
	// ErrChecksum is returned by [Ensure] when the archive that Maven brought
	// isn't the pinned one. Nothing of it was unpacked.
	ErrChecksum = errors.New("artemis: the distribution's SHA-512 isn't the pinned one")
)

// Ensure returns the folder of the Artemis distribution in cacheDir. When it
// isn't there, Ensure fetches it with Maven, verifies its checksum and
// unpacks it. Processes may call it at the same time.
func Ensure(ctx context.Context, cacheDir string) (home string, err error) {
	cacheDir, err = filepath.Abs(cacheDir)
	if err != nil {
		return "", fmt.Errorf("find the cache folder: %w", err)
	}
	home = filepath.Join(cacheDir, folder)
	if _, err := os.Stat(home); err == nil {
		return home, nil
	}
	if err := os.MkdirAll(cacheDir, 0o755); err != nil {
		return "", fmt.Errorf("create the cache folder: %w", err)
	}
	// All work is done aside; the rename at the end shows it whole or not at all.
	aside, err := os.MkdirTemp(cacheDir, "artemis-")
	if err != nil {
		return "", fmt.Errorf("create a folder to unpack in: %w", err)
	}
	defer func() { _ = os.RemoveAll(aside) }()
	if err := download(ctx, aside); err != nil {
		return "", err
	}
	if err := verify(filepath.Join(aside, archive), checksum); err != nil {
		return "", err
	}
	if err := unpack(filepath.Join(aside, archive), aside); err != nil {
		return "", fmt.Errorf("unpack %s: %w", archive, err)
	}
	err = os.Rename(filepath.Join(aside, folder), home)
	if err != nil && !errors.Is(err, fs.ErrExist) { // another process was faster
		return "", fmt.Errorf("put the distribution in its place: %w", err)
	}
	return home, nil
}

func download(ctx context.Context, dir string) error {
	mvn, err := exec.LookPath("mvn")
	if err != nil {
		return ErrNoMaven
	}
	cmd := exec.CommandContext(ctx, mvn, "--batch-mode", "--quiet", plugin,
		"-Dartifact="+artifact, "-DoutputDirectory="+dir)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("fetch %s with Maven: %w\n%s", artifact, err, bytes.TrimSpace(output.Bytes()))
	}
	return nil
}

func verify(path, want string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open the archive: %w", err)
	}
	defer func() { _ = file.Close() }()
	hash := sha512.New()
	if _, err := io.Copy(hash, file); err != nil {
		return fmt.Errorf("read the archive: %w", err)
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != want {
		return fmt.Errorf("%w: %s has %s", ErrChecksum, filepath.Base(path), got)
	}
	return nil
}
