// Command testrun runs `go test` with the given arguments, prints what the
// plain command prints, and searches all that the tests print, those that pass
// included, for the marker that every password of the tests carries:
//
//	testrun -race ./...
//
// It ends with the exit code of the tests, or 1 where a password was printed.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/aspyx-go/aspyx/internal/artemis"
)

func main() {
	code, err := run(os.Args[1:], os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testrun:", err)
	}
	os.Exit(code)
}

// run returns the code to exit with.
func run(arguments []string, out io.Writer) (int, error) {
	command := exec.Command("go", append([]string{"test", "-json"}, arguments...)...) //nolint:gosec,noctx // the caller's tests, as long as they take
	command.Stderr = os.Stderr
	stdout, err := command.StdoutPipe()
	if err != nil {
		return 1, fmt.Errorf("read the tests' output: %w", err)
	}
	if err := command.Start(); err != nil {
		return 1, fmt.Errorf("start the tests: %w", err)
	}
	leaks, err := report(stdout, out)
	err = errors.Join(err, command.Wait())
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), nil
	}
	if err != nil {
		return 1, fmt.Errorf("run the tests: %w", err)
	}
	if len(leaks) > 0 {
		return 1, fmt.Errorf("a password was printed by %s", strings.Join(leaks, ", "))
	}
	return 0, nil
}

// event is a line of `go test -json` (see `go doc test2json`).
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

// report prints the output of packages and of failed tests, and returns the
// tests whose output holds a password.
func report(in io.Reader, out io.Writer) (leaks []string, err error) {
	held := map[string]*strings.Builder{} // output of tests that haven't ended
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return leaks, nil
		}
		if err != nil {
			return leaks, fmt.Errorf("read the tests' output: %w", err)
		}
		var e event
		if json.Unmarshal(line, &e) != nil {
			_, _ = out.Write(line) // what isn't an event comes from the go command
			continue
		}
		name := strings.TrimSuffix(e.Package+"."+e.Test, ".")
		if strings.Contains(e.Output, artemis.PasswordMarker) {
			leaks = append(leaks, name)
		}
		show(e, name, held, out)
	}
}

func show(e event, name string, held map[string]*strings.Builder, out io.Writer) {
	switch {
	case e.Action == "build-output", e.Action == "output" && e.Test == "" && e.Output != "PASS\n":
		_, _ = io.WriteString(out, e.Output)
	case e.Action == "output" && e.Test != "":
		if held[name] == nil {
			held[name] = &strings.Builder{}
		}
		held[name].WriteString(e.Output)
	case e.Action == "fail" && held[name] != nil:
		_, _ = io.WriteString(out, held[name].String())
		delete(held, name)
	case e.Action == "pass", e.Action == "skip":
		delete(held, name)
	}
}
