package amqp

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

func started(t *testing.T) (*Provider, context.Context) {
	t.Helper()
	provider, err := New(Config{URL: brokertest.URL(t)})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	require.NoError(t, provider.Start(ctx))
	t.Cleanup(func() { assert.NoError(t, provider.Stop(context.Background())) })
	return provider, ctx
}

// declared returns a queue that the test's end removes.
func declared(t *testing.T, provider *Provider) eventing.Queue {
	t.Helper()
	queue := eventing.Queue{Event: "test.route." + eventing.NewID().String(), Listener: "test.route." + eventing.NewID().String()}
	require.NoError(t, provider.Declare(t.Context(), []eventing.Queue{queue}))
	t.Cleanup(func() {
		for _, each := range []eventing.Queue{queue, queue.DeadLetter()} {
			assert.NoError(t, provider.Remove(context.Background(), each))
		}
	})
	return queue
}

func TestRefusalsOfTheBroker(t *testing.T) {
	t.Parallel()
	provider, ctx := started(t)
	err := provider.manage(ctx, func(manager manager) error {
		return manager.(*artemisManager).call(ctx, nil, "destroyQueue", "test.none") //nolint:forcetypeassert // Artemis'
	})
	assert.True(t, isRefused(err, noSuchQueue), err)
	assert.False(t, isRefused(err, hasConsumers), err)
	require.ErrorContains(t, err, "the broker refuses destroyQueue: AMQ229017: Queue test.none")
	require.NotNil(t, provider.manager, "a refusal is an answer: what has it can be used again")
	kept := provider.manager
	_, err = provider.isBound(ctx, "test.none")
	require.NoError(t, err)
	assert.Same(t, kept, provider.manager)

	given, cancel := context.WithCancel(ctx)
	cancel()
	_, err = provider.isBound(given, "test.none")
	require.ErrorIs(t, err, context.Canceled)
	assert.Nil(t, provider.manager, "its reply may come yet")
	_, err = provider.isBound(ctx, "test.none")
	require.NoError(t, err)
}

func TestConcurrentChecksOfAnAddressAreOne(t *testing.T) {
	t.Parallel()
	provider, ctx := started(t)
	queue := declared(t, provider)
	first, ours, err := provider.route(queue.Event)
	require.NoError(t, err)
	assert.True(t, ours)
	second, ours, err := provider.route(queue.Event)
	require.NoError(t, err)
	assert.False(t, ours)
	assert.Same(t, first, second)
	require.NoError(t, provider.checkRoute(ctx, queue.Event))
	assert.Same(t, first, provider.routes[queue.Event])
	first.asked = time.Now().Add(-routeAge - time.Second)
	require.NoError(t, provider.checkRoute(ctx, queue.Event))
	assert.NotSame(t, first, provider.routes[queue.Event], "it was too old")
}

// waitsForARoute tells whether a goroutine does.
func waitsForARoute() bool {
	buffer := make([]byte, 1<<20)
	for stack := range strings.SplitSeq(string(buffer[:runtime.Stack(buffer, true)]), "\n\n") {
		if strings.Contains(stack, "[select") && strings.Contains(stack, ").checkRoute(") {
			return true
		}
	}
	return false
}

// TestAnOlderRefusalIsAskedAgain: the queue may be younger than the question.
func TestAnOlderRefusalIsAskedAgain(t *testing.T) { //nolint:paralleltest // looks at goroutines
	provider, ctx := started(t)
	queue := declared(t, provider)
	for name, older := range map[string]*route{"no queue": {}, "no answer": {err: errors.New("no answer")}} {
		older.answered = make(chan struct{})
		provider.mu.Lock()
		provider.routes[queue.Event] = older
		provider.mu.Unlock()
		checked := make(chan error)
		go func() { checked <- provider.checkRoute(ctx, queue.Event) }()
		require.Eventually(t, waitsForARoute, 10*time.Second, time.Millisecond)
		close(older.answered)
		require.NoError(t, <-checked, name)
	}
}

func TestACheckThatIsGivenUp(t *testing.T) {
	t.Parallel()
	provider, ctx := started(t)
	provider.routes["test.open"] = &route{answered: make(chan struct{})}
	given, cancel := context.WithCancelCause(ctx)
	cancel(errors.New("enough"))
	err := provider.checkRoute(given, "test.open")
	require.ErrorIs(t, err, eventing.ErrNotSent)
	require.ErrorContains(t, err, "enough")
	require.NoError(t, provider.Stop(ctx))
	err = provider.checkRoute(ctx, "test.open")
	require.ErrorIs(t, err, eventing.ErrNotSent)
	require.ErrorIs(t, err, eventing.ErrClosed)
}
