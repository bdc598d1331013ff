package e2e_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

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
	one := startChild(t, url, "one-"+run)
	two := startChild(t, url, "two-"+run)
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
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for len(of(first, "own", run)) < events {
		first = append(first, one.next(t))
	}
	for len(of(second, "own", run)) < events {
		second = append(second, two.next(t))
	}
	for len(of(first, "shared", run))+len(of(second, "shared", run)) < events {
		line, from, err := either(ctx, one, two)
		require.NoError(t, err)
		if from == one {
			first = append(first, line)
		} else {
			second = append(second, line)
		}
	}
	return append(first, one.end(t)...), append(second, two.end(t)...)
}

// TestADeadChildIsNoticed is about the tests themselves.
func TestADeadChildIsNoticed(t *testing.T) {
	t.Parallel()
	dead, alive := spawn(t, "amqp://127.0.0.1:1", "dead"), &child{lines: make(chan string), errors: &output{}}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	_, _, err := either(ctx, alive, dead)
	require.ErrorContains(t, err, "exit status 1")
	require.ErrorContains(t, err, "connection refused: check host and port", "the child's own words")

	cancel()
	_, _, err = either(ctx, alive, alive)
	require.ErrorContains(t, err, "events are missing")
}

func TestAProcessKilledInItsHandlerLosesNothing(t *testing.T) { //nolint:paralleltest // see above
	url, run := brokertest.URL(t), rand.Text()
	victim := startChild(t, url, "victim-"+run, childBlocks)
	env, err := boot(t.Context(), url, "sender-"+run, false)
	require.NoError(t, err)
	defer func() { require.NoError(t, env.Shutdown(t.Context())) }()
	manager := environment.Get[*eventing.EventManager](env)
	for number := range 10 {
		require.NoError(t, manager.SendEvent(t.Context(), sharedEvent{Run: run, Number: number}))
	}
	require.Equal(t, "shared "+run+" 0 attempt 1", victim.next(t))
	victim.kill(t)

	heir := startChild(t, url, "heir-"+run)
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
