package amqp_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
)

// TestCredentialsThatFail: what is told holds no password.
func TestCredentialsThatFail(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		credentials func(context.Context) (string, string, error)
		want        string
	}{
		"error":   {noCredentials, "Config.Credentials has failed: the vault says …"},
		"no user": {func(context.Context) (string, string, error) { return "", canary, nil }, "it has returned no user"},
		"slow": {func(ctx context.Context) (string, string, error) {
			<-ctx.Done()
			return "u", canary, fmt.Errorf("vault: %w", ctx.Err())
		}, "Config.Credentials has failed: vault: context deadline exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			provider, err := amqp.New(amqp.Config{Credentials: test.credentials, ConnectTimeout: 100 * time.Millisecond})
			require.NoError(t, err)
			err = provider.Start(t.Context())
			require.ErrorIs(t, err, eventing.ErrUnavailable)
			require.ErrorContains(t, err, test.want)
			assert.False(t, errors.Is(err, amqp.ErrAuthentication))
			assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), canary)
		})
	}
}
