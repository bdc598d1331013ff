package eventing_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// herald subscribes in its OnRunning, before the listeners are attached.
type herald struct {
	eventing.Listener[order] `listener:"name=herald"`
	Manager                  *eventing.EventManager `inject:""`
	Handled                  *recorder[int]         `inject:""`
}

func (h *herald) On(_ context.Context, event order) error {
	h.Handled.add(event.ID)
	return nil
}

func (h *herald) OnRunning(ctx context.Context) error {
	if err := h.Manager.Pause(ctx, "herald"); err == nil {
		return errBroken // it isn't attached
	}
	_, err := eventing.Subscribe(ctx, h.Manager, func(ctx context.Context, event order) error {
		return h.On(ctx, order{ID: event.ID + 10})
	})
	if err != nil {
		return err
	}
	return h.Manager.SendEvent(ctx, order{ID: 1})
}

func TestSubscribeBeforeTheListenersAreAttached(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		handled := &recorder[int]{}
		env, err := environment.Boot(t.Context(), environment.Module("test",
			eventing.Module(memory.Config{}), environment.Register[herald](), environment.Supply(handled)))
		require.NoError(t, err)
		manager := environment.Get[*eventing.EventManager](env)
		require.NoError(t, manager.SendEvent(t.Context(), order{ID: 2}))
		synctest.Wait()
		assert.ElementsMatch(t, []int{1, 11, 2, 12}, handled.all())
		require.NoError(t, env.Shutdown(t.Context()))
	})
}
