package eventing_test

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// accounting is a random course of events, another one for each seed.
type accounting struct {
	seed    uint64
	wrecks  bool // ships end without a stop, too
	broker  *memory.Broker
	ctx     context.Context //nolint:containedctx // the world's end for all its goroutines
	journal *journal
	numbers atomic.Int64

	mu       sync.Mutex
	managers []*eventing.EventManager
}

// The events of the accounting test. Each has a number of its own.
type (
	crate struct {
		eventing.Event `event:"name=crate,durable"`
		Number         int
	}
	leaf struct {
		eventing.Event `event:"name=leaf"`
		Number         int
	}
)

// The listeners of each ship, one policy each. All have in common what they do,
// which depends on the queue and the event's number.
type (
	duty func(ctx context.Context, number int) error

	loader struct {
		eventing.Listener[crate] `listener:"name=loader,retries=2,backoff=50ms"`
		duty
	}
	mate struct {
		eventing.Listener[crate] `listener:"name=mate,group=crew,concurrency=3,retries=1,backoff=3s"`
		duty
	}
	boy struct {
		eventing.Listener[crate] `listener:"name=boy,group=crew,retries=2,backoff=10ms"`
		duty
	}
	watch struct {
		eventing.Listener[crate] `listener:"name=watch,per_process"`
		duty
	}
	reader struct {
		eventing.Listener[leaf] `listener:"name=reader,retries=0"`
		duty
	}
	sorter struct {
		eventing.Listener[leaf] `listener:"name=sorter,concurrency=2,timeout=500ms,retries=1,backoff=100ms"`
		duty
	}
)

func (l *loader) On(ctx context.Context, event crate) error { return l.duty(ctx, event.Number) }
func (l *mate) On(ctx context.Context, event crate) error   { return l.duty(ctx, event.Number) }
func (l *boy) On(ctx context.Context, event crate) error    { return l.duty(ctx, event.Number) }
func (l *watch) On(ctx context.Context, event crate) error  { return l.duty(ctx, event.Number) }
func (l *reader) On(ctx context.Context, event leaf) error  { return l.duty(ctx, event.Number) }
func (l *sorter) On(ctx context.Context, event leaf) error  { return l.duty(ctx, event.Number) }

// watchPolicy leaves all retries to the broker.
var watchPolicy = eventing.PolicyFor[watch](eventing.Policy{Retries: 2, Backoff: 20 * time.Millisecond, InPlace: -1})

// ship is a process: it starts and stops, again and again, each time with a new
// manager.
type ship struct {
	world   *accounting
	name    string
	random  *rand.Rand
	manager atomic.Pointer[eventing.EventManager]
}

// sail runs the ship until the world ends.
func (s *ship) sail(t *testing.T, first chan<- struct{}) {
	t.Helper()
	for i := 0; i == 0 || s.world.ctx.Err() == nil; i++ {
		manager, provider := s.build(t)
		if i > 0 && s.random.IntN(8) == 0 {
			s.failToStart(t, manager)
			continue
		}
		if !assert.NoError(t, manager.Start(context.Background())) {
			return
		}
		s.manager.Store(manager)
		if i == 0 {
			first <- struct{}{} // its queues are there
		}
		s.rest(manager)
		pause(s.world.ctx, between(s.random, 100*time.Millisecond, 8*time.Second))
		if s.world.wrecks && s.random.IntN(4) == 0 {
			assert.NoError(t, provider.Stop(context.Background())) // all that it holds is lost
		}
		ctx, cancel := context.Background(), context.CancelFunc(func() {})
		if s.random.IntN(3) > 0 {
			ctx, cancel = context.WithTimeout(ctx, between(s.random, 10*time.Millisecond, 3*time.Second))
		}
		began := time.Now()
		assert.NoError(t, manager.Stop(ctx))
		assert.LessOrEqual(t, time.Since(began), 30*time.Second)
		cancel()
		pause(s.world.ctx, between(s.random, 0, 2*time.Second))
	}
}

// rest pauses some listeners, of which not all have an end of that.
func (s *ship) rest(manager *eventing.EventManager) {
	for _, listener := range manager.Subscriptions() {
		if s.random.IntN(10) > 0 {
			continue
		}
		ctx, cancel := context.WithTimeout(s.world.ctx, between(s.random, 10*time.Millisecond, 2*time.Second))
		_ = manager.Pause(ctx, listener.Name) // it may hang too long
		pause(s.world.ctx, between(s.random, 0, 2*time.Second))
		if s.random.IntN(2) == 0 {
			_ = manager.Resume(ctx, listener.Name)
		}
		cancel()
	}
}

// failToStart begins to start under a context that is over.
func (s *ship) failToStart(t *testing.T, manager *eventing.EventManager) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	assert.Error(t, manager.Start(ctx))
}

func (s *ship) build(t *testing.T) (*eventing.EventManager, eventing.Provider) {
	t.Helper()
	provider, err := s.world.broker.Open(eventing.Settings{ServerName: s.name})
	assert.NoError(t, err)
	var manager *eventing.EventManager
	at := func(queue string) duty {
		return func(ctx context.Context, number int) error { return s.world.handle(ctx, manager, queue, number) }
	}
	manager, err = eventing.NewEventManager(provider, eventing.Config{
		Listeners: []any{
			&loader{duty: at("crate::loader")}, &mate{duty: at("crate::crate.crew")}, &boy{duty: at("crate::crate.crew")},
			&watch{duty: at("crate::watch-" + s.name)}, &reader{duty: at("leaf::reader")}, &sorter{duty: at("leaf::sorter")},
		},
		Policies: []eventing.ListenerPolicy{watchPolicy},
		Logger:   slog.New(slog.DiscardHandler),
	})
	assert.NoError(t, err)
	s.world.add(manager)
	return manager, provider
}

var errMutiny = errors.New("mutiny")

// handle behaves as the seed says for this queue and event, for as many calls as
// it says.
func (a *accounting) handle(ctx context.Context, manager *eventing.EventManager, queue string, number int) error {
	random := a.randomFor(queue, number)
	call := a.journal.called(queue, number)
	if call <= 1+random.IntN(3) {
		if err := misbehave(ctx, random); err != nil {
			return err
		}
	}
	if random.IntN(10) == 0 {
		next := a.next()
		if err := a.journal.outcome(next, manager.SendEvent(ctx, leaf{Number: next})); err != nil {
			return err
		}
	}
	a.journal.handled(queue, number)
	return nil
}

func misbehave(ctx context.Context, random *rand.Rand) error {
	switch random.IntN(30) {
	case 0, 1:
		return errMutiny
	case 2:
		return eventing.Permanent(errMutiny)
	case 3:
		panic(errMutiny)
	case 4:
		runtime.Goexit()
	case 5:
		return eventing.RetryAfter(errMutiny, between(random, 0, 5*time.Second))
	case 6:
		return hang(ctx, between(random, 0, 20*time.Second))
	case 7, 8:
		return hang(ctx, between(random, 0, 100*time.Millisecond))
	}
	return nil
}

// hang returns early where the context says so.
func hang(ctx context.Context, d time.Duration) error {
	if !pause(ctx, d) {
		return context.Cause(ctx)
	}
	return nil
}

// pause is false when the context is done first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// between returns one of the whole hundredths of a second in the range: so that
// much happens at the same instant.
func between(random *rand.Rand, low, high time.Duration) time.Duration {
	const tick = 10 * time.Millisecond
	return low + time.Duration(random.Int64N(int64((high-low)/tick)))*tick
}

// collect takes the dead letters of one listener, sometimes not quickly
// enough.
func (a *accounting) collect(t *testing.T, provider eventing.Provider, queue eventing.Queue, random *rand.Rand) {
	t.Helper()
	consumer, err := provider.Attach(context.Background(), queue, 5)
	if !assert.NoError(t, err) {
		return
	}
	var delivery eventing.Delivery
	for consumer.Receive(a.ctx, &delivery) == nil {
		a.journal.lettered(delivery.Message)
		assert.NoError(t, consumer.Settle(&delivery, eventing.Accept))
		if random.IntN(10) == 0 {
			pause(a.ctx, between(random, 0, 10*time.Second))
		}
	}
	assert.NoError(t, consumer.Close(context.Background()))
}

// takeAll takes what is left in a queue, delayed messages included.
func takeAll(t *testing.T, provider eventing.Provider, queue eventing.Queue, count int) []*eventing.Message {
	t.Helper()
	consumer, err := provider.Attach(context.Background(), queue, 10)
	if !assert.NoError(t, err) {
		return nil
	}
	var messages []*eventing.Message
	for range count {
		var delivery eventing.Delivery
		ctx, cancel := context.WithTimeout(context.Background(), 2*eventing.MaxRetryDelay)
		err := consumer.Receive(ctx, &delivery)
		cancel()
		if !assert.NoError(t, err) {
			break
		}
		messages = append(messages, delivery.Message)
		assert.NoError(t, consumer.Settle(&delivery, eventing.Accept))
	}
	assert.NoError(t, consumer.Close(context.Background()))
	return messages
}

func (a *accounting) next() int { return int(a.numbers.Add(1)) }

func (a *accounting) add(manager *eventing.EventManager) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.managers = append(a.managers, manager)
}
