package main

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

const greeting = "hello world, from session 4711\n"

func TestHelloInMemory(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), "memory://", &out))
	require.Equal(t, greeting, out.String())
}

func TestHelloOnArtemis(t *testing.T) {
	t.Parallel()
	url := brokertest.URL(t)
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), url, &out))
	require.Equal(t, greeting, out.String())
}

func TestHelloWhoseGreetingNeverComes(t *testing.T) {
	t.Parallel()
	greeter, err := NewGreeter()
	require.NoError(t, err)
	greeter.patience = 10 * time.Millisecond
	err = greeter.WaitFor(t.Context())
	require.ErrorContains(t, err, "no greeting within 10ms")
	require.ErrorContains(t, err, "another hello on the same broker")
	greeter.Wait() // returns, too

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	greeter.patience = time.Hour
	require.ErrorIs(t, greeter.WaitFor(ctx), context.Canceled)
}

func TestHelloWithAnUnknownProvider(t *testing.T) {
	t.Parallel()
	err := run(t.Context(), "kafka://localhost", &bytes.Buffer{})
	require.ErrorContains(t, err, `no provider for URLs of scheme "kafka" (known: memory, amqp, amqps)`)
}

func TestModuleIsWiredWell(t *testing.T) {
	t.Parallel()
	require.NoError(t, environment.Validate(Module))
}

// TestPortableForm is the design card's lines as Go 1.26 writes them.
func TestPortableForm(t *testing.T) {
	t.Parallel()
	env := environment.New(Module)
	greeter := environment.Get[*Greeter](env)
	var out bytes.Buffer
	greeter.PrintTo(&out)
	require.NoError(t, environment.Get[*eventing.EventManager](env).SendEvent(context.Background(), HelloEvent{World: "world"}))
	greeter.Wait()
	require.NoError(t, env.Shutdown(t.Context()))
	require.Equal(t, "hello world, from session \n", out.String())
	_, err := environment.Find[eventing.EventManager](env)
	require.ErrorContains(t, err, "did you mean *eventing.EventManager")
	require.PanicsWithError(t, err.Error(), func() { environment.Get[eventing.EventManager](env) })
}
