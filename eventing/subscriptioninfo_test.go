package eventing_test

import (
	"context"
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
	assert.Equal(t, &eventing.SubscriptionInfo{
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

func names(infos []*eventing.SubscriptionInfo) []string {
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

func TestHealthOfASubscription(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := &hookedProvider{}
		manager := startOn(t, provider, eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[order]()}})
		s, err := eventing.Subscribe(t.Context(), manager, func(context.Context, order) error { return eventing.Permanent(errBroken) }, eventing.As("audit"))
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
