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

// poorProvider is memory without delay.
type poorProvider struct{ hookedProvider }

func (*poorProvider) Capabilities() eventing.Capabilities { return eventing.Capabilities{} }

func newPoorProvider(t *testing.T) *poorProvider {
	t.Helper()
	provider, err := memory.New(memory.Config{})
	require.NoError(t, err)
	p := &poorProvider{}
	p.Provider = provider
	p.submit = func(ctx context.Context, message *eventing.Message) (eventing.Receipt, error) {
		if message.Delay != 0 {
			return nil, errors.Join(eventing.ErrNotSent, errors.New("it was asked for a delay"))
		}
		return provider.Submit(ctx, message)
	}
	return p
}

func TestAPolicyThatTheProviderCannotKeepIsRefused(t *testing.T) {
	t.Parallel()
	for name, policy := range map[string]eventing.Policy{
		"the pauses are too long":          {Retries: 5},
		"nothing may be tried in place":    {Retries: 1, InPlace: -1},
		"less may be in place than needed": {Retries: 2, InPlace: 299 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			manager, err := eventing.NewEventManager(newPoorProvider(t), eventing.Config{
				Listeners: []any{&soleListener{}, &groupListener{}},
				Policies:  []eventing.ListenerPolicy{eventing.PolicyFor[soleListener](policy)},
			})
			require.NoError(t, err)
			err = manager.Start(t.Context())
			require.ErrorIs(t, err, errors.ErrUnsupported)
			require.ErrorContains(t, err, `listener "audit" needs delayed redelivery, which memory lacks`)
			require.ErrorContains(t, err, "raise Policy.InPlace")
			assert.NotContains(t, err.Error(), "member", "the other listener is fine")
		})
	}
}

func TestRetriesWithoutDelayPauseInPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var attempts recorder[time.Duration]
		begin := time.Now()
		provider := newPoorProvider(t)
		manager, err := eventing.NewEventManager(provider, eventing.Config{
			Listeners: []any{&orderListener{on: func(context.Context, order) error {
				attempts.add(time.Since(begin))
				return eventing.RetryAfter(errBroken, 1500*time.Millisecond)
			}}},
		})
		require.NoError(t, err)
		require.NoError(t, manager.Start(t.Context()))
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		time.Sleep(time.Minute)
		assert.Equal(t, []time.Duration{0, 1500 * time.Millisecond, 2 * time.Second}, attempts.all(), "within what may be in place")
		assert.Equal(t, uint64(1), manager.Stats().DeadLettered)
		require.NoError(t, manager.Stop(t.Context()))
	})
}

func TestEffectivePoliciesArePrintable(t *testing.T) {
	t.Parallel()
	manager, _ := start(t, eventing.Config{Listeners: []any{&soleListener{}, &groupListener{}}})
	policies := manager.Policies()
	require.Len(t, policies, 2)
	assert.Equal(t, "member", policies[1].Listener)
	assert.True(t, policies[0].Capabilities.Delay)
	assert.Contains(t, policies[0].String(), "listener audit: no retries; then dead letter; timeout none")

	poor := eventing.EffectivePolicy{Listener: "x", Capabilities: eventing.Capabilities{Enforced: "a dead letter after 10"}}
	assert.Contains(t, poor.String(), "; the broker can't delay; by the broker itself: a dead letter after 10")
}
