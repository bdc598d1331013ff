package eventing_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// describe says what an observation tells, but not how long a send took.
func describe(observation eventing.Observation) string {
	of := func(d eventing.Delivered) string {
		return fmt.Sprintf("%s %s at %s", d.Envelope.EventName(), d.Envelope.Get("key"), d.Listener.Name)
	}
	switch o := observation.(type) {
	case *eventing.EventSent:
		return fmt.Sprint("sent ", o.Event.Name, " ", o.Envelope.Get("key"), ": ", o.Err)
	case *eventing.AttemptEnded:
		return fmt.Sprint("attempt ", o.Envelope.Attempt(), " of ", of(o.Delivered), " after ", o.Took, ": ", o.Err)
	case *eventing.EventHandled:
		return "handled " + of(o.Delivered)
	case *eventing.EventDropped:
		return "dropped " + of(o.Delivered)
	case *eventing.EventRetried:
		return fmt.Sprint("retried ", of(o.Delivered), " in place ", o.InPlace, " after ", o.After, ": ", o.Err)
	case *eventing.EventDeadLettered:
		return fmt.Sprint("dead-lettered ", of(o.Delivered), " after ", o.Attempts, ": ", o.Err)
	case *eventing.EventRepeated:
		return "repeated " + of(o.Delivered)
	case *eventing.EventReleased:
		return "released " + of(o.Delivered)
	}
	return fmt.Sprintf("%T", observation)
}

// notes is an observer that writes down what it is told.
type notes struct{ recorder[string] }

func (n *notes) observe(_ context.Context, observation eventing.Observation) {
	n.add(describe(observation))
}

func TestObserversAreToldWhatBecomesOfAnEvent(t *testing.T) {
	t.Parallel()
	later := eventing.PolicyFor[orderListener](eventing.Policy{Retries: 1, Backoff: time.Minute, InPlace: -1})
	for name, test := range map[string]struct {
		on       func(attempt int) error
		policies []eventing.ListenerPolicy
		handle   func(*handlePipeline, context.Context, *eventing.Envelope, *eventing.EventListenerDescriptor) error
		told     []string
		totals   eventing.Totals
		listener eventing.ListenerStats
	}{
		"handled": {
			on:       func(int) error { return nil },
			told:     []string{"attempt 1 of order k at orders after 1s: <nil>", "handled order k at orders"},
			totals:   eventing.Totals{Sent: 1, Handled: 1},
			listener: eventing.ListenerStats{Handled: 1},
		},
		"failed in place": {
			on: func(int) error { return errBroken },
			told: []string{
				"attempt 1 of order k at orders after 1s: broken",
				"retried order k at orders in place true after 10ms: broken",
				"attempt 2 of order k at orders after 1s: broken",
				"retried order k at orders in place true after 20ms: broken",
				"attempt 3 of order k at orders after 1s: broken",
				"dead-lettered order k at orders after 3: broken",
			},
			totals:   eventing.Totals{Sent: 1, Retried: 2, DeadLettered: 1},
			listener: eventing.ListenerStats{Failed: 3, Retried: 2, DeadLettered: 1},
		},
		"failed once, and handled later": {
			on: func(attempt int) error {
				if attempt == 1 {
					return errBroken
				}
				return nil
			},
			policies: []eventing.ListenerPolicy{later},
			told: []string{
				"attempt 1 of order k at orders after 1s: broken",
				"retried order k at orders in place false after 1m0s: broken",
				"attempt 2 of order k at orders after 1s: <nil>",
				"handled order k at orders",
			},
			totals:   eventing.Totals{Sent: 1, Retried: 1, Handled: 1},
			listener: eventing.ListenerStats{Failed: 1, Retried: 1, Handled: 1},
		},
		"dropped": {
			handle: func(*handlePipeline, context.Context, *eventing.Envelope, *eventing.EventListenerDescriptor) error {
				return eventing.Drop
			},
			told: []string{
				"attempt 1 of order k at orders after 0s: eventing: dropped by a pipeline", "dropped order k at orders",
			},
			totals:   eventing.Totals{Sent: 1, Dropped: 1},
			listener: eventing.ListenerStats{Dropped: 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var notes notes
				config := eventing.Config{
					Listeners: []any{&orderListener{on: func(ctx context.Context, _ order) error {
						time.Sleep(time.Second)
						return test.on(eventing.EnvelopeFrom(ctx).Attempt())
					}}},
					Policies:  test.policies,
					Observers: []eventing.Observer{notes.observe},
				}
				if test.handle != nil {
					config.Pipelines = []any{&handlePipeline{handle: test.handle}}
				}
				manager, _ := start(t, config)
				require.NoError(t, manager.SendEvent(t.Context(), order{}, eventing.WithHeader("key", "k")))
				synctest.Wait()
				if test.handle == nil {
					assert.Equal(t, int64(1), manager.Stats().Listeners["orders"].InFlight)
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				told := notes.all()
				require.Contains(t, told, "sent order k: <nil>")
				assert.Equal(t, test.told, without(told, "sent order k: <nil>"))
				assert.Equal(t, eventing.Stats{
					Totals:    test.totals,
					Events:    map[string]eventing.EventStats{"order": {Sent: 1}},
					Listeners: map[string]eventing.ListenerStats{"orders": test.listener},
				}, manager.Stats())
			})
		})
	}
}

func without(texts []string, text string) (others []string) {
	for _, other := range texts {
		if other != text {
			others = append(others, other)
		}
	}
	return others
}

func TestObserversAreToldOfSends(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err   error
		told  string
		stats eventing.EventStats
	}{
		"confirmed": {nil, "<nil>", eventing.EventStats{Sent: 3}},
		"dropped":   {eventing.Drop, "eventing: dropped by a pipeline", eventing.EventStats{Dropped: 3}},
		"failed":    {errBroken, "broken", eventing.EventStats{Failed: 3}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var notes notes
			manager, _ := start(t, eventing.Config{
				Events:    []eventing.EventDefinition{eventing.EventOf[order]()},
				Observers: []eventing.Observer{notes.observe},
				Pipelines: []any{&sendPipeline{send: func(p *sendPipeline, ctx context.Context, e *eventing.Envelope, d *eventing.EventDescriptor) error {
					if test.err != nil {
						return test.err
					}
					return p.ProceedSend(ctx, e, d)
				}}},
			})
			_ = manager.SendEvent(t.Context(), order{})
			_ = eventing.SendEvents(t.Context(), manager, []order{{}})
			_ = manager.SendAsync(t.Context(), order{}).Wait(t.Context())
			told := "sent order : " + test.told
			assert.Equal(t, []string{told, told, told}, notes.all())
			assert.Equal(t, map[string]eventing.EventStats{"order": test.stats}, manager.Stats().Events)
		})
	}
}

func TestObserversAreToldWhatAStopGivesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var notes notes
		manager, _ := start(t, eventing.Config{
			Listeners: []any{&orderListener{on: func(ctx context.Context, _ order) error {
				<-ctx.Done()
				return ctx.Err()
			}}},
			Observers: []eventing.Observer{notes.observe},
		})
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		synctest.Wait()
		_ = manager.Stop(t.Context())
		told := notes.all()
		assert.Equal(t, "released order  at orders", told[len(told)-1])
		assert.Equal(t, eventing.ListenerStats{Released: 1}, manager.Stats().Listeners["orders"])
	})
}

// TestObserversThatFailChangeNothing, wherever they fail.
func TestObserversThatFailChangeNothing(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(){
		"panic": func() { panic("observer") }, "Goexit": runtime.Goexit,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var calls recorder[int]
				var notes notes
				var log bytes.Buffer
				manager, broker := start(t, eventing.Config{
					Logger: slog.New(slog.NewTextHandler(&log, nil)),
					Listeners: []any{&orderListener{on: func(_ context.Context, event order) error {
						calls.add(event.ID)
						if event.ID == 1 {
							return errBroken
						}
						return nil
					}}},
					Observers: []eventing.Observer{
						func(_ context.Context, o eventing.Observation) {
							if _, ok := o.(*eventing.EventSent); !ok {
								fail()
							}
						},
						notes.observe,
					},
				})
				require.NoError(t, manager.SendEvent(t.Context(), order{ID: 1}))
				require.NoError(t, manager.SendEvent(t.Context(), order{ID: 2}))
				time.Sleep(time.Minute)
				synctest.Wait()
				assert.Equal(t, []int{1, 1, 1, 2}, calls.all())
				assert.Len(t, deadLetters(t, broker, "orders"), 1)
				assert.Equal(t, eventing.ListenerStats{Handled: 1, Failed: 3, Retried: 2, DeadLettered: 1}, manager.Stats().Listeners["orders"])
				assert.Len(t, notes.all(), 2+4+2+1+1, "the other observer is told all")
				assert.Equal(t, 4+2+1+1, strings.Count(log.String(), "in=observer"))
			})
		})
	}
}

func TestObserverOfAnEnvironment(t *testing.T) {
	t.Parallel()
	var first, second notes
	listener := &orderListener{on: func(context.Context, order) error { return nil }}
	env, err := environment.Boot(t.Context(), environment.Module("shop",
		eventing.Module(memory.Config{}),
		environment.Provide(func() *orderListener { return listener }),
	), eventing.Observe(first.observe), eventing.Observe(second.observe))
	require.NoError(t, err)
	manager := environment.Get[*eventing.EventManager](env)
	require.NoError(t, manager.SendEvent(t.Context(), order{}))
	require.NoError(t, env.Shutdown(t.Context()))
	assert.Contains(t, first.all(), "handled order  at orders")
	assert.ElementsMatch(t, first.all(), second.all())
}

func TestNilObserverIsRefused(t *testing.T) {
	t.Parallel()
	provider, err := memory.NewBroker().Open(eventing.Settings{})
	require.NoError(t, err)
	_, err = eventing.NewEventManager(provider, eventing.Config{Observers: []eventing.Observer{nil}})
	require.ErrorContains(t, err, "an observer is nil")
	err = environment.Validate(environment.Module("shop", eventing.Module(memory.Config{})), eventing.Observe(nil))
	require.ErrorContains(t, err, "eventing.Observe was given nil")
}
