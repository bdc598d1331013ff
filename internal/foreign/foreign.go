// Package foreign installs what programs in other languages need that are tested
// or measured beside ours: packages of Python, the Python original among them,
// and jars of Java. Their versions are in requirements.txt and pom.xml.
package foreign

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed" // what is to be installed
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// copyJars is Maven's plugin, pinned here and nowhere else.
const copyJars = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"

const installTimeout = 5 * time.Minute

var (
	//go:embed requirements.txt
	requirements []byte

	//go:embed pom.xml
	pom []byte
)

// Python returns the command of an interpreter that knows the packages. They are
// on no system path: only who runs this command uses them. What isn't in the
// cache, a folder, is installed there; processes may do that at the same time.
func Python(ctx context.Context, cache string) (command string, err error) {
	folder, err := installed(ctx, cache, "requirements.txt", requirements, "python3", func(ctx context.Context, dir, list string) error {
		if _, err := Output(exec.CommandContext(ctx, "python3", "-m", "venv", dir)); err != nil {
			return err
		}
		// The version of pip is the venv's: what it installs is pinned.
		_, err := Output(exec.CommandContext(ctx, pythonOf(dir), "-m", "pip", "install", "--quiet",
			"--disable-pip-version-check", "--no-deps", "--requirement", list))
		return err
	})
	return pythonOf(folder), err
}

func pythonOf(folder string) string { return filepath.Join(folder, "bin", "python3") }

// Jars returns the folder with the jars, as Python does.
func Jars(ctx context.Context, cache string) (folder string, err error) {
	return installed(ctx, cache, "pom.xml", pom, "mvn", func(ctx context.Context, dir, list string) error {
		_, err := Output(exec.CommandContext(ctx, "mvn", "--batch-mode", "--quiet", "--file", list,
			copyJars, "-DincludeScope=runtime", "-DoutputDirectory="+dir))
		return err
	})
}

// installed returns the folder that install has filled, for this list and this
// version of its tool: what was installed for others is left alone. A folder is
// there whole or not at all.
func installed(
	ctx context.Context, cache, name string, list []byte, tool string, install func(ctx context.Context, dir, list string) error,
) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, installTimeout)
	defer cancel()
	version, err := exec.CommandContext(ctx, tool, "--version").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("ask for the version (`make deps` installs what is missing): %w\n%s", err, version)
	}
	sum := sha256.Sum256(append(version, list...))
	folder, err := filepath.Abs(filepath.Join(cache, name+"-"+hex.EncodeToString(sum[:8])))
	if err != nil {
		return "", fmt.Errorf("find the cache: %w", err)
	}
	if _, err := os.Stat(folder); err == nil {
		return folder, nil
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return "", fmt.Errorf("make the cache: %w", err)
	}
	aside, err := os.MkdirTemp(filepath.Dir(folder), "install-")
	if err != nil {
		return "", fmt.Errorf("make a folder to install in: %w", err)
	}
	defer func() { _ = os.RemoveAll(aside) }()
	dir, file := filepath.Join(aside, "installed"), filepath.Join(aside, name)
	if err := os.WriteFile(file, list, 0o600); err != nil {
		return "", fmt.Errorf("write what is to be installed: %w", err)
	}
	if err := install(ctx, dir, file); err != nil {
		return "", err
	}
	if err := os.Rename(dir, folder); err != nil && !errors.Is(err, fs.ErrExist) { // another process was faster
		return "", fmt.Errorf("put what was installed in its place: %w", err)
	}
	return folder, nil
}

// Output runs a command and returns what it prints. Its error ends with what the
// command has said.
func Output(command *exec.Cmd) (out []byte, err error) {
	var said bytes.Buffer
	command.Stderr = &said
	if out, err = command.Output(); err != nil {
		return nil, fmt.Errorf("run %s: %w\n%s%s", filepath.Base(command.Path), err, out, said.Bytes())
	}
	return out, nil
}
