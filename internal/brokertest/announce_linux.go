package brokertest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

// announce says on the error output of `go test` that a test was left out.
// The go command hides all output of a package that passes, skips included,
// and a run that silently tests less must not look like a whole one. Where
// the parent is something else, or can't be written to, `go test -v` shows
// the same. A result from the go command's cache runs no test and so says
// nothing here: `go test -count=1` does.
func announce(test, reason string) {
	parent := fmt.Sprintf("/proc/%d", os.Getppid())
	name, err := os.ReadFile(filepath.Join(parent, "comm"))
	if err != nil || string(bytes.TrimSpace(name)) != "go" {
		return
	}
	output, err := os.OpenFile(filepath.Join(parent, "fd", "2"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return
	}
	defer func() { _ = output.Close() }()
	_, _ = fmt.Fprintf(output, "left out: %s: %s\n", test, reason)
}
