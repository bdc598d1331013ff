package health_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/environment/health"
)

type database struct{ err error }

func (d *database) Health(context.Context) error { return d.err }

func ask(t *testing.T, handler http.Handler) (int, health.Answer) {
	t.Helper()
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
	var answer health.Answer
	require.NoError(t, json.NewDecoder(recorder.Body).Decode(&answer))
	return recorder.Code, answer
}

func TestHandlers(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, nil))
	db := &database{}
	env := environment.New(environment.Module("m", environment.Supply(db)))
	live, ready := health.Live(env), health.Ready(env, logger)

	code, answer := ask(t, ready)
	assert.Equal(t, http.StatusOK, code)
	assert.Equal(t, health.Answer{Status: "up", Checks: map[string]string{"*health_test.database": "up"}}, answer)

	db.err = errors.New("connection refused")
	code, answer = ask(t, ready)
	assert.Equal(t, http.StatusServiceUnavailable, code)
	assert.Equal(t, health.Answer{Status: "down", Checks: map[string]string{"*health_test.database": "down"}}, answer)
	assert.Contains(t, log.String(), "connection refused", "why is for the log")
	code, answer = ask(t, live)
	assert.Equal(t, http.StatusOK, code, "it lives though its database is away")
	assert.Equal(t, health.Answer{Status: "up"}, answer)

	require.NoError(t, env.Shutdown(t.Context()))
	for _, handler := range []http.Handler{live, health.Ready(env, nil)} {
		code, _ = ask(t, handler)
		assert.Equal(t, http.StatusServiceUnavailable, code)
	}
}
