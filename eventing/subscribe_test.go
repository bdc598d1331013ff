package eventing_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// deposit is no event of any configuration: subscribing makes it one.
type deposit struct {
	eventing.Event `event:"name=deposit"`
	Amount         int
}

// plainNews is a broadcast.
type plainNews struct {
	eventing.Event `event:"name=news,broadcast"`
}

// ignoring handles each order by doing nothing.
func ignoring() *orderListener {
	return &orderListener{on: func(context.Context, order) error { return nil }}
}

func noted(into *recorder[int]) func(context.Context, order) error {
	return func(_ context.Context, event order) error {
		into.add(event.ID)
		return nil
	}
}

// queues returns the names of the broker's queues that hold no dead letters.
func queues(broker *memory.Broker) []string {
	names := []string{}
	for _, stats := range broker.Stats() {
		if !stats.DeadLetters {
			names = append(names, stats.Queue)
		}
	}
	return names
}

func TestATemporarySubscriptionHasTheEventsFromNowOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		manager, broker := start(t, eventing.Config{Listeners: []any{ignoring()}})
		require.NoError(t, manager.SendEvent(t.Context(), order{ID: 1}))
		var first, second recorder[int]
		one, err := eventing.Subscribe(t.Context(), manager, noted(&first))
		require.NoError(t, err)
		require.NoError(t, manager.SendEvent(t.Context(), order{ID: 2}))
		two, err := eventing.Subscribe(t.Context(), manager, noted(&second))
		require.NoError(t, err)
		require.NoError(t, manager.SendEvent(t.Context(), order{ID: 3}))
		synctest.Wait()
		require.NoError(t, one.Unsubscribe(t.Context()))
		require.NoError(t, manager.SendEvent(t.Context(), order{ID: 4}))
		synctest.Wait()
		assert.Equal(t, []int{2, 3}, first.all())
		assert.Equal(t, []int{3, 4}, second.all())
		assert.Len(t, queues(broker), 2)
		require.NoError(t, two.Unsubscribe(t.Context()))
		assert.Equal(t, []string{"orders"}, queues(broker))
		assert.Len(t, manager.Subscriptions(), 1)
	})
}

func TestASubscriptionMakesItsEventKnown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		manager, _ := start(t, eventing.Config{})
		require.ErrorIs(t, manager.SendEvent(t.Context(), deposit{}), eventing.ErrNotEvent)
		var amounts recorder[int]
		_, err := eventing.Subscribe(t.Context(), manager, func(_ context.Context, event deposit) error {
			amounts.add(event.Amount)
			return nil
		}, eventing.Concurrency(2))
		require.NoError(t, err)
		require.NoError(t, manager.SendEvent(t.Context(), deposit{Amount: 3}))
		require.NoError(t, manager.SendEvent(t.Context(), &deposit{Amount: 4}))
		synctest.Wait()
		assert.ElementsMatch(t, []int{3, 4}, amounts.all())
	})
}

func TestSubscribeNameHandsOverEnvelopes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		manager, broker := start(t, eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[order]()}})
		sender := startOn(t, broker, eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[deposit]()}})
		var seen recorder[string]
		note := func(ctx context.Context, envelope *eventing.Envelope) error {
			assert.Same(t, envelope, eventing.EnvelopeFrom(ctx))
			body, err := envelope.Body()
			require.NoError(t, err)
			seen.add(envelope.EventName() + " " + string(body) + " " + envelope.Get("who"))
			event, err := envelope.Event()
			if envelope.EventName() == "order" {
				assert.Equal(t, &order{ID: 7}, event)
				return err
			}
			_, ok := errors.AsType[*eventing.DecodeError](err)
			assert.True(t, ok, "the manager doesn't know a deposit")
			return nil
		}
		for _, name := range []string{"order", "deposit"} {
			_, err := eventing.SubscribeName(t.Context(), manager, name, note)
			require.NoError(t, err)
		}
		kept, err := eventing.SubscribeName(t.Context(), manager, "deposit", note, eventing.As("raw"), eventing.DurableQueue())
		require.NoError(t, err)
		assert.True(t, kept.Info().Durable)
		require.NoError(t, kept.Unsubscribe(t.Context()))
		require.NoError(t, manager.SendEvent(t.Context(), order{ID: 7}, eventing.WithHeader("who", "me")))
		require.NoError(t, sender.SendEvent(t.Context(), deposit{Amount: 2}))
		synctest.Wait()
		assert.ElementsMatch(t, []string{`order {"ID":7} me`, `deposit {"Amount":2} `}, seen.all())
		require.NoError(t, subscribeTo(t, manager, func(context.Context, deposit) error { return nil }), "it may become known later")
	})
}

func TestSubscriptionsFailLikeListeners(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(ctx context.Context) error{
		"error":   func(context.Context) error { return errBroken },
		"panic":   func(context.Context) error { panic(errBroken) },
		"Goexit":  func(context.Context) error { runtime.Goexit(); return nil },
		"timeout": func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				manager, broker := start(t, eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[order]()}})
				var attempts recorder[int]
				mended := false
				policy := eventing.FailurePolicy(eventing.Policy{Retries: 1, Timeout: time.Second})
				one, err := eventing.Subscribe(t.Context(), manager, func(ctx context.Context, _ order) error {
					attempts.add(eventing.EnvelopeFrom(ctx).Attempt())
					if mended {
						return nil
					}
					return fail(ctx)
				}, policy)
				require.NoError(t, err)
				other, err := eventing.Subscribe(t.Context(), manager, func(context.Context, order) error {
					return eventing.Permanent(errBroken)
				})
				require.NoError(t, err)
				require.NoError(t, manager.SendEvent(t.Context(), order{ID: 1}))
				time.Sleep(time.Minute)
				assert.Equal(t, []int{1, 2}, attempts.all())
				assert.Len(t, deadLetters(t, broker, "temporary"), 2, "both have their dead letters there")
				assert.Equal(t, "DLQ.order.temporary", one.Info().DeadLetters)

				letters, err := eventing.DeadLetters(manager, one.Name())
				require.NoError(t, err)
				mended = true
				replayed, err := letters.Replay(t.Context(), eventing.Replay{})
				require.NoError(t, err)
				require.Len(t, replayed, 1, "that of the other stays")
				assert.Equal(t, one.Name(), replayed[0].Listener)
				synctest.Wait()
				assert.Equal(t, []int{1, 2, 1}, attempts.all())
				require.NoError(t, one.Unsubscribe(t.Context()))
				require.NoError(t, other.Unsubscribe(t.Context()))
				assert.Len(t, deadLetters(t, broker, "temporary"), 1, "dead letters stay")
			})
		})
	}
}
