package classic

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

const plugin = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"

// pom pins the broker's version, here and nowhere else.
//
//go:embed pom.xml
var pom []byte

// ErrNoMaven is returned by [Ensure] when the broker must be fetched and there
// is no mvn on the path.
var ErrNoMaven = errors.New("classic: no mvn on the path: run `make deps`, or install Maven")

// Ensure returns the folder of the broker's jars in cacheDir. When it isn't
// there, Ensure has Maven fetch them. Processes may call it at the same time.
func Ensure(ctx context.Context, cacheDir string) (home string, err error) {
	cacheDir, err = filepath.Abs(cacheDir)
	if err != nil {
		return "", fmt.Errorf("find the cache folder: %w", err)
	}
	sum := sha256.Sum256(pom)
	home = filepath.Join(cacheDir, "activemq-classic-"+hex.EncodeToString(sum[:8]))
	if _, err := os.Stat(home); err == nil {
		return home, nil
	}
	if err := os.MkdirAll(cacheDir, 0o755); err != nil {
		return "", fmt.Errorf("create the cache folder: %w", err)
	}
	// All work is done aside; the rename at the end shows it whole or not at all.
	aside, err := os.MkdirTemp(cacheDir, "classic-")
	if err != nil {
		return "", fmt.Errorf("create a folder for the jars: %w", err)
	}
	defer func() { _ = os.RemoveAll(aside) }()
	if err := fetch(ctx, aside); err != nil {
		return "", err
	}
	err = os.Rename(aside, home)
	if err != nil && !errors.Is(err, fs.ErrExist) { // another process was faster
		return "", fmt.Errorf("put the jars in their place: %w", err)
	}
	return home, nil
}

func fetch(ctx context.Context, dir string) error {
	mvn, err := exec.LookPath("mvn")
	if err != nil {
		return ErrNoMaven
	}
	if err := os.WriteFile(filepath.Join(dir, "pom.xml"), pom, 0o600); err != nil {
		return fmt.Errorf("write what is to be fetched: %w", err)
	}
	cmd := exec.CommandContext(ctx, mvn, "--batch-mode", "--quiet", "--file", filepath.Join(dir, "pom.xml"),
		plugin, "-DincludeScope=runtime", "-DoutputDirectory="+filepath.Join(dir, "lib"))
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("fetch ActiveMQ Classic with Maven: %w\n%s", err, bytes.TrimSpace(output.Bytes()))
	}
	return nil
}
