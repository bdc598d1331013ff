package e2e_test

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

const events = 200

// The tests share one event and one listener, and so run one after the other.

func TestTwoProcessesShareAListenerAndEachHasItsOwn(t *testing.T) { //nolint:paralleltest // see above
	url, run := brokertest.URL(t), rand.Text()
	one := startChild(t, url, "one-"+run, false)
	two := startChild(t, url, "two-"+run, false)
	env, err := boot(t.Context(), url, "sender-"+run, false)
	require.NoError(t, err)
	manager := environment.Get[*eventing.EventManager](env)
	shared, own := make([]sharedEvent, events), make([]ownEvent, events)
	for i := range events {
		shared[i], own[i] = sharedEvent{Run: run, Number: i}, ownEvent{Run: run, Number: i}
	}
	require.NoError(t, eventing.SendEvents(t.Context(), manager, shared))
	require.NoError(t, eventing.SendEvents(t.Context(), manager, own))
	require.NoError(t, env.Shutdown(t.Context()))

	first, second := collect(t, one, two, run)
	assert.Len(t, of(first, "own", run), events, "each process gets each event")
	assert.Len(t, of(second, "own", run), events, "each process gets each event")
	sum := slices.Concat(of(first, "shared", run), of(second, "shared", run))
	slices.Sort(sum)
	assert.Len(t, slices.Compact(sum), events, "each event goes to one of them, once")
	assert.NotEmpty(t, of(first, "shared", run), "both get some")
	assert.NotEmpty(t, of(second, "shared", run), "both get some")
}

// collect reads until both have printed all that is to come, then ends them.
func collect(t *testing.T, one, two *child, run string) (first, second []string) {
	t.Helper()
	for len(of(first, "own", run)) < events {
		first = append(first, one.next(t))
	}
	for len(of(second, "own", run)) < events {
		second = append(second, two.next(t))
	}
	for len(of(first, "shared", run))+len(of(second, "shared", run)) < events {
		select {
		case line := <-one.lines:
			first = append(first, line)
		case line := <-two.lines:
			second = append(second, line)
		case <-t.Context().Done():
			require.FailNow(t, "events are missing")
		}
	}
	return append(first, one.end(t)...), append(second, two.end(t)...)
}

func TestAProcessKilledInItsHandlerLosesNothing(t *testing.T) { //nolint:paralleltest // see above
	url, run := brokertest.URL(t), rand.Text()
	victim := startChild(t, url, "victim-"+run, true)
	env, err := boot(t.Context(), url, "sender-"+run, false)
	require.NoError(t, err)
	defer func() { require.NoError(t, env.Shutdown(t.Context())) }()
	manager := environment.Get[*eventing.EventManager](env)
	for number := range 10 {
		require.NoError(t, manager.SendEvent(t.Context(), sharedEvent{Run: run, Number: number}))
	}
	require.Equal(t, "shared "+run+" 0 attempt 1", victim.next(t))
	victim.kill(t)

	heir := startChild(t, url, "heir-"+run, false)
	var lines []string
	for len(of(lines, "shared", run)) < 10 {
		lines = append(lines, heir.next(t))
	}
	lines = of(append(lines, heir.end(t)...), "shared", run)
	slices.Sort(lines)
	want := make([]string, 10)
	for number := range want {
		want[number] = fmt.Sprintf("shared %s %d attempt 1", run, number)
	}
	assert.Equal(t, want, lines, strings.Join(lines, "\n"))
}
