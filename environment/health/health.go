// Package health serves the state of an environment over HTTP, as clusters and
// load balancers ask for it. It is a package of its own so that programs
// without it don't link net/http.
//
//	mux.Handle("GET /live", health.Live(env))
//	mux.Handle("GET /ready", health.Ready(env, nil))
//
// An answer names the components and tells which have failed, but not why: an
// error's text may be for the operator only. [environment.Environment.Health]
// returns it, and [Ready] logs it.
package health

import (
	"encoding/json"
	"log/slog"
	"net/http"

	"github.com/aspyx-go/aspyx/environment"
)

// Answer is the body of an answer, as JSON.
type Answer struct {
	// Status is "up" or "down".
	Status string `json:"status"`
	// Checks are the states of the components: "up" or "down", by their
	// titles.
	Checks map[string]string `json:"checks,omitempty"`
}

// Live returns a handler that answers 200 until the environment is asked to shut
// down, and 503 from then on. It asks no component: a program isn't to be killed
// because a broker is away.
func Live(env *environment.Environment) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		write(w, Answer{Status: status(env.Context().Err() == nil)})
	})
}

// Ready returns a handler that answers 200 while all components that are a
// [environment.HealthChecker] work, else 503. The logger, which may be nil for
// [slog.Default], is told what is wrong.
func Ready(env *environment.Environment, logger *slog.Logger) http.Handler {
	if logger == nil {
		logger = slog.Default()
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		report := env.Health(r.Context())
		answer := Answer{Status: status(report.Healthy), Checks: map[string]string{}}
		for _, check := range report.Checks {
			answer.Checks[check.Component.String()] = status(check.Err == nil)
			if check.Err != nil {
				logger.LogAttrs(r.Context(), slog.LevelWarn, "component is unhealthy",
					slog.String("component", check.Component.String()), slog.Any("error", check.Err))
			}
		}
		write(w, answer)
	})
}

func status(up bool) string {
	if up {
		return "up"
	}
	return "down"
}

func write(w http.ResponseWriter, answer Answer) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if answer.Status != status(true) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(answer) // who asked is gone
}
