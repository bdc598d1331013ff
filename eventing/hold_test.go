package eventing_test

import (
	"context"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// crowd handles two orders at once.
type crowd struct {
	eventing.Listener[order] `listener:"name=crowd,concurrency=2"`
	on                       func(event order) error
}

func (l *crowd) On(_ context.Context, event order) error { return l.on(event) }

// measured is a provider that notes how much each consumer may hold.
type measured struct {
	eventing.Provider
	prefetch recorder[int]
}

func (m *measured) Attach(ctx context.Context, queue eventing.Queue, prefetch int) (eventing.Consumer, error) {
	m.prefetch.add(prefetch)
	return m.Provider.Attach(ctx, queue, prefetch)
}

// leaveUnsettled has a queue with the orders 0 to n-1, each of which so many
// consumers had in their hands when they ended.
func leaveUnsettled(t *testing.T, broker *memory.Broker, n, times int, headers ...eventing.Header) {
	t.Helper()
	provider, err := broker.Open(eventing.Settings{})
	require.NoError(t, err)
	require.NoError(t, provider.Start(t.Context()))
	queue := eventing.Queue{Event: "order", Listener: "crowd", Durable: true}
	require.NoError(t, provider.Declare(t.Context(), []eventing.Queue{queue}))
	for i := range n {
		_, err := provider.Submit(t.Context(), &eventing.Message{ID: eventing.NewID(), Event: "order", Headers: headers, Body: []byte(`{"ID":` + strconv.Itoa(i) + `}`)})
		require.NoError(t, err)
	}
	for range times {
		dying, err := broker.Open(eventing.Settings{})
		require.NoError(t, err)
		require.NoError(t, dying.Start(t.Context()))
		consumer, err := dying.Attach(t.Context(), queue, n)
		require.NoError(t, err)
		for range n {
			require.NoError(t, consumer.Receive(t.Context(), &eventing.Delivery{}))
		}
		require.NoError(t, dying.Stop(t.Context()))
	}
	require.NoError(t, provider.Stop(t.Context()))
}

func startMeasured(t *testing.T, broker *memory.Broker, on func(order) error, policies ...eventing.ListenerPolicy) (*eventing.EventManager, *measured) {
	t.Helper()
	provider, err := broker.Open(eventing.Settings{ServerName: "server"})
	require.NoError(t, err)
	m := &measured{Provider: provider}
	return startCrowd(t, m, &crowd{on: on}, policies...), m
}

func startCrowd(t *testing.T, provider eventing.Provider, listener any, policies ...eventing.ListenerPolicy) *eventing.EventManager {
	t.Helper()
	manager, err := eventing.NewEventManager(provider, eventing.Config{Listeners: []any{listener}, Policies: policies})
	require.NoError(t, err)
	require.NoError(t, manager.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, manager.Stop(context.Background())) })
	return manager
}

// TestSuspectsAreHandledOneAtATime, with nothing else in the process, until an
// event comes that is new.
func TestSuspectsAreHandledOneAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broker := memory.NewBroker()
		leaveUnsettled(t, broker, 4, 2)
		var ended recorder[time.Duration]
		begin := time.Now()
		manager, m := startMeasured(t, broker, func(order) error {
			time.Sleep(time.Second)
			ended.add(time.Since(begin) / time.Second)
			return nil
		})
		require.NoError(t, eventing.SendEvents(t.Context(), manager, make([]order, 5)))
		time.Sleep(time.Minute)
		assert.Equal(t, []time.Duration{1, 2, 3, 4, 5, 6, 6, 7, 7}, ended.all())
		assert.Equal(t, []int{64, 1, 64}, m.prefetch.all())
	})
}

func TestStopWithSuspects(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broker := memory.NewBroker()
		leaveUnsettled(t, broker, 4, 1)
		for range 4 { // one each
			reached := make(chan struct{}, 4)
			manager, _ := startMeasured(t, broker, func(order) error {
				reached <- struct{}{}
				time.Sleep(time.Second)
				return nil
			})
			<-reached
			require.NoError(t, manager.Stop(t.Context()))
			assert.Equal(t, eventing.Totals{Handled: 1}, manager.Stats().Totals)
		}
	})
}

func TestEventsThatCameTooOftenAreDeadLettered(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		policies []eventing.ListenerPolicy
		times    int
		calls    int
	}{
		"the last of the default":  {nil, 4, 1},
		"beyond the default":       {nil, 5, 0},
		"the last of a policy":     {[]eventing.ListenerPolicy{eventing.PolicyFor[crowd](eventing.Policy{MaxDeliveries: 2})}, 1, 1},
		"beyond that":              {[]eventing.ListenerPolicy{eventing.PolicyFor[crowd](eventing.Policy{MaxDeliveries: 2})}, 2, 0},
		"a policy without a limit": {[]eventing.ListenerPolicy{eventing.PolicyFor[crowd](eventing.Policy{MaxDeliveries: -1})}, 30, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				broker := memory.NewBroker()
				leaveUnsettled(t, broker, 1, test.times)
				var calls recorder[order]
				manager, _ := startMeasured(t, broker, func(event order) error { calls.add(event); return nil }, test.policies...)
				synctest.Wait()
				assert.Len(t, calls.all(), test.calls)
				letters := deadLetters(t, broker, "crowd")
				require.Len(t, letters, 1-test.calls)
				if test.calls == 0 {
					assert.Equal(t, strconv.Itoa(test.times), header(letters[0], "aspyx_attempts"))
					assert.Equal(t, "*eventing.CrashedError", header(letters[0], "aspyx_error_type"))
					assert.Equal(t, uint64(1), manager.Stats().DeadLettered)
				}
			})
		})
	}
}
