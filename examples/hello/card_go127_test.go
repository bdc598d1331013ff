//go:build go1.27

package main

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
)

// EventManager lets the test write the design card's lines to the letter.
type EventManager = eventing.EventManager

// TestDesignCard holds the lines that the project was designed from.
func TestDesignCard(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	var out bytes.Buffer

	env := environment.New(Module)
	env.Get[*Greeter]().PrintTo(&out)
	require.NoError(t, env.Get[*EventManager]().SendEvent(ctx, HelloEvent{World: "world"}))
	env.Get[*Greeter]().Wait()
	require.NoError(t, env.Shutdown(ctx))
	require.Equal(t, "hello world, from session \n", out.String())

	require.Panics(t, func() { env.Get[eventing.EventManager]() })
	_, err := env.Find[eventing.EventManager]()
	require.ErrorContains(t, err, "did you mean *eventing.EventManager")
}

// TestDesignCardWithTheVariableOfTheOriginal names the variable as the
// original's documentation does.
func TestDesignCardWithTheVariableOfTheOriginal(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	environment := environment.New(Module) //nolint:revive,gocritic // as the original writes it
	environment.Get[*Greeter]().PrintTo(&bytes.Buffer{})
	require.NoError(t, environment.Get[*EventManager]().SendEvent(ctx, HelloEvent{World: "world"}))
	require.NoError(t, environment.Shutdown(ctx))
}
