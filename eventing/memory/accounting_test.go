package memory_test

import (
	"context"
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

	mu       sync.Mutex
	accepted map[string]int // how often, by body
	mortal   map[string]bool
}

func TestEachMessageIsAccountedFor(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			const producers, each = 4, 250
			provider := open(t, memory.Config{MaxMessages: 7, MaxBytes: 60}, greeter)
			ctx, cancel := context.WithCancel(t.Context())
			w := &world{t: t, provider: provider, ctx: ctx, queue: greeter, accepted: map[string]int{}, mortal: map[string]bool{}}
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
			assert.NotZero(t, left.Expired)
			assert.Equal(t, len(once), len(w.accepted)+int(left.Expired), "seed %d: each was accepted, or is over", seed)
			maps.DeleteFunc(once, func(body string, _ int) bool { return w.accepted[body] == 0 && w.mortal[body] })
			assert.NotEmpty(t, once)
			assert.Equal(t, once, w.accepted, "seed %d: each that was confirmed, once, and no other", seed)
			assert.Equal(t, memory.QueueStats{Address: "hello", Queue: "greeter", Expired: left.Expired}, left)
		})
	}
}

// produce sends some events plainly, some delayed and some with no patience.
func (w *world) produce(random *rand.Rand, first, n int, sent *sync.Map) {
	for i := first; i < first+n; i++ {
		message := hello(strconv.Itoa(i))
		if random.IntN(5) == 0 {
			message.Delay = time.Duration(random.IntN(1000)) * time.Microsecond
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
		var workers sync.WaitGroup
		for range 1 + random.IntN(3) {
			seed := random.Uint64()
			workers.Go(func() { w.work(consumer, rand.New(rand.NewPCG(seed, 0))) })
		}
		if random.IntN(2) == 0 {
			workers.Wait() // else it closes under their hands
		}
		assert.NoError(w.t, consumer.Close(w.ctx))
		workers.Wait()
	}
}

func (w *world) work(consumer eventing.Consumer, random *rand.Rand) {
	var held []*eventing.Delivery
	for range 1 + random.IntN(30) {
		ctx, cancel := context.WithTimeout(w.ctx, time.Duration(random.IntN(300))*time.Microsecond)
		delivery := &eventing.Delivery{}
		err := consumer.Receive(ctx, delivery)
		cancel()
		if err == nil {
			held = append(held, delivery)
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

func (w *world) settle(consumer eventing.Consumer, delivery *eventing.Delivery, random *rand.Rand) {
	body := string(delivery.Message.Body)
	if random.IntN(3) == 0 {
		_ = consumer.Settle(delivery, eventing.Release) // or it is given back, being closed
		return
	}
	if consumer.Settle(delivery, eventing.Accept) == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.accepted[body]++
	}
}
