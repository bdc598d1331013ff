package eventing_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

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

// missives listens to them.
type missives struct {
	eventing.Listener[missive] `listener:"name=letters"`
	on                         func(event missive) error
}

func (l *missives) On(_ context.Context, event missive) error { return l.on(event) }

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

// TestTooLargeABodyIsNotDecoded, since its sender may have another bound. It is
// put aside, and can be replayed where the bound is raised.
func TestTooLargeABodyIsNotDecoded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const most = 50
		body := func(n int) missive { return missive{Text: strings.Repeat("x", n-len(`{"Text":""}`))} }
		var sizes recorder[int]
		var errs recorder[error]
		listener := &missives{on: func(event missive) error {
			sizes.add(len(event.Text))
			return nil
		}}
		broker := memory.NewBroker()
		manager := startOn(t, broker, eventing.Config{
			Listeners: []any{listener}, MaxBodyBytes: most,
			Observers: []eventing.Observer{func(_ context.Context, o eventing.Observation) {
				if o, ok := o.(*eventing.EventDeadLettered); ok {
					errs.add(o.Err)
				}
			}},
		})
		sender := startOn(t, broker, eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[missive]()}})
		require.NoError(t, eventing.SendEvents(t.Context(), sender, []missive{body(most), body(most + 1)}))
		synctest.Wait()
		assert.Len(t, sizes.all(), 1, "only the one within the bound is decoded")
		require.Len(t, errs.all(), 1)
		require.ErrorIs(t, errs.all()[0], eventing.ErrTooLarge)
		require.NotErrorIs(t, errs.all()[0], eventing.ErrRejected)
		assert.Zero(t, manager.Stats().Retried, "no repetition mends it")
		queue, err := eventing.DeadLetters(manager, "letters")
		require.NoError(t, err)
		letters, err := queue.Read(t.Context(), 10)
		require.NoError(t, err)
		require.Len(t, letters, 1)
		assert.Contains(t, letters[0].Error, "the body has 51 bytes, more than MaxBodyBytes (50)")
		assert.Equal(t, "*errors.errorString", letters[0].ErrorType)
		assert.Len(t, letters[0].Body, most+1)

		require.NoError(t, manager.Stop(t.Context()))
		manager = startOn(t, broker, eventing.Config{Listeners: []any{listener}})
		queue, err = eventing.DeadLetters(manager, "letters")
		require.NoError(t, err)
		_, err = queue.Replay(t.Context(), eventing.Replay{})
		require.NoError(t, err)
		synctest.Wait()
		assert.Len(t, sizes.all(), 2)
	})
}
