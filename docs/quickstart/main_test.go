package main

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// The whole wiring, without running any of it.
func TestModule(t *testing.T) {
	t.Parallel()
	require.NoError(t, environment.Validate(Module))
}

// A listener is a struct with a method: no container, no broker.
func TestBilling(t *testing.T) {
	t.Parallel()
	billing := &Billing{Bills: NewBills()}
	require.NoError(t, billing.On(context.Background(), OrderPlaced{ID: "4711"}))
}

// The whole way of an event, on a broker of this test's own.
func TestOrderPlaced(t *testing.T) {
	t.Parallel()
	env, err := environment.Boot(t.Context(), Module, eventing.Use(memory.Config{}))
	require.NoError(t, err)
	manager := environment.Get[*eventing.EventManager](env)
	require.NoError(t, manager.SendEvent(t.Context(), OrderPlaced{ID: "4711"}))
	require.NoError(t, env.Shutdown(context.Background()))
	require.Equal(t, eventing.Totals{Sent: 1, Handled: 1}, manager.Stats().Totals)
}
