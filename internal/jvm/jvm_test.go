package jvm

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAwaitReadyGivesUpWithTheCause(t *testing.T) {
	t.Parallel()
	logs, err := openLog(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { _ = logs.file.Close() })
	cause := errors.New("the caller gave up")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	err = awaitReady(ctx, &process{done: make(chan struct{})}, logs, &Options{Address: "127.0.0.1:0"})
	require.ErrorIs(t, err, cause)
}
