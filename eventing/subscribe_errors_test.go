package eventing_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// withdrawal is named like the dead letters of a policy.
type withdrawal struct {
	eventing.Event `event:"name=withdrawals"`
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
