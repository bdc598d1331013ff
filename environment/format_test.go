package environment_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
)

const canary = "canary-password"

type secret struct{ Password string }

func TestNothingPrintsWhatItHolds(t *testing.T) {
	t.Parallel()
	value := secret{canary}
	module := environment.Module("shop", environment.Supply(value), environment.Provide(func() *secret { return &value }))
	var component *environment.Component
	env := boot(t, environment.Module("outer", module, extending(func(i *environment.Inspection) { component = i.Components()[0] })))
	for want, printed := range map[string]any{
		`module "shop"`:                            module,
		`environment "outer"`:                      env,
		"supply environment_test.secret":           environment.Supply(value),
		"contribution environment_test.secret":     environment.Contribute(value),
		"setting environment_test.secret":          environment.Setting(value),
		"override *environment_test.secret":        environment.Override[*secret](func() *secret { return &value }),
		"provide func() environment_test.secret":   environment.Provide(func() secret { return value }),
		"register environment_test.secret":         environment.Register[secret](),
		"logger":                                   environment.Logger(slog.Default()),
		"stop timeout":                             environment.StopTimeout(1),
		"environment_test.secret":                  component,
		"extension environment_test.extensionFunc": extending(nil),
		`assemble "x"`:                             environment.Assemble[int]("x", nil, nil),
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d"} {
			assert.Equal(t, want, fmt.Sprintf(verb, printed))
			held := struct {
				Exported any
				hidden   any
			}{printed, printed}
			assert.NotContains(t, fmt.Sprintf(verb, held), canary)
			assert.NotContains(t, fmt.Sprintf(verb, []any{held.hidden}), canary)
		}
	}
}

func TestLogsAtDebugLevelOnly(t *testing.T) {
	t.Parallel()
	for level, want := range map[slog.Level]string{
		slog.LevelInfo:  "",
		slog.LevelDebug: "environment booted",
	} {
		var out bytes.Buffer
		logger := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: level}))
		env := boot(t, environment.Module("m", environment.Supply(secret{canary})), environment.Logger(logger), environment.Logger(nil))
		logger.DebugContext(t.Context(), "the environment itself", slog.Any("env", env))
		require.NoError(t, env.Shutdown(t.Context()))
		assert.NotContains(t, out.String(), canary)
		if want == "" {
			assert.Empty(t, out.String())
		} else {
			assert.Contains(t, out.String(), want)
		}
	}
}
