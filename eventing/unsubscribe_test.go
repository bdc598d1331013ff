package eventing_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

func TestUnsubscribeRemovesTheQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		manager, broker := start(t, eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[order]()}})
		var handled recorder[int]
		s, err := eventing.Subscribe(t.Context(), manager, func(_ context.Context, event order) error {
			time.Sleep(time.Second)
			handled.add(event.ID)
			return nil
		}, eventing.As("audit"))
		require.NoError(t, err)
		require.ErrorContains(t, subscribeTo(t, manager, noted(&handled), eventing.As("audit")), `two listeners are named "audit"`)
		require.NoError(t, eventing.SendEvents(t.Context(), manager, []order{{ID: 1}, {ID: 2}}))
		synctest.Wait()
		begin := time.Now()
		second := make(chan error, 1)
		go func() {
			second <- s.Unsubscribe(t.Context())
			assert.Equal(t, time.Second, time.Since(begin), "it waits for the first")
		}()
		require.NoError(t, s.Unsubscribe(t.Context()))
		require.NoError(t, <-second)
		assert.Equal(t, time.Second, time.Since(begin))
		assert.Equal(t, []int{1}, handled.all())
		assert.Empty(t, queues(broker))
		assert.Equal(t, "audit", s.Info().Name)
		require.NoError(t, s.Unsubscribe(t.Context()))
		require.NoError(t, subscribeTo(t, manager, noted(&handled), eventing.As("audit")), "the name is free")
		synctest.Wait()
		assert.Equal(t, []int{1}, handled.all())
	})
}

func TestUnsubscribeCanKeepTheQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		manager, broker := start(t, eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[order]()}})
		var handled, attempts recorder[int]
		note := func(ctx context.Context, event order) error {
			handled.add(event.ID)
			attempts.add(eventing.EnvelopeFrom(ctx).Attempt())
			time.Sleep(time.Second)
			return nil
		}
		s, err := eventing.Subscribe(t.Context(), manager, note, eventing.As("audit"))
		require.NoError(t, err)
		require.NoError(t, eventing.SendEvents(t.Context(), manager, []order{{ID: 1}, {ID: 2}}))
		synctest.Wait()
		require.NoError(t, s.Unsubscribe(t.Context(), eventing.KeepQueue()))
		require.NoError(t, manager.SendEvent(t.Context(), order{ID: 3}))
		assert.Equal(t, []string{"audit"}, queues(broker))
		_, err = eventing.Subscribe(t.Context(), manager, note, eventing.As("audit"))
		require.NoError(t, err)
		time.Sleep(time.Minute)
		assert.Equal(t, []int{1, 2, 3}, handled.all())
		assert.Equal(t, []int{1, 1, 1}, attempts.all())

		for _, options := range [][]eventing.SubscribeOption{nil, {eventing.As("each"), eventing.PerProcess()}} {
			brief, err := eventing.SubscribeName(t.Context(), manager, "other", func(context.Context, *eventing.Envelope) error { return nil }, options...)
			require.NoError(t, err)
			require.ErrorContains(t, brief.Unsubscribe(t.Context(), eventing.KeepQueue()), "can't be kept")
			assert.Len(t, manager.Subscriptions(), 2, "nothing has happened")
			require.NoError(t, brief.Unsubscribe(t.Context()))
		}
	})
}

func TestUnsubscribeCancelsAtItsLimitAndCountsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		manager, broker := start(t, eventing.Config{StopTimeout: 10 * time.Second, Events: []eventing.EventDefinition{eventing.EventOf[order]()}})
		var causes recorder[error]
		s, err := eventing.Subscribe(t.Context(), manager, func(ctx context.Context, _ order) error {
			<-ctx.Done()
			causes.add(context.Cause(ctx))
			return ctx.Err()
		}, eventing.As("audit"), eventing.FailurePolicy(eventing.Policy{}))
		require.NoError(t, err)
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		synctest.Wait()
		begin := time.Now()
		require.NoError(t, s.Unsubscribe(t.Context(), eventing.KeepQueue()))
		assert.Equal(t, 9*time.Second, time.Since(begin), "the limit, less the grace of 1 s")
		require.Len(t, causes.all(), 1)
		require.ErrorIs(t, causes.all()[0], eventing.ErrStopping)
		assert.Empty(t, deadLetters(t, broker, "audit"))
		assert.Equal(t, eventing.ListenerStats{Released: 1}, s.Info().Stats)
		var attempts recorder[int]
		require.NoError(t, subscribeTo(t, manager, func(ctx context.Context, _ order) error {
			attempts.add(eventing.EnvelopeFrom(ctx).Attempt())
			return nil
		}, eventing.As("audit")))
		synctest.Wait()
		assert.Equal(t, []int{1}, attempts.all())
	})
}

func TestUnsubscribeReturnsThoughAHandlerIsStuck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		manager, broker := start(t, eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[order]()}})
		release := make(chan struct{})
		s, err := eventing.Subscribe(t.Context(), manager, func(context.Context, order) error { <-release; return nil }, eventing.As("audit"))
		require.NoError(t, err)
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		synctest.Wait()
		brief, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorContains(t, s.Unsubscribe(brief), `its handler ignores that its context is done`)
		assert.Empty(t, manager.Subscriptions(), "it has ended all the same")
		require.NoError(t, subscribeTo(t, manager, noted(&recorder[int]{}), eventing.As("audit")))
		close(release)
		synctest.Wait()
		assert.Equal(t, []string{"audit"}, queues(broker))
	})
}

func TestUnsubscribeByItsOwnHandler(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		manager, _ := start(t, eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[order]()}})
		var s *eventing.Subscription
		errs, own := make(chan error, 1), make(chan error, 1)
		var err error
		s, err = eventing.Subscribe(t.Context(), manager, func(ctx context.Context, _ order) error {
			derived, cancel := context.WithCancel(ctx)
			defer cancel()
			own <- s.Unsubscribe(derived)
			go func() { errs <- s.Unsubscribe(t.Context()) }() //nolint:contextcheck // not the handler's: that is the point
			return nil
		}, eventing.FailurePolicy(eventing.Policy{Timeout: time.Second}))
		require.NoError(t, err)
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		require.ErrorIs(t, <-own, eventing.ErrOwnHandler)
		require.NoError(t, <-errs)
		assert.Empty(t, manager.Subscriptions())
	})
}

// removing is a provider whose Remove fails.
type removing struct {
	eventing.Provider
	err error
}

func (p *removing) Open(eventing.Settings) (eventing.Provider, error) { return p, nil }

func (p *removing) Remove(context.Context, eventing.Queue) error { return p.err }

func TestUnsubscribeWhereTheQueueStays(t *testing.T) {
	t.Parallel()
	inner, err := memory.NewBroker().Open(eventing.Settings{})
	require.NoError(t, err)
	provider := &removing{inner, errors.ErrUnsupported}
	manager := startOn(t, provider, eventing.Config{})
	for _, options := range [][]eventing.SubscribeOption{nil, {eventing.As("audit")}} {
		s, err := eventing.Subscribe(t.Context(), manager, noted(&recorder[int]{}), options...)
		require.NoError(t, err)
		require.ErrorIs(t, s.Unsubscribe(t.Context()), errors.ErrUnsupported)
		assert.Empty(t, manager.Subscriptions(), "it has ended all the same")
		require.NoError(t, s.Unsubscribe(t.Context()))
	}
	s, err := eventing.Subscribe(t.Context(), manager, noted(&recorder[int]{}), eventing.As("audit"))
	require.NoError(t, err)
	require.NoError(t, s.Unsubscribe(t.Context(), eventing.KeepQueue()))
}

func TestUnsubscribeLeavesToOthersWhatTheyUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		manager, broker := start(t, eventing.Config{})
		other := startOn(t, broker, eventing.Config{})
		var handled recorder[int]
		subscribe := func(m *eventing.EventManager, options ...eventing.SubscribeOption) *eventing.Subscription {
			s, err := eventing.Subscribe(t.Context(), m, noted(&handled), options...)
			require.NoError(t, err)
			return s
		}
		mine, theirs := subscribe(manager, eventing.As("audit")), subscribe(other, eventing.As("audit"))
		require.NoError(t, mine.Unsubscribe(t.Context()))
		require.NoError(t, manager.SendEvent(t.Context(), order{ID: 1}))
		synctest.Wait()
		assert.Equal(t, []int{1}, handled.all())
		require.NoError(t, theirs.Unsubscribe(t.Context()))
		assert.Empty(t, queues(broker))

		one := subscribe(manager, eventing.As("one"), eventing.InGroup("crew"))
		two := subscribe(manager, eventing.As("two"), eventing.InGroup("crew"))
		require.NoError(t, two.Pause(t.Context())) // its queue has no consumer then
		require.NoError(t, one.Unsubscribe(t.Context()))
		require.NoError(t, manager.SendEvent(t.Context(), order{ID: 2}))
		require.NoError(t, two.Resume(t.Context()))
		synctest.Wait()
		assert.Equal(t, []int{1, 2}, handled.all())
		require.NoError(t, two.Unsubscribe(t.Context()))
		assert.Empty(t, queues(broker))
	})
}
