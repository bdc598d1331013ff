package eventing_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// promise is a receipt that is decided by the test.
type promise struct{ outcome chan error }

func newPromise() *promise { return &promise{make(chan error, 1)} }

func (p *promise) Wait(ctx context.Context) error {
	select {
	case err := <-p.outcome:
		return err
	case <-ctx.Done():
		return errors.Join(eventing.ErrUnconfirmed, context.Cause(ctx))
	}
}

func (p *promise) decide(err error) { p.outcome <- err }

// notifying is a promise that tells when it is decided.
type notifying struct {
	promise
	f func()
}

func (n *notifying) Notify(f func()) { n.f = f }
func (n *notifying) decide(err error) {
	n.promise.decide(err)
	n.f()
}

type decider interface {
	eventing.Receipt
	decide(error)
}

// promised is a test with one kind of receipts.
type promised struct {
	*testing.T
	receipt func() decider
}

// promises runs a test with both kinds of receipts.
func promises(t *testing.T, test func(t promised)) {
	t.Helper()
	for name, receipt := range map[string]func() decider{
		"waiting":   func() decider { return newPromise() },
		"notifying": func() decider { return &notifying{promise: *newPromise()} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { test(promised{t, receipt}) })
		})
	}
}

// promising returns a manager whose sends are decided by the test, and what its
// pipeline is told.
func promising(t *testing.T, receipt func() decider, onOutcome func(error)) (*eventing.EventManager, *recorder[decider]) {
	t.Helper()
	receipts := &recorder[decider]{}
	provider := &hookedProvider{}
	provider.submit = func(context.Context, *eventing.Message) (eventing.Receipt, error) {
		made := receipt()
		receipts.add(made)
		return made, nil
	}
	manager := startOn(t, provider, eventing.Config{
		Events: []eventing.EventDefinition{eventing.EventOf[order]()},
		Pipelines: []any{&sendPipeline{send: func(p *sendPipeline, ctx context.Context, e *eventing.Envelope, d *eventing.EventDescriptor) error {
			e.OnOutcome(onOutcome)
			return p.ProceedSend(ctx, e, d)
		}}},
	})
	return manager, receipts
}

func isDone(sent *eventing.Sent) bool {
	select {
	case <-sent.Done():
		return true
	default:
		return false
	}
}

func TestSendAsyncTellsTheOutcomeLater(t *testing.T) {
	t.Parallel()
	promises(t, func(t promised) {
		var outcomes recorder[error]
		manager, receipts := promising(t.T, t.receipt, outcomes.add)
		first, second := manager.SendAsync(t.Context(), order{ID: 1}), manager.SendAsync(t.Context(), order{ID: 2})
		synctest.Wait()
		assert.False(t, isDone(first))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, first.Wait(ctx), context.DeadlineExceeded)
		assert.Empty(t, outcomes.all())

		refusal := fmt.Errorf("%w: full", eventing.ErrRejected)
		receipts.all()[1].decide(refusal)
		<-second.Done()
		assert.False(t, isDone(first), "each by itself")
		receipts.all()[0].decide(nil)
		for range 3 {
			require.NoError(t, first.Wait(t.Context()))
			require.ErrorIs(t, second.Wait(t.Context()), eventing.ErrRejected)
		}
		require.NoError(t, first.Wait(ctx), "the outcome wins over a context that is done")
		require.ErrorContains(t, second.Wait(ctx), `send event "order": eventing: rejected by the broker: full`)
		require.Len(t, outcomes.all(), 2)
		require.ErrorIs(t, outcomes.all()[0], eventing.ErrRejected)
		require.NoError(t, outcomes.all()[1])
		assert.Equal(t, eventing.Totals{Sent: 1}, manager.Stats().Totals)
	})
}

func TestSendAsyncIsToldThoughNobodyWaits(t *testing.T) {
	t.Parallel()
	promises(t, func(t promised) {
		const count = 100
		var outcomes recorder[error]
		manager, receipts := promising(t.T, t.receipt, outcomes.add)
		for i := range count {
			manager.SendAsync(t.Context(), order{ID: i})
		}
		for _, receipt := range receipts.all() {
			receipt.decide(nil)
		}
		synctest.Wait()
		assert.Len(t, outcomes.all(), count)
		assert.Equal(t, eventing.Totals{Sent: count}, manager.Stats().Totals)
	})
}

func TestSendAsyncEndsWithItsContext(t *testing.T) {
	t.Parallel()
	promises(t, func(t promised) {
		var outcomes recorder[error]
		manager, receipts := promising(t.T, t.receipt, outcomes.add)
		ctx, cancel := context.WithCancel(t.Context())
		begin := time.Now()
		cancelled, timeout := manager.SendAsync(ctx, order{}), manager.SendAsync(t.Context(), order{})
		cancel()
		err := cancelled.Wait(t.Context())
		require.ErrorIs(t, err, eventing.ErrUnconfirmed)
		require.ErrorIs(t, err, context.Canceled)
		assert.Zero(t, time.Since(begin))
		require.ErrorIs(t, timeout.Wait(t.Context()), eventing.ErrUnconfirmed)
		assert.Equal(t, 30*time.Second, time.Since(begin))
		for _, receipt := range receipts.all() {
			receipt.decide(nil) // too late
		}
		synctest.Wait()
		assert.Len(t, outcomes.all(), 2, "once for each")
		assert.Zero(t, manager.Stats().Sent)
	})
}

func TestStopEndsSendAsync(t *testing.T) {
	t.Parallel()
	promises(t, func(t promised) {
		var outcomes recorder[error]
		manager, _ := promising(t.T, t.receipt, outcomes.add)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		sent := manager.SendAsync(ctx, order{})
		require.NoError(t, manager.Stop(t.Context()))
		assert.True(t, isDone(sent), "when Stop returns")
		err := sent.Wait(t.Context())
		require.ErrorIs(t, err, eventing.ErrUnconfirmed)
		require.ErrorIs(t, err, eventing.ErrStopping)
		assert.Len(t, outcomes.all(), 1)
		require.ErrorIs(t, manager.SendAsync(ctx, order{}).Wait(ctx), eventing.ErrClosed)
	})
}

func TestAStuckOutcomeCannotHoldUpTheStop(t *testing.T) {
	t.Parallel()
	promises(t, func(t promised) {
		stuck := make(chan struct{})
		manager, receipts := promising(t.T, t.receipt, func(error) { <-stuck })
		sent := manager.SendAsync(t.Context(), order{})
		receipts.all()[0].decide(nil)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		err := manager.Stop(ctx)
		require.ErrorContains(t, err, "wait until the outcomes of SendAsync are told")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		close(stuck)
		<-sent.Done()
	})
}

// An OnOutcome that ends its goroutine doesn't keep the others from being told.
func TestSendAsyncGoesOnAfterGoexit(t *testing.T) {
	t.Parallel()
	promises(t, func(t promised) {
		manager, receipts := promising(t.T, t.receipt, func(error) { runtime.Goexit() })
		first, second := manager.SendAsync(t.Context(), order{}), manager.SendAsync(t.Context(), order{})
		for _, receipt := range receipts.all() {
			receipt.decide(nil)
		}
		require.NoError(t, first.Wait(t.Context()))
		require.NoError(t, second.Wait(t.Context()))
	})
}

func TestSendAsyncNeedsNoGoroutines(t *testing.T) { //nolint:paralleltest // counts goroutines
	manager, receipts := promising(t, func() decider { return &notifying{promise: *newPromise()} }, func(error) {})
	before := runtime.NumGoroutine()
	var all []*eventing.Sent
	for range 1000 {
		all = append(all, manager.SendAsync(t.Context(), order{}))
	}
	assert.Less(t, runtime.NumGoroutine()-before, 100)
	for _, receipt := range receipts.all() {
		receipt.decide(nil)
	}
	for _, sent := range all {
		require.NoError(t, sent.Wait(t.Context()))
	}
}

func TestSendAsyncIsHeldBackByTheProvider(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		manager := startOn(t, memory.Config{MaxMessages: 1}, eventing.Config{
			Listeners: []any{&orderListener{on: func(context.Context, order) error { <-release; return nil }}},
		})
		defer close(release)
		assert.True(t, isDone(manager.SendAsync(t.Context(), order{})), "memory confirms at once")
		begin := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		sent := manager.SendAsync(ctx, order{})
		assert.Equal(t, time.Minute, time.Since(begin), "it waits for room")
		require.ErrorIs(t, sent.Wait(t.Context()), eventing.ErrNotSent)
	})
}

func TestWhatSendAsyncRefuses(t *testing.T) {
	t.Parallel()
	manager, _ := start(t, eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[order]()}})
	sent := manager.SendAsync(t.Context(), noEvent{})
	assert.True(t, isDone(sent))
	require.ErrorIs(t, sent.Wait(t.Context()), eventing.ErrNotEvent)
	require.ErrorIs(t, manager.SendAsync(t.Context(), order{}, eventing.WithPriority(10)).Wait(t.Context()), eventing.ErrOption)

	provider, err := memory.New(memory.Config{})
	require.NoError(t, err)
	early, err := eventing.NewEventManager(provider, eventing.Config{})
	require.NoError(t, err)
	require.ErrorIs(t, early.SendAsync(t.Context(), order{}).Wait(t.Context()), eventing.ErrNotRunning)
}

// A pipeline that ends the sender's goroutine leaves nothing open.
func TestGoexitInAPipelineOfSendAsync(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		manager, _ := start(t, eventing.Config{
			Events: []eventing.EventDefinition{eventing.EventOf[order]()},
			Pipelines: []any{&sendPipeline{send: func(*sendPipeline, context.Context, *eventing.Envelope, *eventing.EventDescriptor) error {
				runtime.Goexit()
				return nil
			}}},
		})
		go manager.SendAsync(t.Context(), order{})
		synctest.Wait()
		begin := time.Now()
		require.NoError(t, manager.Stop(t.Context()))
		assert.Zero(t, time.Since(begin))
	})
}
