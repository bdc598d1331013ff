package eventingtest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// SetPatience sets how long Wait waits.
func SetPatience(app *App, patience time.Duration) { app.patience = patience }

// Declare adds queues to the app's broker.
func Declare(t *testing.T, app *App, queues []eventing.Queue) {
	t.Helper()
	provider, err := app.broker.Open(eventing.Settings{})
	require.NoError(t, err)
	require.NoError(t, provider.Start(t.Context()))
	require.NoError(t, provider.Declare(t.Context(), queues))
	require.NoError(t, provider.Stop(t.Context()))
}
