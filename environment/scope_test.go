package environment_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
)

func TestEndOfAScopeWhileSomethingIsMade(t *testing.T) {
	t.Parallel()
	var ended atomic.Int64
	scope := &environment.ContextScope{}
	started, proceed := make(chan struct{}), make(chan struct{})
	env := boot(t, environment.Module("m", environment.Provide(func() *session {
		close(started)
		<-proceed
		return &session{1, &ended}
	}, environment.Scoped("request"))), environment.WithScope("request", scope))
	ctx, end := scope.Begin(t.Context())
	result := make(chan error, 1)
	go func() {
		_, err := environment.GetContext[*session](ctx, env)
		result <- err
	}()
	<-started
	require.NoError(t, end(ctx))
	close(proceed)
	err := <-result
	require.ErrorIs(t, err, environment.ErrNoScope)
	assert.Equal(t, int64(1), ended.Load(), "what came too late is destroyed")
}

func TestScopesThatGetItWrong(t *testing.T) {
	t.Parallel()
	for name, scope := range map[string]environment.Scope{
		"the scope \"request\" returned no instance": scopeFunc(func() (*environment.Instance, error) { return nil, nil }), //nolint:nilnil // what is refused
		"broken":   scopeFunc(func() (*environment.Instance, error) { return nil, errBroken }),
		"panic at": scopeFunc(func() (*environment.Instance, error) { panic("x") }),
	} {
		env := boot(t, environment.Module("m", environment.Register[Plain](environment.Scoped("request"))), environment.WithScope("request", scope))
		_, err := environment.GetContext[*Plain](t.Context(), env)
		require.ErrorContains(t, err, name)
	}
}

// scopeFunc is a scope that makes nothing.
type scopeFunc func() (*environment.Instance, error)

func (f scopeFunc) Get(context.Context, *environment.Component, func(context.Context) (*environment.Instance, error)) (*environment.Instance, error) {
	return f()
}
