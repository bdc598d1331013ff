package eventing_test

import (
	"bytes"
	"context"
	"log/slog"
	"runtime"
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

// onceListener handles each order once, two at a time.
type onceListener struct {
	eventing.Listener[order] `listener:"name=orders,retries=2,backoff=10ms,timeout=1m,concurrency=2,once"`
	on                       func(ctx context.Context, event order) error
}

func (l *onceListener) On(ctx context.Context, event order) error { return l.on(ctx, event) }

// otherOnce is another listener to the same event.
type otherOnce struct {
	eventing.Listener[order] `listener:"name=others,once"`
	on                       func(ctx context.Context, event order) error
}

func (l *otherOnce) On(ctx context.Context, event order) error { return l.on(ctx, event) }

// failingInbox fails in its own way before it does what it should.
type failingInbox struct {
	*eventing.MemoryInbox
	seen, record func() error
}

func (b *failingInbox) Seen(ctx context.Context, queue string, id eventing.ID) (bool, error) {
	if b.seen != nil {
		if err := b.seen(); err != nil {
			return false, err
		}
	}
	return b.MemoryInbox.Seen(ctx, queue, id)
}

func (b *failingInbox) Record(ctx context.Context, queue string, id eventing.ID) error {
	if b.record != nil {
		if err := b.record(); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return b.MemoryInbox.Record(ctx, queue, id)
}

// sendAgain sends one event as often as told.
func sendAgain(t *testing.T, manager *eventing.EventManager, times int) {
	t.Helper()
	id := eventing.NewID()
	for range times {
		require.NoError(t, manager.SendEvent(t.Context(), order{ID: 1}, eventing.WithID(id)))
	}
}

func TestOnceListenersAreCalledOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls, piped recorder[string]
		var notes notes
		on := func(ctx context.Context, _ order) error {
			calls.add(eventing.EnvelopeFrom(ctx).ID().String())
			<-time.After(2 * time.Minute) // beyond its own time
			return nil
		}
		manager, _ := start(t, eventing.Config{
			Listeners: []any{&onceListener{on: on}, &otherOnce{on: on}}, Inbox: &failingInbox{MemoryInbox: eventing.NewInbox(0)},
			Pipelines: []any{&handlePipeline{handle: func(p *handlePipeline, ctx context.Context, e *eventing.Envelope, d *eventing.EventListenerDescriptor) error {
				piped.add(d.Name)
				return p.ProceedHandle(ctx, e, d)
			}}},
			Observers: []eventing.Observer{notes.observe},
		})
		sendAgain(t, manager, 3)
		time.Sleep(time.Hour)
		synctest.Wait()
		assert.Len(t, calls.all(), 2, "each listener has an inbox of its own")
		assert.ElementsMatch(t, []string{"orders", "others"}, piped.all(), "the pipelines aren't called either")
		assert.Equal(t, eventing.Totals{Sent: 3, Handled: 2, Repeated: 4}, manager.Stats().Totals)
		assert.Equal(t, eventing.ListenerStats{Handled: 1, Repeated: 2}, manager.Stats().Listeners["orders"])
		assert.Len(t, notes.all(), 3+2*2+4, "a repeated event is no attempt")
		assert.Contains(t, notes.all(), "repeated order  at orders")
	})
}

func TestFailedEventsAreNotKnown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		var works atomic.Bool
		manager, broker := start(t, eventing.Config{
			Listeners: []any{&onceListener{on: func(context.Context, order) error {
				calls.Add(1)
				if works.Load() {
					return nil
				}
				return errBroken
			}}},
			Inbox: eventing.NewInbox(0),
		})
		sendAgain(t, manager, 1)
		time.Sleep(time.Second)
		assert.Equal(t, int64(3), calls.Load())
		letters, err := eventing.DeadLetters(manager, "orders")
		require.NoError(t, err)
		works.Store(true)
		_, err = letters.Replay(t.Context(), eventing.Replay{})
		require.NoError(t, err)
		time.Sleep(time.Second)
		assert.Equal(t, int64(4), calls.Load(), "a replayed event has failed before, and runs")
		assert.Empty(t, deadLetters(t, broker, "orders"))
	})
}

func TestInboxThatFails(t *testing.T) {
	t.Parallel()
	goexit := func() error { runtime.Goexit(); return nil }
	panics := func() error { panic("inbox") }
	fails := func() error { return errBroken }
	soon := func(n int) func() error {
		return func() error {
			n--
			if n >= 0 {
				return errBroken
			}
			return nil
		}
	}
	for name, test := range map[string]struct {
		inbox  failingInbox
		calls  int // of an event that is sent twice
		reason string
		log    string
	}{
		"works":                    {failingInbox{}, 1, "", ""},
		"can't tell at first":      {failingInbox{seen: soon(2)}, 1, "", ""},
		"can't tell":               {failingInbox{seen: fails}, 0, "in the inbox: broken", ""},
		"panics when asked":        {failingInbox{seen: panics}, 0, "panic: inbox", ""},
		"ends the asker":           {failingInbox{seen: goexit}, 0, "the handler has ended its goroutine", ""},
		"can't record":             {failingInbox{record: fails}, 2, "", "error=broken"},
		"panics when it records":   {failingInbox{record: panics}, 2, "", `error="panic: inbox"`},
		"ends who has it recorded": {failingInbox{record: goexit}, 2, "", "the inbox has ended its goroutine"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var calls recorder[int]
				var log bytes.Buffer
				test.inbox.MemoryInbox = eventing.NewInbox(0)
				manager, broker := start(t, eventing.Config{
					Logger:    slog.New(slog.NewTextHandler(&log, nil)),
					Listeners: []any{&onceListener{on: func(context.Context, order) error { calls.add(1); return nil }}},
					Inbox:     &test.inbox,
				})
				sendAgain(t, manager, 2)
				time.Sleep(time.Minute)
				synctest.Wait()
				assert.Len(t, calls.all(), test.calls)
				letters := deadLetters(t, broker, "orders")
				if test.reason == "" {
					assert.Empty(t, letters)
				} else {
					require.Len(t, letters, 2)
					assert.Contains(t, header(letters[0], "aspyx_error"), test.reason)
					assert.Equal(t, "3", header(letters[0], "aspyx_attempts"), "the policy decides")
				}
				if test.log != "" {
					assert.Contains(t, log.String(), "inbox doesn't know an event that was handled")
					assert.Contains(t, log.String(), test.log)
				}
			})
		})
	}
}

// TestOneIDInHandTwice waits with the second delivery until the first has ended.
func TestOneIDInHandTwice(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		first  error
		calls  []time.Duration
		totals eventing.Totals
	}{
		"handled": {nil, []time.Duration{0}, eventing.Totals{Sent: 2, Handled: 1, Repeated: 1}},
		"failed":  {eventing.Permanent(errBroken), []time.Duration{0, time.Second}, eventing.Totals{Sent: 2, Handled: 1, DeadLettered: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var calls recorder[time.Duration]
				begin := time.Now()
				manager, _ := start(t, eventing.Config{
					Listeners: []any{&onceListener{on: func(context.Context, order) error {
						calls.add(time.Since(begin))
						if len(calls.all()) > 1 {
							return nil
						}
						time.Sleep(time.Second)
						return test.first
					}}},
					Inbox: eventing.NewInbox(0),
				})
				sendAgain(t, manager, 2)
				synctest.Wait()
				assert.Equal(t, int64(2), manager.Stats().Listeners["orders"].InFlight)
				time.Sleep(time.Minute)
				assert.Equal(t, test.calls, calls.all())
				assert.Equal(t, test.totals, manager.Stats().Totals)
			})
		})
	}
}

func TestStopWhileADeliveryWaitsForAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		manager, broker := start(t, eventing.Config{
			Listeners: []any{&onceListener{on: func(context.Context, order) error {
				time.Sleep(time.Second)
				return nil
			}}},
			Inbox: &failingInbox{MemoryInbox: eventing.NewInbox(0)},
		})
		sendAgain(t, manager, 2)
		synctest.Wait()
		require.NoError(t, manager.Stop(t.Context()))
		assert.Equal(t, eventing.ListenerStats{Handled: 1, Released: 1}, manager.Stats().Listeners["orders"])
		assert.Equal(t, 1, broker.Stats()[0].Messages+broker.Stats()[1].Messages, "the second is back")
	})
}

func TestMemoryInboxForgetsTheOldest(t *testing.T) {
	t.Parallel()
	inbox := eventing.NewInbox(2)
	seen := func(queue, id string) bool {
		seen, err := inbox.Seen(t.Context(), queue, eventing.ParseID(id))
		require.NoError(t, err)
		return seen
	}
	for _, id := range []string{"a", "b", "b", "c"} {
		require.NoError(t, inbox.Record(t.Context(), "q", eventing.ParseID(id)))
		assert.True(t, seen("q", id))
	}
	assert.False(t, seen("q", "a"))
	assert.True(t, seen("q", "b"))
	assert.False(t, seen("other", "b"))
	require.NoError(t, inbox.Record(t.Context(), "other", eventing.ParseID("b")))
	assert.False(t, seen("q", "b"), "the bound is for all listeners together")
	assert.True(t, seen("other", "b"))
}

func TestOnceNeedsAnInbox(t *testing.T) {
	t.Parallel()
	listener := &onceListener{on: func(context.Context, order) error { return nil }}
	_, err := eventing.NewEventManager(&hookedProvider{}, eventing.Config{Listeners: []any{listener}})
	require.ErrorContains(t, err, `listener "orders" has the option once, and there is no inbox`)

	inbox := environment.Provide(func() *eventing.MemoryInbox { return eventing.NewInbox(0) })
	module := func(parts ...environment.Part) environment.Part {
		return environment.Module("shop", append(parts, eventing.Module(memory.Config{}),
			environment.Provide(func() *onceListener { return listener }))...)
	}
	err = environment.Validate(module())
	require.ErrorContains(t, err, `listener "orders" has the option once, and there is no inbox`)
	err = environment.Validate(module(inbox, environment.Provide(func() *failingInbox { return nil })))
	require.ErrorContains(t, err, "eventing takes one eventing.Inbox, and there is another")

	env, err := environment.Boot(t.Context(), module(inbox))
	require.NoError(t, err)
	manager := environment.Get[*eventing.EventManager](env)
	sendAgain(t, manager, 2)
	require.NoError(t, env.Shutdown(t.Context()))
	assert.Equal(t, eventing.Totals{Sent: 2, Handled: 1, Repeated: 1}, manager.Stats().Totals)
}
