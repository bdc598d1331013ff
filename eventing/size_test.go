package eventing_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

type missive struct {
	eventing.Event `event:"name=letter"`
	Text           string
}

func TestTooLargeABodyIsNotSent(t *testing.T) {
	t.Parallel()
	const frame = len(`{"Text":""}`)
	for most, config := range map[int]int64{100: 100, eventing.DefaultMaxBodyBytes: 0} {
		manager, sent := spying(t, eventing.Config{
			Events: []eventing.EventDefinition{eventing.EventOf[missive]()}, MaxBodyBytes: config,
		})
		require.NoError(t, manager.SendEvent(t.Context(), missive{Text: strings.Repeat("x", most-frame)}))
		err := manager.SendEvent(t.Context(), missive{Text: strings.Repeat("x", most-frame+1)})
		require.ErrorIs(t, err, eventing.ErrTooLarge)
		require.ErrorIs(t, err, eventing.ErrRejected)
		require.NotErrorIs(t, err, eventing.ErrNotSent)
		require.ErrorContains(t, err, `send event "letter": eventing: event too large: the body has`)
		assert.Len(t, sent.all(), 1)
		assert.Equal(t, eventing.Totals{Sent: 1}, manager.Stats().Totals)
	}
}

func TestAProvidersBoundIsTheSameError(t *testing.T) {
	t.Parallel()
	manager := startOn(t, memory.Config{MaxBytes: 50}, eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[missive]()}})
	err := manager.SendEvent(t.Context(), missive{Text: strings.Repeat("x", 50)})
	require.ErrorIs(t, err, eventing.ErrTooLarge)
	require.ErrorIs(t, err, eventing.ErrRejected)
}

func TestWrongMaxBodyBytes(t *testing.T) {
	t.Parallel()
	_, err := eventing.NewEventManager(&hookedProvider{}, eventing.Config{MaxBodyBytes: -1})
	require.ErrorContains(t, err, "MaxBodyBytes is -1, it must be positive, or 0 for 10485760")

	module := environment.Module("letters", eventing.Module(memory.Config{}), environment.Register[missive]())
	err = environment.Validate(module, eventing.MaxBodyBytes(0))
	require.ErrorContains(t, err, "eventing.MaxBodyBytes(0) must be positive")

	env, err := environment.Boot(t.Context(), module, eventing.MaxBodyBytes(20))
	require.NoError(t, err)
	manager := environment.Get[*eventing.EventManager](env)
	require.ErrorIs(t, manager.SendEvent(t.Context(), missive{Text: "more than twenty bytes"}), eventing.ErrTooLarge)
	require.NoError(t, env.Shutdown(t.Context()))
}
