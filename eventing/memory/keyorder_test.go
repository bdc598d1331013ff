package memory_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// crowd is several consumers of one queue that take turns at random, and what
// the order of each key demands of them.
type crowd struct {
	t         *testing.T
	random    *rand.Rand
	broker    *memory.Broker
	providers []*memory.Provider
	members   []*member

	sent     map[string]int
	accepted map[string]int
}

// member is a consumer with what it holds, in the order of receiving.
type member struct {
	consumer eventing.Consumer
	provider *memory.Provider
	prefetch int
	held     []*eventing.Delivery
	waiting  *pending
	next     eventing.Delivery
}

func TestOrderOfKeysAmongConsumers(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		synctest.Test(t, func(t *testing.T) {
			c := &crowd{
				t: t, random: rand.New(rand.NewPCG(seed, 1)), broker: memory.NewBroker(),
				sent: map[string]int{}, accepted: map[string]int{},
			}
			for range 3 {
				c.providers = append(c.providers, open(t, c.broker, greeter))
			}
			for range 4 {
				c.join()
			}
			for range 1500 {
				c.step()
				synctest.Wait()
				c.collect()
			}
			for _, m := range c.members { // nothing is left behind
				require.NoError(t, m.consumer.Close(t.Context()))
			}
			synctest.Wait()
			c.members = nil
			c.join()
			last := c.members[0]
			for left := stats(t, c.providers[0], greeter).Messages; left > 0; left-- {
				c.receive(last)
				synctest.Wait()
				c.collect()
				require.NotEmpty(t, last.held, "seed %d", seed)
				c.accept(last, 0)
			}
			require.Equal(t, c.sent, c.accepted, "seed %d", seed)
		})
	}
}

func (c *crowd) join() {
	m := &member{provider: c.providers[c.random.IntN(len(c.providers))], prefetch: 1 + c.random.IntN(5)}
	m.consumer = attach(c.t, m.provider, greeter, m.prefetch)
	c.members = append(c.members, m)
}

func (c *crowd) step() {
	i := c.random.IntN(len(c.members))
	m := c.members[i]
	switch n := c.random.IntN(20); {
	case n < 7:
		name := string(rune('a' + c.random.IntN(6)))
		c.sent[name]++
		submit(c.t, m.provider, hello(fmt.Sprint(c.sent[name]), key(name)))
	case n < 13:
		c.receive(m)
	case n < 17 && len(m.held) > 0: // the order of accepting is the consumer's own affair
		c.accept(m, c.oldest(m, c.random.IntN(len(m.held))))
	case n < 19 && len(m.held) > 0:
		i := len(m.held) - 1 // the last of its key: so the order stays what it was
		settle(c.t, m.consumer, m.held[i], eventing.Release)
		m.held = m.held[:i]
	case n == 19 && c.random.IntN(3) == 0:
		require.NoError(c.t, m.consumer.Close(c.t.Context()))
		c.members = append(c.members[:i], c.members[i+1:]...)
		c.join()
	}
}

// oldest returns the first that is held of the key of number i.
func (c *crowd) oldest(m *member, i int) int {
	for j, delivery := range m.held {
		if delivery.Message.Key == m.held[i].Message.Key {
			return j
		}
	}
	return i
}

func (c *crowd) accept(m *member, i int) {
	message := m.held[i].Message
	c.accepted[message.Key]++
	require.Equal(c.t, fmt.Sprint(c.accepted[message.Key]), string(message.Body), "accepted of key %s", message.Key)
	settle(c.t, m.consumer, m.held[i], eventing.Accept)
	m.held = append(m.held[:i], m.held[i+1:]...)
}

func (c *crowd) receive(m *member) {
	if m.waiting == nil {
		m.waiting = call(func() error { return m.consumer.Receive(c.t.Context(), &m.next) })
	}
}

// collect takes what was received meanwhile, and checks that it was its turn.
func (c *crowd) collect() {
	for _, m := range c.members {
		if m.waiting != nil && !m.waiting.waits() {
			require.NoError(c.t, <-m.waiting.done)
			delivery := m.next
			m.held = append(m.held, &delivery)
			m.waiting, m.next = nil, eventing.Delivery{}
		}
	}
	owners, counts, idle := map[string]*member{}, map[string]int{}, 0
	for _, m := range c.members {
		for _, delivery := range m.held {
			name := delivery.Message.Key
			require.Contains(c.t, []*member{nil, m}, owners[name], "key %s has two owners", name)
			owners[name] = m
			counts[name]++
			require.Equal(c.t, fmt.Sprint(c.accepted[name]+counts[name]), string(delivery.Message.Body), "received of key %s", name)
		}
		if m.waiting != nil && len(m.held) < m.prefetch {
			idle++
		}
	}
	if idle == len(c.members) {
		require.Zero(c.t, stats(c.t, c.providers[0], greeter).Messages, "all wait")
	}
}
