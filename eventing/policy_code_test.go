package eventing_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// TestPolicyInCodeTakesThePlaceOfTheTags is about a listener with two retries
// in its tag.
func TestPolicyInCodeTakesThePlaceOfTheTags(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var attempts recorder[time.Duration]
		begin := time.Now()
		listener := &orderListener{on: func(context.Context, order) error {
			attempts.add(time.Since(begin))
			return errBroken
		}}
		manager, _ := start(t, eventing.Config{
			Listeners: []any{listener},
			Policies: []eventing.ListenerPolicy{eventing.PolicyFor[orderListener](eventing.Policy{
				Retries: 4, Backoff: 3 * time.Second, MaxBackoff: 5 * time.Second, InPlace: 8 * time.Second,
			})},
		})
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		time.Sleep(time.Hour)
		assert.Equal(t, []time.Duration{0, 3 * time.Second, 8 * time.Second, 13 * time.Second, 18 * time.Second}, attempts.all())
		assert.Equal(t, uint64(1), manager.Stats().DeadLettered)
	})
}

func TestPolicyInCodeThatIsWrong(t *testing.T) {
	t.Parallel()
	good := eventing.PolicyFor[*soleListener](eventing.Policy{})
	for name, test := range map[string]struct {
		policies []eventing.ListenerPolicy
		want     string
	}{
		"empty":        {[]eventing.ListenerPolicy{{}}, "listener policy is empty: use PolicyFor"},
		"twice":        {[]eventing.ListenerPolicy{good, good}, "soleListener has two policies in code: keep one of them"},
		"out of range": {[]eventing.ListenerPolicy{eventing.PolicyFor[soleListener](eventing.Policy{Retries: -1})}, "soleListener: policy: Retries is -1"},
		"for nobody":   {[]eventing.ListenerPolicy{good, eventing.PolicyFor[groupListener](eventing.Policy{})}, "groupListener, which is no listener here"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			provider, err := memory.New(memory.Config{})
			require.NoError(t, err)
			_, err = eventing.NewEventManager(provider, eventing.Config{Listeners: []any{&soleListener{}}, Policies: test.policies})
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestPolicyNamesTheDeadLetters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		named := func(name string) []eventing.ListenerPolicy {
			return []eventing.ListenerPolicy{eventing.PolicyFor[soleListener](eventing.Policy{DeadLetters: name})}
		}
		manager, broker := start(t, eventing.Config{Listeners: []any{&soleListener{}}, Policies: named("lost.orders")})
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		synctest.Wait()
		letters, err := eventing.DeadLetters(manager, "audit")
		require.NoError(t, err)
		assert.Equal(t, "lost.orders", letters.Address())
		count, err := letters.Count(t.Context(), 10)
		require.NoError(t, err)
		assert.Equal(t, 1, count)
		names := []string{}
		for _, stats := range broker.Stats() {
			names = append(names, stats.Address+"::"+stats.Queue)
		}
		assert.ElementsMatch(t, []string{"lost.orders::lost.orders", "order::audit"}, names)

		for _, name := range []string{"order", "DLQ.order.member"} { // an event's, another listener's
			_, err = eventing.NewEventManager(&hookedProvider{Provider: newPoorProvider(t)}, eventing.Config{
				Listeners: []any{&soleListener{}, &groupListener{}}, Policies: named(name),
			})
			require.ErrorContains(t, err, name)
			require.ErrorContains(t, err, "dead letters in")
		}
	})
}

func TestPolicyInCodeInAModule(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		env, err := environment.Boot(t.Context(), environment.Module("test",
			eventing.Module(memory.Config{}),
			environment.Register[soleListener](),
			eventing.WithPolicy[soleListener](eventing.Policy{Retries: 2}),
		))
		require.NoError(t, err)
		manager := environment.Get[*eventing.EventManager](env)
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		time.Sleep(time.Minute)
		assert.Equal(t, uint64(2), manager.Stats().Retried)
		require.NoError(t, env.Shutdown(t.Context()))
	})
	err := environment.Validate(environment.Module("test",
		eventing.Module(memory.Config{}),
		environment.Register[soleListener](),
		eventing.WithPolicy[soleListener](eventing.Policy{Retries: -1}),
		eventing.WithPolicy[groupListener](eventing.Policy{}),
	))
	require.ErrorContains(t, err, "Retries is -1")
	require.ErrorContains(t, err, "policy_code_test.go:")
	require.ErrorContains(t, err, "groupListener, which is no listener here")
}
