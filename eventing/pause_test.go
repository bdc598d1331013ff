package eventing_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

func TestAPausedListenerLeavesItsEventsToOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broker := memory.NewBroker()
		var here, there, attempts recorder[int]
		manager := startOn(t, broker, eventing.Config{Listeners: []any{&orderListener{on: func(_ context.Context, event order) error {
			here.add(event.ID)
			time.Sleep(time.Second)
			return nil
		}}}})
		require.NoError(t, eventing.SendEvents(t.Context(), manager, []order{{ID: 1}, {ID: 2}, {ID: 3}}))
		synctest.Wait()
		begin := time.Now()
		require.NoError(t, manager.Pause(t.Context(), "orders"))
		assert.Equal(t, time.Second, time.Since(begin), "it waits for the handler")
		require.NoError(t, manager.Pause(t.Context(), "orders"), "a second one does nothing")
		assert.True(t, manager.Subscriptions()[0].Paused)
		require.NoError(t, manager.Health(t.Context()))
		require.NoError(t, manager.SendEvent(t.Context(), order{ID: 4}))
		synctest.Wait()
		assert.Equal(t, []int{1}, here.all())
		assert.Zero(t, broker.Stats()[1].Unsettled)

		other := startOn(t, broker, eventing.Config{Listeners: []any{&orderListener{on: func(ctx context.Context, event order) error {
			there.add(event.ID)
			attempts.add(eventing.EnvelopeFrom(ctx).Attempt())
			return nil
		}}}})
		synctest.Wait()
		assert.Equal(t, []int{2, 3, 4}, there.all())
		assert.Equal(t, []int{1, 1, 1}, attempts.all())
		require.NoError(t, other.Pause(t.Context(), "orders"))
		require.NoError(t, manager.Resume(t.Context(), "orders"))
		require.NoError(t, manager.Resume(t.Context(), "orders"), "a second one does nothing")
		assert.False(t, manager.Subscriptions()[0].Paused)
		require.NoError(t, manager.SendEvent(t.Context(), order{ID: 5}))
		synctest.Wait()
		assert.Equal(t, []int{1, 5}, here.all())
		require.NoError(t, manager.Pause(t.Context(), "orders"), "once more")
		require.NoError(t, manager.SendEvent(t.Context(), order{ID: 6}))
		synctest.Wait()
		assert.Equal(t, []int{1, 5}, here.all())
	})
}

func TestPauseReleasesWhatWaitsInPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var attempts recorder[int]
		manager, broker := start(t, eventing.Config{
			Policies: []eventing.ListenerPolicy{eventing.PolicyFor[orderListener](eventing.Policy{Retries: 1, Backoff: time.Second})},
			Listeners: []any{&orderListener{on: func(ctx context.Context, _ order) error {
				attempts.add(eventing.EnvelopeFrom(ctx).Attempt())
				return errBroken
			}}},
		})
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		synctest.Wait()
		begin := time.Now()
		require.NoError(t, manager.Pause(t.Context(), "orders"))
		assert.Zero(t, time.Since(begin))
		require.NoError(t, manager.Resume(t.Context(), "orders"))
		time.Sleep(time.Minute)
		assert.Equal(t, []int{1, 1, 2}, attempts.all())
		assert.Len(t, deadLetters(t, broker, "orders"), 1)
	})
}

func TestAPauseThatAHandlerHoldsUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var handled recorder[int]
		manager, _ := start(t, eventing.Config{
			StopTimeout: 10 * time.Second,
			Listeners: []any{&orderListener{on: func(_ context.Context, event order) error {
				if event.ID == 0 {
					time.Sleep(time.Minute)
				}
				handled.add(event.ID)
				return nil
			}}},
		})
		require.NoError(t, eventing.SendEvents(t.Context(), manager, []order{{ID: 0}, {ID: 1}}))
		synctest.Wait()
		brief, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := manager.Pause(brief, "orders")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, `pause listener "orders": it isn't reached yet, since a handler still runs`)
		begin := time.Now()
		require.ErrorIs(t, manager.Pause(t.Context(), "orders"), context.DeadlineExceeded)
		assert.Equal(t, 10*time.Second, time.Since(begin), "the time limit of a stop")

		paused, resumed := make(chan error, 1), make(chan error, 1)
		go func() { paused <- manager.Pause(t.Context(), "orders") }()
		synctest.Wait()
		go func() { resumed <- manager.Resume(t.Context(), "orders") }()
		synctest.Wait()
		require.ErrorContains(t, <-paused, "the opposite was asked for meanwhile")
		go func() { paused <- manager.Pause(t.Context(), "orders") }()
		synctest.Wait()
		require.ErrorContains(t, <-resumed, "the opposite was asked for meanwhile")
		require.Error(t, <-paused)
		time.Sleep(time.Minute)
		assert.Equal(t, []int{0}, handled.all(), "the pause came about")
		require.NoError(t, manager.Pause(t.Context(), "orders"))
		require.NoError(t, manager.Resume(t.Context(), "orders"))
		synctest.Wait()
		assert.Equal(t, []int{0, 1}, handled.all())
	})
}

func TestPausesThatAreRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var manager *eventing.EventManager
		var errs recorder[error]
		provider, err := memory.New(memory.Config{})
		require.NoError(t, err)
		manager, err = eventing.NewEventManager(provider, eventing.Config{Listeners: []any{&orderListener{on: func(ctx context.Context, _ order) error {
			errs.add(manager.Pause(ctx, "orders"))
			errs.add(manager.Resume(ctx, "orders"))
			errs.add(manager.Pause(ctx, "patient"))
			return nil
		}}, &patientListener{on: func(context.Context) error { return nil }}}, Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		require.ErrorIs(t, manager.Pause(t.Context(), "orders"), eventing.ErrNotRunning)
		require.NoError(t, manager.Start(t.Context()))
		require.ErrorContains(t, manager.Pause(t.Context(), "nobody"), `pause: the manager has no listener "nobody": it has ["orders" "patient"]`)
		require.ErrorContains(t, manager.Resume(t.Context(), "nobody"), `resume: the manager has no listener "nobody"`)
		require.NoError(t, manager.Resume(t.Context(), "orders"), "it isn't paused")
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		synctest.Wait()
		require.Len(t, errs.all(), 3)
		require.ErrorIs(t, errs.all()[0], eventing.ErrOwnHandler)
		require.ErrorIs(t, errs.all()[1], eventing.ErrOwnHandler)
		require.NoError(t, errs.all()[2], "another one's")
		require.NoError(t, manager.Stop(t.Context()))
		require.ErrorIs(t, manager.Pause(t.Context(), "orders"), eventing.ErrClosed)
		require.ErrorIs(t, manager.Resume(t.Context(), "patient"), eventing.ErrClosed)
	})
}

// What waits for a paused listener isn't drained: it would be waited for in vain.
func TestAPausedListenerDoesNotHoldUpAStop(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]eventing.SubscribeOption{
		"its queue has no consumer": {eventing.As("named")},
		"its queue has one":         nil,
	} {
		for state, slow := range map[string]time.Duration{"while it rests": 0, "while a handler runs": time.Second} {
			t.Run(name+"/"+state, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					var handled recorder[int]
					provider, err := memory.New(memory.Config{ServerName: "server"})
					require.NoError(t, err)
					manager, err := eventing.NewEventManager(provider, eventing.Config{
						Listeners: []any{&orderListener{on: noted(&handled)}}, Logger: slog.New(slog.DiscardHandler),
					})
					require.NoError(t, err)
					require.NoError(t, manager.Start(t.Context()))
					var calls atomic.Int64
					s, err := eventing.Subscribe(t.Context(), manager, func(context.Context, order) error {
						calls.Add(1)
						time.Sleep(slow)
						return nil
					}, options...)
					require.NoError(t, err)
					if slow > 0 {
						require.NoError(t, manager.SendEvent(t.Context(), order{}))
						synctest.Wait()
						brief, cancel := context.WithCancel(t.Context())
						cancel()
						require.Error(t, s.Pause(brief))
					} else {
						require.NoError(t, s.Pause(t.Context()))
					}
					before := calls.Load()
					require.NoError(t, manager.SendEvent(t.Context(), order{}))
					begin := time.Now()
					require.NoError(t, manager.Stop(t.Context()))
					assert.Equal(t, slow, time.Since(begin))
					assert.Equal(t, before, calls.Load())
					assert.Len(t, handled.all(), 1+int(slow/time.Second), "the others are drained")
					require.ErrorIs(t, s.Resume(t.Context()), eventing.ErrClosed)
				})
			})
		}
	}
}

// The race detector looks at this, and synctest at what is left.
func TestPauseResumeAndStopAtOnce(t *testing.T) {
	t.Parallel()
	for range 100 {
		synctest.Test(t, func(t *testing.T) {
			manager := startOn(t, memory.NewBroker(), eventing.Config{Listeners: []any{ignoring()}})
			s, err := eventing.Subscribe(t.Context(), manager, noted(&recorder[int]{}))
			require.NoError(t, err)
			done := make(chan error, 8)
			for _, act := range []func() error{
				func() error { return manager.Pause(t.Context(), "orders") },
				func() error { return manager.Resume(t.Context(), "orders") },
				func() error { return s.Pause(t.Context()) },
				func() error { return s.Resume(t.Context()) },
				func() error { return s.Unsubscribe(t.Context()) },
				func() error { return manager.SendEvent(t.Context(), order{}) },
				func() error { _ = manager.Subscriptions(); return manager.Health(t.Context()) },
				func() error { return manager.Stop(t.Context()) },
			} {
				go func() { done <- act() }()
			}
			for range 8 {
				if err := <-done; err != nil && !errors.Is(err, eventing.ErrClosed) {
					require.ErrorContains(t, err, "the opposite was asked for meanwhile")
				}
			}
		})
	}
}
