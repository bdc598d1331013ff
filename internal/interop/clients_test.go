package interop_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/internal/brokertest"
	"github.com/aspyx-go/aspyx/internal/foreign"
)

const (
	// cache keeps what is installed between runs.
	cache = "../../.cache/interop"

	// limit is how long a test waits for what must happen.
	limit = 30 * time.Second
)

var (
	pythonCommand = sync.OnceValues(func() (string, error) { return foreign.Python(context.Background(), cache) })
	jars          = sync.OnceValues(func() (string, error) { return foreign.Jars(context.Background(), cache) })
)

// python returns the command of a program in testdata. The broker's URL, with
// the password, is in the environment already, on no command line.
func python(t *testing.T, script string, arguments ...string) *exec.Cmd {
	t.Helper()
	brokertest.URL(t)
	command, err := pythonCommand()
	require.NoError(t, err)
	return exec.CommandContext(t.Context(), command, append([]string{"testdata/" + script}, arguments...)...)
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
	out, err := foreign.Output(command)
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
