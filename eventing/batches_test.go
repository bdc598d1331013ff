package eventing_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

func TestABodyThatCantBeDecodedHoldsUpNoBatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls recorder[seen]
		manager, broker := start(t, eventing.Config{Listeners: []any{&trio{batchHandler: noting(&calls, nil)}}})
		for _, body := range []string{`{"ID":0}`, `{`, `{"ID":1}`, `{"ID":2}`} {
			submit(t, broker, &eventing.Message{ID: eventing.NewID(), Body: []byte(body)})
		}
		synctest.Wait()
		assert.Equal(t, []seen{{[]int{0, 1, 2}, 0}}, calls.all())
		assert.Equal(t, eventing.Totals{Handled: 3, DeadLettered: 1}, manager.Stats().Totals)
		letters := deadLetters(t, broker, "crowd")
		require.Len(t, letters, 1)
		assert.Equal(t, "{", string(letters[0].Body))
	})
}

func TestTheEnvelopesOfABatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var manager *eventing.EventManager
		var causes recorder[eventing.ID]
		calls := 0
		manager, _ = start(t, eventing.Config{Listeners: []any{
			&trio{batchHandler: batchHandler{func(ctx context.Context, events []order) error {
				calls++
				envelopes := eventing.EnvelopesFrom(ctx)
				assert.Len(t, envelopes, len(events))
				for i, event := range events {
					assert.Equal(t, fmt.Sprint(event.ID), envelopes[i].Get("number"))
				}
				assert.Nil(t, eventing.EnvelopeFrom(ctx))
				return manager.SendEvent(ctx, news{})
			}}},
			&newsListener{on: func(ctx context.Context) error {
				causes.add(eventing.EnvelopeFrom(ctx).CausationID())
				assert.Nil(t, eventing.EnvelopesFrom(ctx))
				return nil
			}},
		}})
		for id := range 5 {
			require.NoError(t, manager.SendEvent(t.Context(), order{ID: id}, eventing.WithHeader("number", fmt.Sprint(id))))
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Equal(t, 2, calls)
		assert.Equal(t, []eventing.ID{{}, {}}, causes.all(), "no single cause")
		assert.Nil(t, eventing.EnvelopesFrom(t.Context()))
	})
}

type newsListener struct {
	eventing.Listener[news]
	on func(ctx context.Context) error
}

func (l *newsListener) On(ctx context.Context, _ news) error { return l.on(ctx) }

// TestTheTimeoutOfABatchIsThatOfOn, and not that of waiting for it.
func TestTheTimeoutOfABatchIsThatOfOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls recorder[seen]
		begin := time.Now()
		var cancelled time.Duration
		watch := &handlePipeline{handle: func(p *handlePipeline, ctx context.Context, e *eventing.Envelope, d *eventing.EventListenerDescriptor) error {
			err := p.ProceedHandle(ctx, e, d)
			assert.NoError(t, ctx.Err())
			return err
		}}
		manager, broker := start(t, eventing.Config{Pipelines: []any{watch}, Listeners: []any{&slowHundred{batchHandler: noting(&calls, func(ctx context.Context, _ []order) error {
			<-ctx.Done()
			cancelled = time.Since(begin)
			return context.Cause(ctx)
		})}}})
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		assert.Equal(t, []seen{{[]int{0}, time.Hour}}, calls.all())
		assert.Equal(t, time.Hour+5*time.Second, cancelled)
		assert.Contains(t, header(deadLetters(t, broker, "crowd")[0], "aspyx_error"), "listener timeout")
	})
}

// TestAPauseTakesNoPlaceInABatch, and is the one that was asked for.
func TestAPauseTakesNoPlaceInABatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls recorder[seen]
		policy := eventing.Policy{Retries: 2, Backoff: time.Second}
		manager, _ := start(t, eventing.Config{Listeners: []any{&trio{batchHandler: noting(&calls, func(ctx context.Context, events []order) error {
			failed := &eventing.BatchError{Errors: map[int]error{}}
			for i, e := range eventing.EnvelopesFrom(ctx) {
				if events[i].ID == 0 && e.Attempt() < 3 {
					failed.Errors[i] = errBroken
				}
			}
			if len(calls.all()) == 1 {
				return failed
			}
			return eventing.RetryAfter(failed, time.Minute)
		})}}, Policies: []eventing.ListenerPolicy{eventing.PolicyFor[trio](policy)}})
		require.NoError(t, eventing.SendEvents(t.Context(), manager, orders(3)))
		time.Sleep(500 * time.Millisecond)
		require.NoError(t, eventing.SendEvents(t.Context(), manager, []order{{ID: 3}, {ID: 4}, {ID: 5}}))
		time.Sleep(time.Hour)
		assert.Equal(t, []seen{
			{[]int{0, 1, 2}, 0}, {[]int{3, 4, 5}, 500 * time.Millisecond}, {[]int{0}, 2 * time.Second}, {[]int{0}, 63 * time.Second},
		}, calls.all())
	})
}

// TestConcurrencyIsThatOfBatches: no more events than those are in their hands.
func TestConcurrencyIsThatOfBatches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls recorder[seen]
		var atOnce, inHand atomic.Int32
		watch := &handlePipeline{handle: func(p *handlePipeline, ctx context.Context, e *eventing.Envelope, d *eventing.EventListenerDescriptor) error {
			assert.LessOrEqual(t, inHand.Add(1), int32(6))
			defer inHand.Add(-1)
			return p.ProceedHandle(ctx, e, d)
		}}
		manager, _ := start(t, eventing.Config{Pipelines: []any{watch}, Listeners: []any{&trios{batchHandler: noting(&calls, func(context.Context, []order) error {
			assert.LessOrEqual(t, atOnce.Add(1), int32(2))
			defer atOnce.Add(-1)
			time.Sleep(time.Minute)
			return nil
		})}}})
		require.NoError(t, eventing.SendEvents(t.Context(), manager, orders(12)))
		time.Sleep(time.Hour)
		var times []time.Duration
		for _, call := range calls.all() {
			assert.Len(t, call.ids, 3)
			times = append(times, call.at)
		}
		assert.Equal(t, []time.Duration{0, 0, time.Minute, time.Minute}, times)
	})
}

func TestABatchTakesEventsWhileItWaitsForItsTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls recorder[seen]
		manager, _ := start(t, eventing.Config{Listeners: []any{&hundred{batchHandler: noting(&calls, func(context.Context, []order) error {
			time.Sleep(10 * time.Second)
			return nil
		})}}})
		for id := range 4 {
			require.NoError(t, manager.SendEvent(t.Context(), order{ID: id}))
			time.Sleep(3 * time.Second)
		}
		time.Sleep(time.Hour)
		assert.Equal(t, []seen{{[]int{0}, time.Second}, {[]int{1, 2, 3}, 11 * time.Second}}, calls.all())
	})
}

// TestAStopCancelsBatches at its limit: what is handled, and what waits for its
// turn.
func TestAStopCancelsBatches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls recorder[seen]
		broker := memory.NewBroker()
		manager := startOn(t, broker, eventing.Config{Listeners: []any{&hundred{batchHandler: noting(&calls, func(ctx context.Context, _ []order) error {
			<-ctx.Done()
			return context.Cause(ctx)
		})}}})
		require.NoError(t, manager.SendEvent(t.Context(), order{ID: 0}))
		time.Sleep(5 * time.Second)
		require.NoError(t, manager.SendEvent(t.Context(), order{ID: 1}))
		time.Sleep(5 * time.Second)
		begin := time.Now()
		require.NoError(t, manager.Stop(t.Context()))
		assert.Equal(t, 29*time.Second, time.Since(begin))
		assert.Len(t, calls.all(), 1)
		assert.Equal(t, eventing.Totals{Sent: 2}, manager.Stats().Totals, "both are back")
		assert.Empty(t, deadLetters(t, broker, "crowd"))
	})
}

// TestSuspectsAreBatchesOfOne, and don't wait for others.
func TestSuspectsAreBatchesOfOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broker := memory.NewBroker()
		leaveUnsettled(t, broker, 2, 2)
		var calls recorder[seen]
		manager := startOn(t, broker, eventing.Config{Listeners: []any{&trio{batchHandler: noting(&calls, nil)}}})
		synctest.Wait()
		assert.Equal(t, []seen{{[]int{0}, 0}, {[]int{1}, 0}}, calls.all())
		require.NoError(t, eventing.SendEvents(t.Context(), manager, []order{{ID: 2}, {ID: 3}, {ID: 4}, {ID: 5}}))
		synctest.Wait()
		assert.Equal(t, []seen{{[]int{2}, 0}, {[]int{3, 4, 5}, 0}}, calls.all()[2:])
	})
}

// bookings is a keyed listener of batches.
type bookings struct {
	eventing.BatchListener[booking] `listener:"name=ledger,size=3"`
	on                              func(events []booking) error
}

func (l *bookings) On(_ context.Context, events []booking) error { return l.on(events) }

func TestABatchHasOneEventOfAKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls recorder[map[string]int]
		failed := false
		manager, _ := start(t, eventing.Config{Listeners: []any{&bookings{on: func(events []booking) error {
			batch, errs := map[string]int{}, map[int]error{}
			for i, event := range events {
				assert.NotContains(t, batch, event.Account)
				batch[event.Account] = event.Number
				if event == entry("a", 1) && !failed {
					failed, errs[i] = true, errBroken
				}
			}
			calls.add(batch)
			return &eventing.BatchError{Errors: errs}
		}}}})
		book(t, manager, entry("a", 1), entry("a", 2), entry("b", 1), entry("c", 1), entry("b", 2), entry("c", 2))
		time.Sleep(time.Minute)
		assert.Equal(t, []map[string]int{{"a": 1, "b": 1, "c": 1}, {"a": 1, "b": 2, "c": 2}, {"a": 2}}, calls.all())
		assert.Equal(t, eventing.Totals{Sent: 6, Handled: 6, Retried: 1}, manager.Stats().Totals)
	})
}

// archive is a batch listener of a container.
type archive struct {
	eventing.BatchListener[order] `listener:"size=2"`
	Calls                         *recorder[int] `inject:""`
}

func (l *archive) On(_ context.Context, events []order) error {
	l.Calls.add(len(events))
	return nil
}

func TestABatchListenerInAContainer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		env, err := environment.Boot(t.Context(), environment.Module("test",
			eventing.Module(memory.Config{}), environment.Register[archive](), environment.Supply(&recorder[int]{})))
		require.NoError(t, err)
		require.NoError(t, eventing.SendEvents(t.Context(), environment.Get[*eventing.EventManager](env), orders(3)))
		require.NoError(t, env.Shutdown(context.Background()))
		assert.Equal(t, []int{2, 1}, environment.Get[*recorder[int]](env).all())
	})
}
