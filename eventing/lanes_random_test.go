package eventing_test

import (
	"context"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// TestKeysKeepTheirOrderWhateverHappens has listeners fail, panic, exit and ask
// for pauses at random, and managers stop and start.
func TestKeysKeepTheirOrderWhateverHappens(t *testing.T) {
	t.Parallel()
	for range 10 {
		seed := rand.Uint64()
		for _, listen := range ledgers {
			synctest.Test(t, func(t *testing.T) { keepOrder(t, seed, listen) })
		}
	}
}

func keepOrder(t *testing.T, seed uint64, listen listen) {
	t.Helper()
	const events = 400
	random, ends := rand.New(rand.NewPCG(seed, 0)), rand.New(rand.NewPCG(seed, 1))
	accounts := []string{"a", "b", "c", "d", "e", ""}
	var mu sync.Mutex
	atWork := map[string]int{}
	handled := map[string][]int{} // at their last attempt
	on := func(ctx context.Context, event booking) error {
		mu.Lock()
		chance := ends.IntN(10)
		atWork[event.Account]++
		assert.True(t, event.Account == "" || atWork[event.Account] == 1, "seed %d: one event of a key at a time", seed)
		mu.Unlock()
		time.Sleep(time.Duration(chance) * time.Millisecond)
		mu.Lock()
		defer mu.Unlock()
		atWork[event.Account]--
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if chance < 6 || eventing.EnvelopeFrom(ctx).Attempt() == 3 {
			handled[event.Account] = append(handled[event.Account], event.Number)
		}
		switch chance {
		case 6:
			panic("broken")
		case 7:
			runtime.Goexit()
		case 8:
			return eventing.RetryAfter(errBroken, time.Second)
		case 9:
			return errBroken
		}
		return nil
	}
	listener := listen(on)
	broker := memory.NewBroker()
	open := func() *eventing.EventManager { return startOn(t, broker, eventing.Config{Listeners: []any{listener}}) }
	manager := open()
	want := map[string][]int{}
	for i := range events {
		account := accounts[random.IntN(len(accounts))]
		want[account] = append(want[account], i)
		book(t, manager, entry(account, i))
		if random.IntN(100) == 0 {
			time.Sleep(time.Duration(random.IntN(100)) * time.Millisecond)
			require.NoError(t, manager.Stop(t.Context()))
			manager = open()
		}
	}
	time.Sleep(time.Hour)
	synctest.Wait()
	slices.Sort(handled[""])
	assert.Equal(t, want, handled, "seed %d: each once, in order", seed)
}
