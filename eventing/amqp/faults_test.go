package amqp_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

// traffic is a provider that sends numbered durable events to itself, one every
// few milliseconds.
type traffic struct {
	provider *amqp.Provider
	stop     chan struct{} // closed to end the sending
	wait     sync.WaitGroup

	mu      sync.Mutex
	sent    int // confirmed
	handled map[string]bool
}

func newTraffic(t *testing.T, config amqp.Config) *traffic {
	t.Helper()
	f := &traffic{provider: start(t, config), stop: make(chan struct{}), handled: map[string]bool{}}
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: true}
	require.NoError(t, f.provider.Declare(within(t), []eventing.Queue{queue}))
	consumer := attach(t, f.provider, queue, 20)
	f.wait.Go(func() { f.send(t, queue.Event) })
	go func() {
		var delivery eventing.Delivery
		for consumer.Receive(t.Context(), &delivery) == nil {
			_ = consumer.Settle(&delivery, eventing.Accept) // it comes again where this fails
			f.mu.Lock()
			f.handled[string(delivery.Message.Body)] = true
			f.mu.Unlock()
		}
	}()
	return f
}

// send goes on until it is told to stop. Each event is waited for as long as it
// takes.
func (f *traffic) send(t *testing.T, event string) {
	t.Helper()
	tick := time.NewTicker(3 * time.Millisecond)
	defer tick.Stop()
	for number := 0; ; number++ {
		select {
		case <-tick.C:
		case <-f.stop:
			return
		}
		receipt, err := f.provider.Submit(context.Background(), durable(event, fmt.Sprint(number)))
		if !assert.NoError(t, err) {
			return
		}
		f.wait.Go(func() {
			if assert.NoError(t, receipt.Wait(context.Background())) {
				f.mu.Lock()
				f.sent++
				f.mu.Unlock()
			}
		})
	}
}

// confirmed returns how many events were.
func (f *traffic) confirmed() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sent
}

// requireFlow waits until further events are confirmed.
func (f *traffic) requireFlow(t *testing.T) {
	t.Helper()
	before := f.confirmed()
	require.Eventually(t, func() bool { return f.confirmed() >= before+20 }, 2*time.Minute, 10*time.Millisecond)
}

// requireAllHandled ends the sending, and waits until each event is handled.
func (f *traffic) requireAllHandled(t *testing.T) {
	t.Helper()
	close(f.stop)
	f.wait.Wait()
	require.Eventually(t, func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return len(f.handled) == f.sent
	}, 2*time.Minute, 10*time.Millisecond)
	t.Logf("%d events", f.confirmed())
}

// idleTimeout is how soon the faults in these tests should be noticed. They wait
// ten times as long, since the machine may be busy.
const idleTimeout = 2 * time.Second

func (f *traffic) requireNoticed(t *testing.T) {
	t.Helper()
	begin := time.Now()
	require.Eventually(t, func() bool { return f.provider.Health() != nil }, 10*idleTimeout, time.Millisecond)
	require.ErrorIs(t, f.provider.Health(), eventing.ErrUnavailable)
	t.Logf("noticed after %v: %v", time.Since(begin), f.provider.Health())
}

// TestFaultsOfTheNetwork: each is noticed within the idle timeout, heals, and
// nothing gets lost.
func TestFaultsOfTheNetwork(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]struct{ begin, end func(*cutter) }{
		"cut":       {(*cutter).cut, (*cutter).reopen},
		"reset":     {func(c *cutter) { c.reset(); c.cut() }, (*cutter).reopen},
		"stalled":   {(*cutter).stall, (*cutter).unstall},
		"truncated": {(*cutter).truncate, func(*cutter) {}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			between := newCutter(t, brokertest.URL(t))
			f := newTraffic(t, amqp.Config{URL: between.url, IdleTimeout: idleTimeout, ConnectTimeout: idleTimeout})
			for range 3 {
				f.requireFlow(t)
				before := between.count()
				fault.begin(between)
				if name != "truncated" { // that may heal before anybody looks
					f.requireNoticed(t)
				}
				fault.end(between)
				require.Eventually(t, func() bool { return between.count() > before }, limit, time.Millisecond)
				requireHealed(t, f.provider)
			}
			f.requireFlow(t)
			f.requireAllHandled(t)
		})
	}
}

// TestASlowNetworkIsNoFault: what is late still comes within the idle timeout.
func TestASlowNetworkIsNoFault(t *testing.T) {
	t.Parallel()
	between := newCutter(t, brokertest.URL(t))
	f := newTraffic(t, amqp.Config{URL: between.url, IdleTimeout: 10 * idleTimeout})
	between.delay(50 * time.Millisecond)
	f.requireFlow(t)
	assert.Equal(t, 2, between.count(), "the connections of the start")
	require.NoError(t, f.provider.Health())
	between.delay(0)
	f.requireAllHandled(t)
}

// TestABrokerThatHangs is one whose process is stopped by a signal: its
// connections stay open, and nobody answers.
func TestABrokerThatHangs(t *testing.T) {
	t.Parallel()
	broker := brokertest.Own(t)
	f := newTraffic(t, amqp.Config{URL: broker.URL(), IdleTimeout: idleTimeout, ConnectTimeout: idleTimeout})
	for range 2 {
		f.requireFlow(t)
		broker.Suspend()
		f.requireNoticed(t)
		broker.Resume()
		requireHealed(t, f.provider)
	}
	f.requireFlow(t)
	f.requireAllHandled(t)
}
