package eventing_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

type moduleEvent struct {
	eventing.Event `event:"name=module.event"`
	Text           string
}

type moduleListener struct {
	eventing.Listener[moduleEvent] `listener:"name=module.listener"`
	Manager                        *eventing.EventManager `inject:""`
	Calls                          *calls                 `inject:""`
}

func (l *moduleListener) On(ctx context.Context, event moduleEvent) error {
	l.Calls.texts <- event.Text + eventing.EnvelopeFrom(ctx).Get("header")
	return nil
}

type calls struct{ texts chan string }

func newCalls() *calls { return &calls{texts: make(chan string, 100)} }

func TestModuleSendsAnEventToItsListener(t *testing.T) {
	t.Parallel()
	env, err := environment.Boot(t.Context(), environment.Module("test",
		eventing.Module(memory.Config{}),
		environment.Register[moduleListener](),
		environment.Provide(newCalls),
	))
	require.NoError(t, err)
	manager := environment.Get[*eventing.EventManager](env)
	require.NoError(t, manager.SendEvent(t.Context(), moduleEvent{Text: "hello"}, eventing.WithHeader("header", " world")))
	require.Equal(t, "hello world", <-environment.Get[*calls](env).texts)
	require.NoError(t, manager.SendEvent(t.Context(), &moduleEvent{Text: "again"}))
	require.NoError(t, env.Shutdown(t.Context()))
	require.Equal(t, "again", <-environment.Get[*calls](env).texts)
	require.ErrorIs(t, manager.SendEvent(t.Context(), moduleEvent{}), eventing.ErrClosed)
}
