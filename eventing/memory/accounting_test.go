package memory_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// world is a random course of events: producers and consumers that do all that
// they may, in an order that is another one for each seed.
type world struct {
	t        *testing.T
	provider *memory.Provider
	ctx      context.Context //nolint:containedctx // the test's end for all its goroutines
	queue    eventing.Queue

	mu         sync.Mutex
	accepted   map[string]int // how often, by body
	mortal     map[string]bool
	deliveries uint64
	releases   uint64            // by consumers, not by their end
	owners     map[string]*hands // by key
}

// hands are a consumer's, and what it holds of each key.
type hands struct {
	eventing.Consumer
	closing bool
	held    map[string]int
}

func TestEachMessageIsAccountedFor(t *testing.T) {
	t.Parallel()
	var expired, givenBack uint64
	for seed := range uint64(30) {
		overflow := memory.Overflow(seed % 3)
		synctest.Test(t, func(t *testing.T) {
			const producers, each = 4, 250
			provider := open(t, memory.Config{MaxMessages: 7, MaxBytes: 60, Overflow: overflow}, greeter)
			ctx, cancel := context.WithCancel(t.Context())
			w := &world{
				t: t, provider: provider, ctx: ctx, queue: greeter,
				accepted: map[string]int{}, mortal: map[string]bool{}, owners: map[string]*hands{},
			}
			var sending, receiving sync.WaitGroup
			var sent sync.Map
			for p := range producers {
				sending.Go(func() { w.produce(rand.New(rand.NewPCG(seed, uint64(p))), p*each, each, &sent) })
			}
			for c := range 3 {
				receiving.Go(func() { w.consume(rand.New(rand.NewPCG(seed, uint64(100+c)))) })
			}
			sending.Wait()
			// The others come and go, and Drain doesn't wait for a queue that
			// nobody consumes from at the moment.
			stays := attach(t, provider, greeter, 1)
			require.NoError(t, provider.Drain(t.Context()))
			require.NoError(t, stays.Close(t.Context()))
			cancel()
			receiving.Wait()

			once := map[string]int{}
			sent.Range(func(body, _ any) bool {
				once[fmt.Sprint(body)] = 1
				return true
			})
			left := stats(t, provider, greeter)
			expired += left.Expired
			givenBack += left.Released - w.releases
			assert.Equal(t, overflow == memory.OverflowDropOldest, left.Dropped > 0)
			assert.Equal(t, len(once), len(w.accepted)+int(left.Expired+left.Dropped), "seed %d: each was accepted, is over or was dropped", seed)
			assert.Equal(t, memory.QueueStats{
				Address: "hello", Queue: "greeter", MaxMessages: 7, Enqueued: uint64(len(once)), Accepted: uint64(len(w.accepted)),
				Delivered: w.deliveries, Released: w.deliveries - uint64(len(w.accepted)), Expired: left.Expired, Dropped: left.Dropped,
			}, left)
			maps.DeleteFunc(once, func(body string, _ int) bool {
				return w.accepted[body] == 0 && (w.mortal[body] || left.Dropped > 0)
			})
			assert.NotEmpty(t, once)
			assert.Equal(t, once, w.accepted, "seed %d: each that was confirmed, once, and no other", seed)
		})
	}
	assert.NotZero(t, expired)
	assert.NotZero(t, givenBack, "consumers that closed with messages in their hands")
}

// produce sends some events plainly, some delayed and some with no patience.
func (w *world) produce(random *rand.Rand, first, n int, sent *sync.Map) {
	for i := first; i < first+n; i++ {
		message := hello(strconv.Itoa(i))
		if random.IntN(5) == 0 {
			message.Delay = time.Duration(random.IntN(1000)) * time.Microsecond
		}
		if name := random.IntN(6); name < 3 {
			message.Key = strconv.Itoa(name)
		}
		if random.IntN(5) == 0 {
			message.TTL = time.Duration(1+random.IntN(2000)) * time.Microsecond
			w.mu.Lock()
			w.mortal[string(message.Body)] = true
			w.mu.Unlock()
		}
		ctx, cancel := w.ctx, context.CancelFunc(func() {})
		if random.IntN(5) == 0 {
			ctx, cancel = context.WithTimeout(w.ctx, time.Duration(random.IntN(100))*time.Microsecond)
		}
		_, err := w.provider.Submit(ctx, message)
		cancel()
		if err == nil {
			sent.Store(string(message.Body), true)
			continue
		}
		if errors.Is(err, memory.ErrQueueFull) {
			time.Sleep(100 * time.Microsecond) // the clock of synctest
			continue
		}
		assert.ErrorIs(w.t, err, eventing.ErrNotSent)
	}
}

// consume accepts, releases and retries, and attaches again and again.
func (w *world) consume(random *rand.Rand) {
	for w.ctx.Err() == nil {
		prefetch := 1 + random.IntN(4)
		consumer, err := w.provider.Attach(w.ctx, w.queue, prefetch)
		if err != nil {
			return // cancelled meanwhile
		}
		h := &hands{Consumer: consumer, held: map[string]int{}}
		var workers sync.WaitGroup
		for range 1 + random.IntN(3) {
			seed := random.Uint64()
			workers.Go(func() { w.work(h, rand.New(rand.NewPCG(seed, 0))) })
		}
		if random.IntN(2) == 0 {
			workers.Wait() // else it closes under their hands
		} else {
			time.Sleep(time.Duration(random.IntN(2000)) * time.Microsecond) // the clock of synctest
		}
		w.mu.Lock()
		h.closing = true
		w.mu.Unlock()
		assert.NoError(w.t, consumer.Close(w.ctx))
		workers.Wait()
	}
}

func (w *world) work(consumer *hands, random *rand.Rand) {
	var held []*eventing.Delivery
	for range 1 + random.IntN(30) {
		ctx, cancel := context.WithTimeout(w.ctx, time.Duration(random.IntN(300))*time.Microsecond)
		delivery := &eventing.Delivery{}
		err := consumer.Receive(ctx, delivery)
		cancel()
		if err == nil {
			held = append(held, delivery)
			w.hold(consumer, delivery.Message.Key)
		}
		if len(held) > 0 && random.IntN(2) == 0 {
			i := random.IntN(len(held))
			w.settle(consumer, held[i], random)
			held = append(held[:i], held[i+1:]...)
		}
	}
	for _, delivery := range held {
		w.settle(consumer, delivery, random)
	}
}

// hold checks that nobody else holds messages of the key.
func (w *world) hold(consumer *hands, key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deliveries++
	if key == "" || consumer.closing {
		return // given back already, maybe
	}
	if owner := w.owners[key]; owner != nil && !owner.closing {
		assert.Same(w.t, owner, consumer, "key %s", key)
	}
	w.owners[key] = consumer
	consumer.held[key]++
}

func (w *world) letGo(consumer *hands, key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	consumer.held[key]--
	if consumer.held[key] == 0 && w.owners[key] == consumer {
		delete(w.owners, key)
	}
}

func (w *world) settle(consumer *hands, delivery *eventing.Delivery, random *rand.Rand) {
	body := string(delivery.Message.Body)
	w.letGo(consumer, delivery.Message.Key)
	if random.IntN(3) == 0 {
		if consumer.Settle(delivery, eventing.Release) == nil { // else it was given back
			w.mu.Lock()
			defer w.mu.Unlock()
			w.releases++
		}
		return
	}
	if consumer.Settle(delivery, eventing.Accept) == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.accepted[body]++
	}
}
