package main

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTooFewEvents(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, run(t.Context(), io.Discard, t.TempDir(), fewest-1), "ask for 1000 or more")
}

func TestAnEndBeforeTheStart(t *testing.T) {
	t.Parallel()
	ended := errors.New("ended")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(ended)
	require.Error(t, run(ctx, io.Discard, t.TempDir(), fewest))
}
