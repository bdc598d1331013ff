package eventingtest_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/eventingtest"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// counting keeps apart the runs that count the goroutines of the process: one
// of them makes thousands.
var counting sync.Mutex

// run runs a case on a new broker, with all its providers as wrong as told.
// Time is fake: what doesn't happen is known at once.
func run(t *testing.T, c eventingtest.Case, f fault) (result *recorder) {
	t.Helper()
	if c.Name == "a backlog costs no goroutines" {
		counting.Lock()
		defer counting.Unlock()
	}
	synctest.Test(t, func(t *testing.T) {
		broker, bounded := memory.NewBroker(), memory.NewBroker()
		wrong := func(*faulty) {}
		if f.make != nil {
			wrong = f.make()
		}
		if f.name != "has no bound" {
			var err error
			bounded, err = memory.Config{MaxMessages: 5}.NewBroker()
			require.NoError(t, err)
		}
		result = record(t.Context(), c, eventingtest.Harness{
			Provider: opener(broker, wrong),
			Bounded:  opener(bounded, wrong),
			Crashing: func(t eventingtest.T, server string) (eventing.Provider, func()) {
				provider := opener(broker, wrong)(t, server)
				return provider, func() { _ = provider.Stop(t.Context()) }
			},
			Interrupted: func(t eventingtest.T, server string) (eventing.Provider, func()) {
				provider := opener(broker, wrong)(t, server)
				f, ok := provider.(*faulty)
				require.True(t, ok)
				return f, func() { f.lost.Store(true) }
			},
		})
	})
	return result
}

func opener(broker *memory.Broker, wrong func(*faulty)) func(eventingtest.T, string) eventing.Provider {
	return func(t eventingtest.T, server string) eventing.Provider {
		provider, err := broker.Open(eventing.Settings{ServerName: server})
		require.NoError(t, err)
		f := &faulty{Provider: provider}
		wrong(f)
		return f
	}
}

func TestHonestProviderPasses(t *testing.T) {
	t.Parallel()
	for _, c := range eventingtest.Cases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			result := run(t, c, fault{})
			assert.False(t, result.failed(), result.String())
		})
	}
}

// TestProviderThatDetectsDuplicatesPasses, as the brokers do: no two messages
// that eventing sends are taken for one.
func TestProviderThatDetectsDuplicatesPasses(t *testing.T) {
	t.Parallel()
	for _, c := range eventingtest.Cases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			result := run(t, c, fault{make: detectDuplicates(byDuplicateID)})
			assert.False(t, result.failed(), result.String())
		})
	}
}

// TestProviderThatSaysWhatItLacksPasses: what it lacks is refused.
func TestProviderThatSaysWhatItLacksPasses(t *testing.T) {
	t.Parallel()
	poor := always(func(f *faulty) {
		ignoreDelay(f)
		flagOnly(f)
		f.lacks = func(c *eventing.Capabilities) { *c = eventing.Capabilities{} }
	})
	for _, c := range eventingtest.Cases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			result := run(t, c, fault{make: poor})
			assert.False(t, result.failed(), result.String())
		})
	}
}

// TestProviderThatOnlyFlagsPasses, as brokers are that say of a delivery only
// that there was another one.
func TestProviderThatOnlyFlagsPasses(t *testing.T) {
	t.Parallel()
	for _, c := range eventingtest.Cases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			result := run(t, c, fault{make: always(flagOnly)})
			assert.False(t, result.failed(), result.String())
		})
	}
}

// TestSlowProviderIsNotTakenForFull stalls, as a busy broker or machine does.
func TestSlowProviderIsNotTakenForFull(t *testing.T) {
	t.Parallel()
	for _, c := range eventingtest.Cases() {
		if !c.Bounded {
			continue
		}
		for _, stalled := range []int64{1, 3} {
			result := run(t, c, fault{make: stall(stalled, 500*time.Millisecond)})
			assert.False(t, result.failed(), result.String())
		}
	}
}

func TestFaultyProvidersAreCaught(t *testing.T) {
	t.Parallel()
	byName := map[string]eventingtest.Case{}
	for _, c := range eventingtest.Cases() {
		byName[c.Name] = c
	}
	for _, f := range faults() {
		for _, name := range f.caughtBy {
			t.Run(f.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				require.Contains(t, byName, name)
				result := run(t, byName[name], f)
				require.True(t, result.failed(), "the case must fail on a provider that %s", f.name)
				t.Log(result)
			})
		}
	}
}

func TestEachCaseCatchesAFault(t *testing.T) {
	t.Parallel()
	caught := map[string]bool{}
	for _, f := range faults() {
		for _, name := range f.caughtBy {
			caught[name] = true
		}
	}
	names := map[string]bool{}
	for _, c := range eventingtest.Cases() {
		assert.False(t, names[c.Name], "two cases are named %q", c.Name)
		names[c.Name] = true
		assert.True(t, caught[c.Name], "no fault shows that the case %q can fail", c.Name)
	}
}

func TestEachPromiseHasACase(t *testing.T) {
	t.Parallel()
	promises := map[int]bool{}
	for _, c := range eventingtest.Cases() {
		promises[c.Promise] = true
	}
	for _, promise := range []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13} {
		assert.True(t, promises[promise], "promise %d has no case", promise)
	}
}

func TestOnlyBoundedCasesNeedABound(t *testing.T) {
	t.Parallel()
	var names []string
	for _, c := range eventingtest.Cases() {
		if c.Bounded {
			names = append(names, c.Name)
		}
	}
	assert.Equal(t, []string{"a full queue holds senders back"}, names)
}
