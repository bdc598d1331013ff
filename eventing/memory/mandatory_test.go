package memory_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

func mandatory(m *eventing.Message) { m.Mandatory = true }

func requireUnroutable(tb testing.TB, err error) {
	tb.Helper()
	require.ErrorIs(tb, err, eventing.ErrUnroutable)
	require.ErrorIs(tb, err, eventing.ErrRejected)
	require.NotErrorIs(tb, err, eventing.ErrNotSent)
}

func TestMandatoryNeedsAQueue(t *testing.T) {
	t.Parallel()
	queue := eventing.Queue{Event: "hello", Listener: "greeter", Server: "web1"}
	provider := open(t, memory.Config{})
	assert.True(t, provider.Capabilities().Mandatory)
	_, err := provider.Submit(t.Context(), hello("never declared", mandatory))
	requireUnroutable(t, err)

	require.NoError(t, provider.Declare(t.Context(), []eventing.Queue{queue}))
	submit(t, provider, hello("waits for its consumer", mandatory))
	require.NoError(t, attach(t, provider, queue, 1).Close(t.Context()))
	_, err = provider.Submit(t.Context(), hello("the last queue has gone", mandatory))
	requireUnroutable(t, err)
	submit(t, provider, hello("not mandatory"))
}

func TestMandatoryInLineOfAQueueThatVanishes(t *testing.T) {
	t.Parallel()
	queue := eventing.Queue{Event: "hello", Listener: "greeter", Server: "web1"}
	synctest.Test(t, func(t *testing.T) {
		provider := open(t, memory.Config{MaxMessages: 1}, queue)
		consumer := attach(t, provider, queue, 1)
		send(t, provider, 1)
		needs := submitting(t.Context(), provider, hello("2", mandatory))
		synctest.Wait()
		doesNot := submitting(t.Context(), provider, hello("3"))
		synctest.Wait()
		require.True(t, needs.waits())
		require.NoError(t, consumer.Close(t.Context()))
		requireUnroutable(t, <-needs.done)
		require.NoError(t, <-doesNot.done)
	})
}
