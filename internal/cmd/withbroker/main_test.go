package main

import (
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestExecuteReturnsTheCommandsExitCode(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]int{
		"exit 0":                  0,
		"exit 7":                  7,
		`test "$GIVEN" = value`:   0,
		`kill -KILL $$; sleep 10`: 128 + int(syscall.SIGKILL),
	} {
		code, err := execute([]string{"sh", "-c", script}, []string{"GIVEN=value"}, nil)
		require.NoError(t, err, script)
		assert.Equal(t, want, code, script)
	}
}

func TestExecutePassesSignalsOn(t *testing.T) {
	t.Parallel()
	signals := make(chan os.Signal, 1)
	signals <- syscall.SIGTERM
	code, err := execute([]string{"sleep", "60"}, nil, signals)
	require.NoError(t, err)
	assert.Equal(t, 128+int(syscall.SIGTERM), code)
}

func TestExecuteUnknownCommand(t *testing.T) {
	t.Parallel()
	code, err := execute([]string{"no-such-command-anywhere"}, nil, nil)
	require.ErrorContains(t, err, "no-such-command-anywhere")
	assert.Equal(t, exitFailed, code)
}
