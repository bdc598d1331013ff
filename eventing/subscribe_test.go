package eventing_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
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

// withdrawal is named like the dead letters of a policy.
type withdrawal struct {
	eventing.Event `event:"name=withdrawals"`
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

func TestSubscriptionsThatAreRefused(t *testing.T) {
	t.Parallel()
	manager, broker := start(t, eventing.Config{
		Events:    []eventing.EventDefinition{eventing.EventOf[plainNews]()},
		Listeners: []any{ignoring(), &buried{}},
		Policies:  []eventing.ListenerPolicy{eventing.PolicyFor[buried](eventing.Policy{DeadLetters: "withdrawals"})},
	})
	before := broker.Stats()
	for name, test := range map[string]struct {
		options []eventing.SubscribeOption
		want    string
	}{
		"a name that is no name":      {[]eventing.SubscribeOption{eventing.As("a b")}, `subscription name "a b" holds ' '`},
		"an empty name":               {[]eventing.SubscribeOption{eventing.As("")}, "it must have 1 to 200"},
		"a listener's name":           {[]eventing.SubscribeOption{eventing.As("orders")}, `two listeners are named "orders": *github.com/aspyx-go/aspyx/eventing_test.orderListener and subscription "orders"; give the subscription another name`},
		"a group that is no name":     {[]eventing.SubscribeOption{eventing.As("a"), eventing.InGroup("?")}, `group name "?" holds '?'`},
		"a group without a name":      {[]eventing.SubscribeOption{eventing.InGroup("crew")}, "give the subscription a name, by As"},
		"durable without a name":      {[]eventing.SubscribeOption{eventing.DurableQueue()}, "give the subscription a name, by As"},
		"a group for each process":    {[]eventing.SubscribeOption{eventing.As("a"), eventing.InGroup("crew"), eventing.PerProcess()}, `subscription "a" has group=crew, which shares a queue, and is per process`},
		"no concurrency":              {[]eventing.SubscribeOption{eventing.Concurrency(0)}, "option Concurrency(0) must be a whole number from 1 to 10000"},
		"a wrong policy":              {[]eventing.SubscribeOption{eventing.FailurePolicy(eventing.Policy{Retries: -1})}, "Retries is -1"},
		"an event's name":             {[]eventing.SubscribeOption{eventing.FailurePolicy(eventing.Policy{DeadLetters: "news"})}, `has its dead letters in "news", which is the name of an event`},
		"its own event's name":        {[]eventing.SubscribeOption{eventing.FailurePolicy(eventing.Policy{DeadLetters: "order"})}, `has its dead letters in "order", which is the name of an event`},
		"a listener's dead letters":   {[]eventing.SubscribeOption{eventing.As("a"), eventing.FailurePolicy(eventing.Policy{DeadLetters: "withdrawals"})}, `two listeners have their dead letters in "withdrawals"`},
		"all that is wrong, together": {[]eventing.SubscribeOption{eventing.As("?"), eventing.Concurrency(-1)}, "option Concurrency(-1)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := eventing.Subscribe(t.Context(), manager, noted(&recorder[int]{}), test.options...)
			require.ErrorContains(t, err, test.want)
			require.ErrorContains(t, err, "subscribe to eventing_test.order: ")
			assert.Equal(t, before, broker.Stats())
		})
	}
	t.Run("functions and types", func(t *testing.T) {
		t.Parallel()
		for want, subscribe := range map[string]func() error{
			"the function is nil": func() error { return subscribeTo[order](t, manager, nil) },
			"is no event: embed eventing.Event in it": func() error {
				return subscribeTo(t, manager, func(context.Context, struct{ A int }) error { return nil })
			},
			"events are values": func() error { return subscribeTo(t, manager, func(context.Context, *deposit) error { return nil }) },
			`event "withdrawals" has the name of the dead letters of *github.com/aspyx-go/aspyx/eventing_test.buried`: func() error {
				return subscribeTo(t, manager, func(context.Context, withdrawal) error { return nil })
			},
			`subscription "a" has group=crew`: func() error {
				return subscribeTo(t, manager, func(context.Context, plainNews) error { return nil }, eventing.As("a"), eventing.InGroup("crew"))
			},
		} {
			require.ErrorContains(t, subscribe(), want)
		}
		require.ErrorIs(t, manager.SendEvent(t.Context(), withdrawal{}), eventing.ErrNotEvent, "what was refused isn't known")
		for event, want := range map[string]string{
			"":          "it must have 1 to 200",
			"a::b":      "holds ':'",
			"DLQ.order": "use DeadLetters",
			"news":      `event "news" isn't durable`,
		} {
			_, err := eventing.SubscribeName(t.Context(), manager, event, func(context.Context, *eventing.Envelope) error { return nil },
				eventing.As("raw"), eventing.DurableQueue())
			require.ErrorContains(t, err, want)
		}
		_, err := eventing.SubscribeName(t.Context(), manager, "order", nil)
		require.ErrorContains(t, err, "the function is nil")
	})
}

// buried has its dead letters where its policy says.
type buried struct {
	eventing.Listener[order] `listener:"name=buried"`
}

func (*buried) On(context.Context, order) error { return nil }

func subscribeTo[T any](t *testing.T, manager *eventing.EventManager, on func(context.Context, T) error, options ...eventing.SubscribeOption) error {
	t.Helper()
	_, err := eventing.Subscribe(t.Context(), manager, on, options...)
	return err
}

func TestASubscriptionNeedsAServersName(t *testing.T) {
	t.Parallel()
	provider, err := memory.New(memory.Config{})
	require.NoError(t, err)
	manager, err := eventing.NewEventManager(provider, eventing.Config{})
	require.NoError(t, err)
	require.NoError(t, manager.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, manager.Stop(context.Background())) })
	err = subscribeTo(t, manager, noted(&recorder[int]{}), eventing.As("each"), eventing.PerProcess())
	require.ErrorContains(t, err, `subscription "each" is per process, or listens to a broadcast: it needs a server name`)
	err = subscribeTo(t, manager, func(context.Context, plainNews) error { return nil }, eventing.As("each"))
	require.ErrorContains(t, err, "it needs a server name")
	require.NoError(t, subscribeTo(t, manager, func(context.Context, plainNews) error { return nil }), "a temporary one needs none")
	require.NoError(t, subscribeTo(t, manager, noted(&recorder[int]{}), eventing.As("each")), "the name is free after a refusal")
}

func TestASubscriptionNeedsWhatTheProviderLacks(t *testing.T) {
	t.Parallel()
	manager := startOn(t, &incapableSource{}, eventing.Config{})
	err := subscribeTo(t, manager, noted(&recorder[int]{}), eventing.FailurePolicy(eventing.Policy{Retries: 3, Backoff: time.Minute}))
	require.ErrorIs(t, err, errors.ErrUnsupported)
	require.ErrorContains(t, err, "needs delayed redelivery")
	require.NoError(t, subscribeTo(t, manager, noted(&recorder[int]{})))
}

// incapableSource opens memory that can't delay.
type incapableSource struct{ eventing.Provider }

func (s *incapableSource) Open(settings eventing.Settings) (_ eventing.Provider, err error) {
	s.Provider, err = memory.NewBroker().Open(settings)
	return s, err
}

func (s *incapableSource) Capabilities() eventing.Capabilities { return eventing.Capabilities{} }

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

func TestSubscriptionsOfStates(t *testing.T) {
	t.Parallel()
	provider, err := memory.New(memory.Config{})
	require.NoError(t, err)
	manager, err := eventing.NewEventManager(provider, eventing.Config{})
	require.NoError(t, err)
	require.ErrorIs(t, subscribeTo(t, manager, noted(&recorder[int]{})), eventing.ErrNotRunning)
	require.NoError(t, manager.Start(t.Context()))
	named, err := eventing.Subscribe(t.Context(), manager, noted(&recorder[int]{}), eventing.As("named"))
	require.NoError(t, err)
	unnamed, err := eventing.Subscribe(t.Context(), manager, noted(&recorder[int]{}))
	require.NoError(t, err)
	require.NoError(t, manager.Stop(t.Context()))
	require.ErrorIs(t, subscribeTo(t, manager, noted(&recorder[int]{})), eventing.ErrClosed)
	require.NoError(t, unnamed.Unsubscribe(t.Context()))
	require.NoError(t, named.Unsubscribe(t.Context(), eventing.KeepQueue()))
	err = named.Unsubscribe(t.Context())
	require.ErrorIs(t, err, eventing.ErrClosed)
	require.ErrorContains(t, err, `unsubscribe "named": eventing: closed: its queue order::named stays`)
}

func TestSubscriptionsAreListed(t *testing.T) {
	t.Parallel()
	manager, _ := start(t, eventing.Config{Listeners: []any{ignoring()}})
	policy := eventing.Policy{Retries: 1, DeadLetters: "graves"}
	s, err := eventing.Subscribe(t.Context(), manager, noted(&recorder[int]{}), eventing.As("audit"), eventing.PerProcess(),
		eventing.Metadata("owner", "nobody"), eventing.Metadata("owner", "finance"), eventing.Concurrency(3), eventing.FailurePolicy(policy))
	require.NoError(t, err)
	member, err := eventing.Subscribe(t.Context(), manager, noted(&recorder[int]{}), eventing.As("member"), eventing.InGroup("crew"))
	require.NoError(t, err)
	unnamed, err := eventing.SubscribeName(t.Context(), manager, "other", func(context.Context, *eventing.Envelope) error { return nil })
	require.NoError(t, err)

	infos := manager.Subscriptions()
	require.Len(t, infos, 4)
	assert.Equal(t, []string{"orders", "audit", "member", unnamed.Name()}, names(infos))
	assert.False(t, infos[0].Dynamic)
	effective := s.Info().Policy
	assert.Equal(t, 100*time.Millisecond, effective.Backoff, "with its defaults")
	assert.Equal(t, eventing.SubscriptionInfo{
		Name: "audit", Event: "order", Server: "server", PerProcess: true, Durable: true,
		Queue: "order::audit-server", DeadLetters: "graves", Metadata: map[string]string{"owner": "finance"},
		Dynamic: true, Concurrency: 3, Policy: effective,
	}, infos[1])
	assert.Equal(t, "order::order.crew", member.Info().Queue)
	assert.Equal(t, "crew", infos[2].Group)
	assert.True(t, strings.HasPrefix(infos[3].Queue, "other::temporary-"), infos[3].Queue)
	assert.True(t, infos[3].PerProcess)
	assert.False(t, infos[3].Durable)

	infos[1].Metadata["owner"] = "me"
	assert.Equal(t, "finance", s.Info().Metadata["owner"])
	assert.Len(t, manager.Policies(), 4)
	require.NoError(t, s.Unsubscribe(t.Context()))
	assert.Equal(t, []string{"orders", "member", unnamed.Name()}, names(manager.Subscriptions()))
	_, err = eventing.DeadLetters(manager, "audit")
	require.ErrorContains(t, err, `no listener "audit": it has ["orders" "member"`)
}

func names(infos []eventing.SubscriptionInfo) []string {
	names := []string{}
	for _, info := range infos {
		names = append(names, info.Name)
	}
	return names
}

func TestPipelinesSeeSubscriptions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen recorder[*eventing.EventListenerDescriptor]
		manager, _ := start(t, eventing.Config{Pipelines: []any{&lookout{seen: &seen}}})
		s, err := eventing.Subscribe(t.Context(), manager, noted(&recorder[int]{}))
		require.NoError(t, err)
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		synctest.Wait()
		require.Len(t, seen.all(), 1)
		assert.Equal(t, s.Name(), seen.all()[0].Name)
		assert.Nil(t, seen.all()[0].Type)
		assert.Equal(t, "order", seen.all()[0].Event.Name)
	})
}

// lookout notes who handles.
type lookout struct {
	eventing.AbstractEnvelopePipeline
	seen *recorder[*eventing.EventListenerDescriptor]
}

func (l *lookout) Handle(ctx context.Context, envelope *eventing.Envelope, listener *eventing.EventListenerDescriptor) error {
	l.seen.add(listener)
	return l.ProceedHandle(ctx, envelope, listener)
}

// brokenAttach can't attach, or declare.
type brokenAttach struct {
	eventing.Provider
	declare, attach error
}

func (p *brokenAttach) Open(settings eventing.Settings) (_ eventing.Provider, err error) {
	return p, err
}

func (p *brokenAttach) Declare(ctx context.Context, queues []eventing.Queue) error {
	return errors.Join(p.Provider.Declare(ctx, queues), p.declare)
}

func (p *brokenAttach) Attach(ctx context.Context, queue eventing.Queue, prefetch int) (eventing.Consumer, error) {
	if p.attach != nil {
		return nil, p.attach
	}
	return p.Provider.Attach(ctx, queue, prefetch)
}

func TestASubscriptionThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	broker := memory.NewBroker()
	inner, err := broker.Open(eventing.Settings{})
	require.NoError(t, err)
	provider := &brokenAttach{Provider: inner}
	manager := startOn(t, provider, eventing.Config{})
	for _, provider.attach = range []error{errBroken, nil} {
		provider.declare = nil
		if provider.attach == nil {
			provider.declare = errBroken
		}
		require.ErrorIs(t, subscribeTo(t, manager, noted(&recorder[int]{})), errBroken)
		assert.Empty(t, queues(broker))
		require.ErrorIs(t, subscribeTo(t, manager, noted(&recorder[int]{}), eventing.As("named")), errBroken)
		assert.Equal(t, []string{"named"}, queues(broker), "a queue with a name may be somebody else's")
		assert.Empty(t, manager.Subscriptions())
		require.NoError(t, inner.Remove(t.Context(), eventing.Queue{Event: "order", Listener: "named", Durable: true}))
	}
	provider.declare = nil
	require.NoError(t, subscribeTo(t, manager, noted(&recorder[int]{}), eventing.As("named")), "the name is free")
}

func TestHealthOfASubscription(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := &hookedProvider{}
		manager := startOn(t, provider, eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[order]()}})
		s, err := eventing.Subscribe(t.Context(), manager, func(context.Context, order) error { return eventing.Permanent(errBroken) })
		require.NoError(t, err)
		provider.submit = func(ctx context.Context, message *eventing.Message) (eventing.Receipt, error) {
			if message.Target != nil {
				return nil, errBroken
			}
			return provider.Provider.Submit(ctx, message)
		}
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		time.Sleep(time.Second)
		require.ErrorContains(t, manager.Health(t.Context()), "is held up")
		require.ErrorIs(t, s.Info().HeldUp, errBroken)
		require.NoError(t, s.Pause(t.Context()), "also one that is held up can be paused")
		require.NoError(t, manager.Health(t.Context()))
		assert.Zero(t, manager.Stats().DeadLettered)
		require.NoError(t, s.Unsubscribe(t.Context()))
		assert.NotContains(t, slices.Collect(slices.Values(names(manager.Subscriptions()))), s.Name())
	})
}
