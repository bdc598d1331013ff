package memory_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

func key(name string) func(*eventing.Message) {
	return func(m *eventing.Message) { m.Key = name }
}

// sendKeyed submits events whose bodies are a key and a number, like a1.
func sendKeyed(tb testing.TB, provider *memory.Provider, bodies ...string) {
	tb.Helper()
	for _, body := range bodies {
		submit(tb, provider, hello(body, key(body[:1])))
	}
}

func requireNext(tb testing.TB, consumer eventing.Consumer, body string) *eventing.Delivery {
	tb.Helper()
	delivery := receive(tb, consumer)
	require.Equal(tb, body, string(delivery.Message.Body))
	return delivery
}

func TestAKeyIsForOneConsumerAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broker := memory.NewBroker()
		one, two := open(t, broker, greeter), open(t, broker, greeter)
		first, second := attach(t, one, greeter, 10), attach(t, two, greeter, 10)
		sendKeyed(t, one, "a1", "a2", "b1", "a3", "b2")
		submit(t, one, hello("no key"))
		a1 := requireNext(t, first, "a1")
		b1 := requireNext(t, second, "b1")
		requireNext(t, second, "b2")
		requireNext(t, second, "no key")
		requireNone(t, second)
		a2 := requireNext(t, first, "a2") // one consumer may hold several of a key
		settle(t, first, a1, eventing.Accept)
		settle(t, second, b1, eventing.Accept)
		requireNone(t, second)
		a3 := requireNext(t, first, "a3")
		settle(t, first, a2, eventing.Accept)
		settle(t, first, a3, eventing.Accept)
		sendKeyed(t, one, "b3", "a4")
		requireNext(t, second, "b3")
		requireNext(t, second, "a4") // the key was free
		requireNone(t, first)
	})
}

func TestAMessageGoesToTheOwnerThatWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := open(t, memory.Config{}, greeter)
		first, second := attach(t, provider, greeter, 2), attach(t, provider, greeter, 2)
		sendKeyed(t, provider, "a1")
		a1 := requireNext(t, first, "a1")
		var other, next eventing.Delivery
		waiting := call(func() error { return second.Receive(t.Context(), &other) })
		owning := call(func() error { return first.Receive(t.Context(), &next) })
		synctest.Wait()
		sendKeyed(t, provider, "a2", "a3")
		require.NoError(t, <-owning.done)
		assert.Equal(t, "a2", string(next.Message.Body))
		owning = call(func() error { return first.Receive(t.Context(), &next) })
		synctest.Wait()
		require.True(t, owning.waits(), "it has no credit")
		require.True(t, waiting.waits())
		settle(t, first, a1, eventing.Accept)
		require.NoError(t, <-owning.done)
		assert.Equal(t, "a3", string(next.Message.Body))
		sendKeyed(t, provider, "b1")
		require.NoError(t, <-waiting.done)
	})
}

func TestASlowKeyHoldsNoOtherUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := open(t, memory.Config{}, greeter)
		slow, idle := attach(t, provider, greeter, 1), attach(t, provider, greeter, 1)
		attach(t, provider, greeter, 1) // never receives, and so owns nothing
		for range 1000 {
			sendKeyed(t, provider, "a1")
		}
		sendKeyed(t, provider, "b1", "c1", "b2")
		held := requireNext(t, slow, "a1")
		assert.Equal(t, []string{"b1", "c1", "b2"}, take(t, idle, 3))
		requireNone(t, idle)
		assert.Equal(t, 999, stats(t, provider, greeter).Messages, "what is assigned is ready")
		settle(t, slow, held, eventing.Accept)
		take(t, slow, 999)
		assert.Zero(t, stats(t, provider, greeter).Bytes)
	})
}

func TestCloseGivesItsKeysBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := open(t, memory.Config{}, greeter)
		first, second := attach(t, provider, greeter, 2), attach(t, provider, greeter, 10)
		sendKeyed(t, provider, "a1", "b1", "a2", "c1", "b2", "a3", "c2")
		requireNext(t, first, "a1")
		requireNext(t, first, "b1")
		c1 := requireNext(t, second, "c1")
		requireNext(t, second, "c2")
		settle(t, second, c1, eventing.Release)
		var next eventing.Delivery
		sendKeyed(t, provider, "a4")
		requireNext(t, second, "c1")
		waiting := call(func() error { return second.Receive(t.Context(), &next) })
		synctest.Wait()
		require.True(t, waiting.waits())
		require.NoError(t, first.Close(t.Context()))
		require.NoError(t, <-waiting.done)
		assert.Equal(t, "a1", string(next.Message.Body))
		assert.Equal(t, []string{"b1", "a2", "b2", "a3", "a4"}, take(t, second, 5))
		requireNone(t, second)
	})
}

func TestAReleasedMessageStaysBeforeThoseOfItsKey(t *testing.T) {
	t.Parallel()
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 2, 0}, {1, 0, 2}} {
		synctest.Test(t, func(t *testing.T) {
			provider := open(t, memory.Config{}, greeter)
			consumer, other := attach(t, provider, greeter, 10), attach(t, provider, greeter, 10)
			sendKeyed(t, provider, "a1", "a2", "a3", "b1", "a4", "b2", "a5")
			held := []*eventing.Delivery{receive(t, consumer), receive(t, consumer), receive(t, consumer)}
			requireNext(t, other, "b1")
			requireNext(t, other, "b2")
			requireNone(t, other)
			for _, i := range order {
				settle(t, consumer, held[i], eventing.Release)
			}
			assert.Equal(t, []string{"a1", "a2", "a3", "a4", "a5"}, take(t, consumer, 5), "released in order %v", order)
		})
	}
}

func TestAssignedMessagesEndAndAreDrained(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := open(t, memory.Config{}, greeter)
		owner, other := attach(t, provider, greeter, 1), attach(t, provider, greeter, 1)
		sendKeyed(t, provider, "a1")
		submit(t, provider, hello("a2", key("a"), ttl(time.Second)), hello("a3", key("a"), ttl(time.Minute)),
			hello("a4", key("a"), ttl(time.Second)), hello("a5", key("a")))
		a1 := requireNext(t, owner, "a1")
		requireNone(t, other)
		time.Sleep(time.Second)
		assert.Equal(t, uint64(2), stats(t, provider, greeter).Expired)
		draining := call(func() error { return provider.Drain(t.Context()) })
		settle(t, owner, a1, eventing.Accept)
		time.Sleep(time.Hour)
		assert.Equal(t, []string{"a5"}, take(t, owner, 1), "a3 is over too")
		require.NoError(t, <-draining.done)
		assert.Equal(t, uint64(3), stats(t, provider, greeter).Expired)
	})
}
