package eventing_test

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

func TestAResumeDuringAPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var handled recorder[int]
		manager, _ := start(t, eventing.Config{Listeners: []any{&orderListener{on: func(_ context.Context, event order) error {
			time.Sleep(time.Second)
			handled.add(event.ID)
			return nil
		}}}})
		require.NoError(t, eventing.SendEvents(t.Context(), manager, []order{{ID: 0}, {ID: 1}}))
		synctest.Wait()
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, manager.Pause(cancelled, "orders"), context.Canceled)
		begin := time.Now()
		require.NoError(t, manager.Resume(t.Context(), "orders"))
		assert.Equal(t, time.Second, time.Since(begin), "it is attached once more")
		time.Sleep(time.Minute)
		assert.Equal(t, []int{0, 1}, handled.all())
	})
}

func TestAResumeThatFailsLeavesThePause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var handled recorder[int]
		inner, err := memory.NewBroker().Open(eventing.Settings{})
		require.NoError(t, err)
		provider := &brokenAttach{Provider: inner}
		manager := startOn(t, provider, eventing.Config{Listeners: []any{&orderListener{on: noted(&handled)}}})
		require.NoError(t, manager.Pause(t.Context(), "orders"))
		provider.attach = errBroken
		require.ErrorIs(t, manager.Resume(t.Context(), "orders"), errBroken)
		require.ErrorIs(t, manager.Resume(t.Context(), "orders"), errBroken)
		assert.True(t, manager.Subscriptions()[0].Paused)
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		synctest.Wait()
		assert.Empty(t, handled.all())
		provider.attach = nil
		require.NoError(t, manager.Resume(t.Context(), "orders"))
		synctest.Wait()
		assert.Len(t, handled.all(), 1)
	})
}

func TestAPauseDuringAResume(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var handled recorder[int]
		provider := &counted{}
		manager := startOn(t, provider, eventing.Config{Listeners: []any{&orderListener{on: noted(&handled)}}})
		require.NoError(t, manager.Pause(t.Context(), "orders"))
		hook, release := hold(true)
		provider.attach = hook
		resumed, paused := make(chan error, 1), make(chan error, 1)
		go func() { resumed <- manager.Resume(t.Context(), "orders") }()
		synctest.Wait()
		go func() { paused <- manager.Pause(t.Context(), "orders") }()
		require.ErrorContains(t, <-resumed, "the opposite was asked for meanwhile")
		synctest.Wait()
		assert.Empty(t, paused, "the consumer isn't closed yet")
		release()
		require.NoError(t, <-paused)
		assert.Zero(t, provider.open.Load(), "consumers")
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		synctest.Wait()
		assert.Empty(t, handled.all())
		require.NoError(t, manager.Resume(t.Context(), "orders"))
		synctest.Wait()
		assert.Len(t, handled.all(), 1)
	})
}

// counted is a provider that counts its consumers.
type counted struct {
	hookedProvider
	open atomic.Int64
}

func (p *counted) Open(settings eventing.Settings) (eventing.Provider, error) {
	_, err := p.hookedProvider.Open(settings)
	return p, err
}

func (p *counted) Attach(ctx context.Context, queue eventing.Queue, prefetch int) (eventing.Consumer, error) {
	consumer, err := p.hookedProvider.Attach(ctx, queue, prefetch)
	if err == nil {
		p.open.Add(1)
	}
	return &countedConsumer{consumer, p, sync.Once{}}, err
}

type countedConsumer struct {
	eventing.Consumer
	provider *counted
	once     sync.Once
}

func (c *countedConsumer) Close(ctx context.Context) error {
	c.once.Do(func() { c.provider.open.Add(-1) })
	return c.Consumer.Close(ctx)
}

func TestAResumeThatComesTooLateIsClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := &counted{}
		_, err := provider.Open(eventing.Settings{})
		require.NoError(t, err)
		manager, err := eventing.NewEventManager(provider, eventing.Config{
			Listeners: []any{ignoring()}, StopTimeout: time.Second, Logger: slog.New(slog.DiscardHandler),
		})
		require.NoError(t, err)
		require.NoError(t, manager.Start(t.Context()))
		require.NoError(t, manager.Pause(t.Context(), "orders"))
		hook, release := hold(true)
		provider.attach = hook
		require.ErrorIs(t, manager.Resume(t.Context(), "orders"), context.DeadlineExceeded)
		require.Error(t, manager.Stop(t.Context()))
		release()
		synctest.Wait()
		assert.Zero(t, provider.open.Load())
	})
}

func TestAStopEndsAResumeAsClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := &hookedProvider{}
		manager := startOn(t, provider, eventing.Config{Listeners: []any{ignoring()}})
		require.NoError(t, manager.Pause(t.Context(), "orders"))
		provider.attach, _ = hold(false)
		resumed := make(chan error, 1)
		go func() { resumed <- manager.Resume(t.Context(), "orders") }()
		synctest.Wait()
		require.NoError(t, manager.Stop(t.Context()))
		require.ErrorIs(t, <-resumed, eventing.ErrClosed)
	})
}
