package eventing_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// TestAReleasedEventIsNotTriedAgain though what is told of it ends the goroutine.
func TestAReleasedEventIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		listener func(on func() error) any
		event    any
	}{
		"orders": {func(on func() error) any {
			return &orderListener{on: func(context.Context, order) error { return on() }}
		}, order{}},
		"ledger": {func(on func() error) any { return newLedger(func(context.Context, booking) error { return on() }) }, entry("a", 1)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				manager, _ := start(t, eventing.Config{
					Listeners: []any{test.listener(func() error { calls++; return errBroken })},
					Observers: []eventing.Observer{func(_ context.Context, observation eventing.Observation) {
						if _, ok := observation.(*eventing.EventReleased); ok {
							runtime.Goexit()
						}
					}},
				})
				require.NoError(t, manager.SendEvent(t.Context(), test.event))
				synctest.Wait() // it pauses
				require.NoError(t, manager.Stop(t.Context()))
				assert.Equal(t, 1, calls)
				assert.Equal(t, eventing.ListenerStats{Failed: 1, Released: 1}, manager.Stats().Listeners[name])
			})
		})
	}
}
