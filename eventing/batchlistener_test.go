package eventing_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// The batch listeners of the tests.
type (
	trio struct {
		eventing.BatchListener[order] `listener:"name=crowd,size=3,retries=2,backoff=10ms"`
		batchHandler
	}
	trios struct {
		eventing.BatchListener[order] `listener:"name=crowd,size=3,concurrency=2"`
		batchHandler
	}
	hundred struct {
		eventing.BatchListener[order] `listener:"name=crowd,retries=0"`
		batchHandler
	}
	slowHundred struct {
		eventing.BatchListener[order] `listener:"name=crowd,age=1h,timeout=5s,retries=0"`
		batchHandler
	}
)

type batchHandler struct {
	on func(ctx context.Context, events []order) error
}

func (h batchHandler) On(ctx context.Context, events []order) error { return h.on(ctx, events) }

var _ eventing.BatchHandler[order] = (*trio)(nil)

// seen is one call of a batch listener: the ids of its events, and when.
type seen struct {
	ids []int
	at  time.Duration
}

// noting has a recorder see the batches before on does.
func noting(r *recorder[seen], on func(ctx context.Context, events []order) error) batchHandler {
	begin := time.Now()
	return batchHandler{func(ctx context.Context, events []order) error {
		r.add(seen{idsOf(events), time.Since(begin)})
		if on == nil {
			return nil
		}
		return on(ctx, events)
	}}
}

func idsOf(events []order) []int {
	var ids []int
	for _, event := range events {
		ids = append(ids, event.ID)
	}
	slices.Sort(ids)
	return ids
}

func orders(n int) []order {
	events := make([]order, n)
	for i := range events {
		events[i].ID = i
	}
	return events
}

func TestABatchIsHandedOverWhenItIsFullOrOld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls recorder[seen]
		manager, _ := start(t, eventing.Config{Listeners: []any{&trio{batchHandler: noting(&calls, nil)}}})
		require.NoError(t, eventing.SendEvents(t.Context(), manager, orders(7)))
		time.Sleep(time.Minute)
		all := calls.all()
		require.Len(t, all, 3)
		assert.Equal(t, []time.Duration{0, 0, time.Second}, []time.Duration{all[0].at, all[1].at, all[2].at})
		assert.Equal(t, []int{3, 3, 1}, []int{len(all[0].ids), len(all[1].ids), len(all[2].ids)})
		assert.Equal(t, eventing.Totals{Sent: 7, Handled: 7}, manager.Stats().Totals)
	})
}

// TestTheAgeOfABatchIsThatOfItsFirstEvent, and not the time since its last one.
func TestTheAgeOfABatchIsThatOfItsFirstEvent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls recorder[seen]
		manager, _ := start(t, eventing.Config{Listeners: []any{&hundred{batchHandler: noting(&calls, nil)}}})
		for id := range 6 {
			require.NoError(t, manager.SendEvent(t.Context(), order{ID: id}))
			time.Sleep(400 * time.Millisecond)
		}
		time.Sleep(time.Minute)
		assert.Equal(t, []seen{{[]int{0, 1, 2}, time.Second}, {[]int{3, 4, 5}, 2200 * time.Millisecond}}, calls.all())
	})
}

// TestAStopHandsOverABatchAtOnce, on a broker that lives on, and on one that is
// drained.
func TestAStopHandsOverABatchAtOnce(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		source func() eventing.Source
		wait   time.Duration
	}{
		"shared":  {func() eventing.Source { return memory.NewBroker() }, 0},
		"drained": {func() eventing.Source { return memory.Config{} }, 10 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var calls recorder[seen]
				manager := startOn(t, test.source(), eventing.Config{Listeners: []any{&slowHundred{batchHandler: noting(&calls, func(context.Context, []order) error {
					time.Sleep(time.Second)
					return nil
				})}}})
				require.NoError(t, eventing.SendEvents(t.Context(), manager, orders(5)))
				time.Sleep(time.Minute)
				require.Empty(t, calls.all())
				begin := time.Now()
				require.NoError(t, manager.Stop(t.Context()))
				assert.Equal(t, time.Second+test.wait, time.Since(begin))
				assert.Equal(t, []seen{{[]int{0, 1, 2, 3, 4}, time.Minute + test.wait}}, calls.all())
				assert.Equal(t, eventing.Totals{Sent: 5, Handled: 5}, manager.Stats().Totals)
			})
		})
	}
}

// TestAPipelineSeesTheOutcomeOfItsOwnEvent, though the events are handled
// together.
func TestAPipelineSeesTheOutcomeOfItsOwnEvent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var proceeded, told recorder[string]
		watch := &handlePipeline{handle: func(p *handlePipeline, ctx context.Context, e *eventing.Envelope, d *eventing.EventListenerDescriptor) error {
			text := func(err error) string { return fmt.Sprintf("%s/%d: %s", e.Get("number"), e.Attempt(), errorText(err)) }
			e.OnOutcome(func(err error) { told.add(text(err)) })
			err := p.ProceedHandle(ctx, e, d)
			proceeded.add(text(err))
			return err
		}}
		manager, broker := start(t, eventing.Config{Pipelines: []any{watch}, Listeners: []any{&trio{batchHandler: batchHandler{
			func(ctx context.Context, events []order) error {
				failed := map[int]error{}
				for i, event := range events {
					switch {
					case event.ID == 1 && eventing.EnvelopesFrom(ctx)[i].Attempt() == 1:
						failed[i] = errBroken
					case event.ID == 2:
						failed[i] = eventing.Permanent(errors.New("never"))
					}
				}
				return &eventing.BatchError{Errors: failed}
			},
		}}}})
		for id := range 3 {
			require.NoError(t, manager.SendEvent(t.Context(), order{ID: id}, eventing.WithHeader("number", fmt.Sprint(id))))
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		want := []string{"0/1: ", "1/1: broken", "1/2: ", "2/1: never"}
		assert.ElementsMatch(t, want, proceeded.all())
		assert.ElementsMatch(t, want, told.all())
		assert.Equal(t, eventing.Totals{Sent: 3, Handled: 2, Retried: 1, DeadLettered: 1}, manager.Stats().Totals)
		letters := deadLetters(t, broker, "crowd")
		require.Len(t, letters, 1)
		assert.JSONEq(t, `{"ID":2}`, string(letters[0].Body))
		assert.Equal(t, "never", header(letters[0], "aspyx_error"))
		assert.Equal(t, "*errors.errorString", header(letters[0], "aspyx_error_type"))
		assert.Equal(t, "1", header(letters[0], "aspyx_attempts"))
	})
}

// TestAnEventThatIsTriedAgainJoinsALaterBatch, and is dead-lettered by itself.
func TestAnEventThatIsTriedAgainJoinsALaterBatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls recorder[seen]
		manager, broker := start(t, eventing.Config{Listeners: []any{&trio{batchHandler: noting(&calls, func(_ context.Context, events []order) error {
			i := slices.Index(events, order{ID: 1})
			if i < 0 {
				return nil
			}
			return &eventing.BatchError{Errors: map[int]error{i: errBroken}}
		})}}})
		require.NoError(t, eventing.SendEvents(t.Context(), manager, orders(3)))
		time.Sleep(500 * time.Millisecond)
		require.NoError(t, eventing.SendEvents(t.Context(), manager, []order{{ID: 3}, {ID: 4}}))
		time.Sleep(time.Minute)
		assert.Equal(t, []seen{
			{[]int{0, 1, 2}, 0},
			{[]int{1, 3, 4}, 500 * time.Millisecond},
			{[]int{1}, 1520 * time.Millisecond}, // 20 ms later, and a second old
		}, calls.all())
		letters := deadLetters(t, broker, "crowd")
		require.Len(t, letters, 1)
		assert.Equal(t, "3", header(letters[0], "aspyx_attempts"))
		assert.Equal(t, eventing.Totals{Sent: 5, Handled: 4, Retried: 2, DeadLettered: 1}, manager.Stats().Totals)
	})
}

func TestWhatABatchListenerReturns(t *testing.T) {
	t.Parallel()
	one := &eventing.BatchError{Errors: map[int]error{1: errBroken, 2: nil}}
	var none *eventing.BatchError
	for name, test := range map[string]struct {
		on      func() error
		failed  int
		text    string
		handled uint64
	}{
		"nil":                         {func() error { return nil }, 0, "", 3},
		"an error":                    {func() error { return errBroken }, 3, "broken", 0},
		"some":                        {func() error { return one }, 1, "broken", 2},
		"some, wrapped":               {func() error { return fmt.Errorf("insert: %w", one) }, 1, "broken", 2},
		"some, for good":              {func() error { return eventing.Permanent(eventing.RetryAfter(one, time.Second)) }, 1, "broken", 2},
		"some, and all":               {func() error { return errors.Join(one, errors.New("commit")) }, 3, "event 1: broken; event 2: <nil>\ncommit", 0},
		"an empty BatchError":         {func() error { return &eventing.BatchError{} }, 0, "", 3},
		"a BatchError that is nil":    {func() error { return none }, 0, "", 3},
		"an index beyond the batch":   {func() error { return &eventing.BatchError{Errors: map[int]error{3: errBroken}} }, 3, "the BatchError has the index 3, and the batch the events 0 to 2", 0},
		"an index that can't be":      {func() error { return &eventing.BatchError{Errors: map[int]error{-1: errBroken}} }, 3, "the BatchError has the index -1", 0},
		"a panic":                     {func() error { panic("oh no") }, 3, "panic: oh no", 0},
		"runtime.Goexit":              {func() error { runtime.Goexit(); return nil }, 3, "runtime.Goexit", 0},
		"an error of a whole batch":   {func() error { return eventing.Permanent(errBroken) }, 3, "broken", 0},
		"an error that is over later": {func() error { return eventing.RetryAfter(errBroken, time.Minute) }, 3, "broken", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				manager, broker := start(t, eventing.Config{Listeners: []any{&trio{batchHandler: batchHandler{
					func(context.Context, []order) error { return test.on() },
				}}}, Policies: []eventing.ListenerPolicy{eventing.PolicyFor[trio](eventing.Policy{})}})
				require.NoError(t, eventing.SendEvents(t.Context(), manager, orders(3)))
				time.Sleep(time.Minute)
				synctest.Wait()
				letters := deadLetters(t, broker, "crowd")
				require.Len(t, letters, test.failed)
				for _, letter := range letters {
					assert.Contains(t, header(letter, "aspyx_error"), test.text)
				}
				assert.Equal(t, test.handled, manager.Stats().Handled)
				// The listener works on.
				require.NoError(t, eventing.SendEvents(t.Context(), manager, orders(3)))
				time.Sleep(time.Minute)
				assert.Equal(t, 2*test.handled, manager.Stats().Handled)
			})
		})
	}
	require.ErrorIs(t, one, errBroken)
}
