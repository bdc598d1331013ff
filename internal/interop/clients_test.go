package interop_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

const (
	// cache keeps what is installed between runs.
	cache = "../../.cache/interop"

	// copyJars is Maven's plugin, pinned here and nowhere else.
	copyJars = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"

	installTimeout = 5 * time.Minute

	// limit is how long a test waits for what must happen.
	limit = 30 * time.Second
)

// installed returns the folder that install has filled, for the given file of
// testdata and this version of its tool: what was installed for others is
// left alone. A folder is there whole or not at all.
func installed(file string, version *exec.Cmd, install func(ctx context.Context, dir string) error) (string, error) {
	content, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		return "", fmt.Errorf("read what is to be installed: %w", err)
	}
	tool, err := version.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("ask for the version (`make deps` installs what is missing): %w\n%s", err, tool)
	}
	sum := sha256.Sum256(append(tool, content...))
	folder, err := filepath.Abs(filepath.Join(cache, file+"-"+hex.EncodeToString(sum[:8])))
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
	ctx, cancel := context.WithTimeout(context.Background(), installTimeout)
	defer cancel()
	if err := install(ctx, aside); err != nil {
		return "", err
	}
	if err := os.Rename(aside, folder); err != nil && !errors.Is(err, fs.ErrExist) { // another process was faster
		return "", fmt.Errorf("put what was installed in its place: %w", err)
	}
	return folder, nil
}

// execute runs a command and returns the lines that it prints. Its error ends
// with what the command has said.
func execute(command *exec.Cmd) (out []byte, err error) {
	var said bytes.Buffer
	command.Stderr = &said
	if out, err = command.Output(); err != nil {
		return nil, fmt.Errorf("run %s: %w\n%s%s", filepath.Base(command.Path), err, out, said.Bytes())
	}
	return out, nil
}

// pythonPackages are on no system path: only the programs of this test use them.
var pythonPackages = sync.OnceValues(func() (string, error) {
	return installed("requirements.txt", exec.Command("python3", "--version"), func(ctx context.Context, dir string) error {
		if _, err := execute(exec.CommandContext(ctx, "python3", "-m", "venv", dir)); err != nil {
			return err
		}
		// The version of pip is the venv's: what it installs is pinned.
		_, err := execute(exec.CommandContext(ctx, filepath.Join(dir, "bin", "python3"), "-m", "pip", "install", "--quiet",
			"--disable-pip-version-check", "--no-deps", "--requirement", "testdata/requirements.txt"))
		return err
	})
})

var jars = sync.OnceValues(func() (string, error) {
	return installed("pom.xml", exec.Command("mvn", "--version"), func(ctx context.Context, dir string) error {
		_, err := execute(exec.CommandContext(ctx, "mvn", "--batch-mode", "--quiet", "--file", "testdata/pom.xml",
			copyJars, "-DincludeScope=runtime", "-DoutputDirectory="+dir))
		return err
	})
})

// python returns the command of a program in testdata. The broker's URL, with
// the password, is in the environment already, on no command line.
func python(t *testing.T, script string, arguments ...string) *exec.Cmd {
	t.Helper()
	brokertest.URL(t)
	folder, err := pythonPackages()
	require.NoError(t, err)
	return exec.CommandContext(t.Context(), filepath.Join(folder, "bin", "python3"), append([]string{"testdata/" + script}, arguments...)...)
}

// java returns the command of the program Jms.java.
func java(t *testing.T, arguments ...string) *exec.Cmd {
	t.Helper()
	brokertest.URL(t)
	folder, err := jars()
	require.NoError(t, err)
	command := "java"
	if home := os.Getenv("JAVA_HOME"); home != "" {
		command = filepath.Join(home, "bin", "java")
	}
	return exec.CommandContext(t.Context(), command, append([]string{
		"-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8",
		"-classpath", filepath.Join(folder, "*"), "testdata/Jms.java",
	}, arguments...)...)
}

// run runs a program that ends by itself, and decodes each line that it prints.
func run[T any](t *testing.T, command *exec.Cmd) []T {
	t.Helper()
	out, err := execute(command)
	require.NoError(t, err)
	var lines []T
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var line T
		if err := decoder.Decode(&line); errors.Is(err, io.EOF) {
			return lines
		}
		require.NoError(t, err, string(out))
		lines = append(lines, line)
	}
}

// service is a program that runs until its input ends.
type service struct{ lines chan string }

// startService starts a program and stops it at the test's end.
func startService(t *testing.T, command *exec.Cmd) *service {
	t.Helper()
	var said bytes.Buffer
	command.Stderr = &said
	in, err := command.StdinPipe()
	require.NoError(t, err)
	out, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	s := &service{make(chan string, 100)}
	go func() {
		defer close(s.lines)
		for scanner := bufio.NewScanner(out); scanner.Scan(); {
			s.lines <- scanner.Text()
		}
	}()
	t.Cleanup(func() {
		_ = in.Close()
		for line := range s.lines {
			t.Log(line)
		}
		if err := command.Wait(); t.Failed() {
			t.Log(err, said.String())
		}
	})
	return s
}

// next returns the next line of the program.
func (s *service) next(t *testing.T) string {
	t.Helper()
	select {
	case line, ok := <-s.lines:
		require.True(t, ok, "the program has ended")
		return line
	case <-time.After(limit):
		require.FailNow(t, "the program says nothing")
		return ""
	}
}

// within may be called in a cleanup too, when the test's own context is done.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), limit)
	t.Cleanup(cancel)
	return ctx
}

// unique makes a name that no other test, run or user has.
func unique(name string) string { return "test." + name + "." + eventing.NewID().String() }
