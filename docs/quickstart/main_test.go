package main

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing/eventingtest"
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
	app := eventingtest.Start(t, Module)
	app.Send(OrderPlaced{ID: "4711"})
	app.Wait()
	require.Len(t, eventingtest.Consumed[OrderPlaced](app), 1)
}
