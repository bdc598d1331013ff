package eventing_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

func TestStopLetsAHandlerFinishAndSend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var manager *eventing.EventManager
		var handled recorder[int]
		broker := memory.NewBroker()
		manager = startOn(t, broker, eventing.Config{Listeners: []any{&orderListener{on: func(ctx context.Context, event order) error {
			time.Sleep(time.Second)
			handled.add(event.ID)
			if event.ID < 10 {
				return manager.SendEvent(ctx, order{ID: event.ID + 10})
			}
			return nil
		}}}})
		require.NoError(t, eventing.SendEvents(t.Context(), manager, []order{{ID: 1}, {ID: 2}}))
		synctest.Wait()
		begin := time.Now()
		require.NoError(t, manager.Stop(t.Context()))
		assert.Equal(t, time.Second, time.Since(begin))
		assert.Equal(t, []int{1}, handled.all())
		// What was not handled waits for the next one, uncounted.
		var attempts recorder[int]
		next := startOn(t, broker, eventing.Config{Listeners: []any{&orderListener{on: func(ctx context.Context, event order) error {
			handled.add(event.ID)
			attempts.add(eventing.EnvelopeFrom(ctx).Attempt())
			return nil
		}}}})
		synctest.Wait()
		assert.Equal(t, []int{1, 2, 11}, handled.all())
		assert.Equal(t, []int{1, 1}, attempts.all())
		assert.Zero(t, next.Stats().DeadLettered)
	})
}

func TestStopCancelsAtItsLimitAndCountsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broker := memory.NewBroker()
		var causes recorder[error]
		manager := startOn(t, broker, eventing.Config{Listeners: []any{&orderListener{on: func(ctx context.Context, _ order) error {
			<-ctx.Done()
			causes.add(context.Cause(ctx))
			return ctx.Err()
		}}}})
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		synctest.Wait()
		begin := time.Now()
		require.NoError(t, manager.Stop(t.Context()))
		assert.Equal(t, 29*time.Second, time.Since(begin), "the default limit of 30 s, less the grace of 1 s")
		require.Len(t, causes.all(), 1)
		require.ErrorIs(t, causes.all()[0], eventing.ErrStopping)
		assert.Empty(t, deadLetters(t, broker, "orders"))
		assert.Equal(t, 1, broker.Stats()[0].Messages+broker.Stats()[1].Messages, "the event is back")
	})
}

// waiter handles nothing until its context is done.
type waiter struct {
	eventing.Listener[order] `listener:"name=waiter"`
	Since                    *recorder[time.Time] `inject:""`
}

func (l *waiter) On(ctx context.Context, _ order) error {
	<-ctx.Done()
	l.Since.add(time.Now())
	return context.Cause(ctx)
}

func TestShutdownCancelsWithinTheTimeForStopping(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		env, err := environment.Boot(t.Context(), environment.Module("test",
			eventing.Module(memory.NewBroker()),
			environment.Register[waiter](),
			environment.Supply(&recorder[time.Time]{}),
		))
		require.NoError(t, err)
		require.NoError(t, environment.Get[*eventing.EventManager](env).SendEvent(t.Context(), order{}))
		synctest.Wait()
		begin := time.Now()
		require.NoError(t, env.Shutdown(context.Background()))
		cancelled := environment.Get[*recorder[time.Time]](env).all()
		require.Len(t, cancelled, 1)
		assert.Equal(t, 23*time.Second, cancelled[0].Sub(begin), "four fifths of 30 s, less the grace of 1 s")
	})
}

func TestStopReturnsThoughAHandlerIsStuck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		provider, err := memory.New(memory.Config{})
		require.NoError(t, err)
		manager, err := eventing.NewEventManager(provider, eventing.Config{
			StopTimeout: 5 * time.Second,
			Listeners: []any{&orderListener{on: func(context.Context, order) error {
				<-release
				return nil
			}}},
		})
		require.NoError(t, err)
		require.NoError(t, manager.Start(t.Context()))
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		synctest.Wait()
		begin := time.Now()
		require.ErrorContains(t, manager.Stop(t.Context()), `stop listener "orders": its handler ignores that its context is done`)
		assert.LessOrEqual(t, time.Since(begin), 5*time.Second)
		close(release)
	})
}

// flooder sends two events for each that it handles.
type flooder struct {
	eventing.Listener[order] `listener:"name=flooder"`
	Manager                  *eventing.EventManager `inject:""`
}

func (l *flooder) On(ctx context.Context, event order) error {
	for range 2 {
		if err := l.Manager.SendEvent(ctx, event); err != nil {
			return err
		}
	}
	return nil
}

func TestAListenerThatFloodsItsOwnQueueCantHoldUpTheStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		env, err := environment.Boot(t.Context(), environment.Module("test",
			eventing.Module(memory.Config{MaxMessages: 10}),
			environment.Register[flooder](),
		))
		require.NoError(t, err)
		manager := environment.Get[*eventing.EventManager](env)
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		synctest.Wait() // the queue is full and the handler blocked
		begin := time.Now()
		err = env.Shutdown(context.Background())
		assert.LessOrEqual(t, time.Since(begin), 31*time.Second)
		require.ErrorContains(t, err, "drain memory")
		assert.Zero(t, manager.Stats().DeadLettered)
	})
}

func TestMemoryDrainsOnShutdown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var handled recorder[int]
		provider, err := memory.New(memory.Config{})
		require.NoError(t, err)
		manager, err := eventing.NewEventManager(provider, eventing.Config{
			Listeners: []any{&orderListener{on: func(_ context.Context, event order) error {
				time.Sleep(time.Second)
				handled.add(event.ID)
				return nil
			}}},
		})
		require.NoError(t, err)
		require.NoError(t, manager.Start(t.Context()))
		require.NoError(t, eventing.SendEvents(t.Context(), manager, []order{{ID: 1}, {ID: 2}, {ID: 3}}))
		require.NoError(t, manager.Stop(t.Context()))
		assert.Equal(t, []int{1, 2, 3}, handled.all())
		require.NoError(t, manager.Stop(t.Context()), "a second stop does nothing")
		require.ErrorIs(t, manager.Start(t.Context()), eventing.ErrClosed)
	})
}

func TestStartStopStates(t *testing.T) {
	t.Parallel()
	provider, err := memory.New(memory.Config{})
	require.NoError(t, err)
	manager, err := eventing.NewEventManager(provider, eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[order]()}})
	require.NoError(t, err)
	require.ErrorIs(t, manager.SendEvent(t.Context(), order{}), eventing.ErrNotRunning)
	require.ErrorIs(t, manager.Health(t.Context()), eventing.ErrNotRunning)
	require.NoError(t, manager.Start(t.Context()))
	require.NoError(t, manager.Health(t.Context()))
	require.ErrorContains(t, manager.Start(t.Context()), "started before")
	require.NoError(t, manager.SendEvent(t.Context(), order{}))
	require.NoError(t, manager.Stop(t.Context()))
	require.ErrorIs(t, manager.SendEvent(t.Context(), order{}), eventing.ErrClosed)
	require.ErrorIs(t, manager.Health(t.Context()), eventing.ErrClosed)
}
