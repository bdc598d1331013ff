package eventingtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// groupCases prove promise 13 across processes. Where the provider lacks groups,
// a manager refuses the listener.
func groupCases() []Case {
	return []Case{
		newCase(13, "events of one key go to one process", keyStays, eventing.Durable(), eventing.Key("Number")),
		newCase(13, "events of one key are one at a time and in order", keyInOrder, eventing.Durable(), eventing.Key("Number")),
		newCase(13, "a key goes on in order when its consumer ends", keyGoesOn, eventing.Durable(), eventing.Key("Number")),
	}
}

// grouped is more than all messages of a case: a broker may not look past those
// for a consumer that has its hands full.
const grouped = 100

// keyedMessage returns the event of a key with a number.
func (s *scene) keyedMessage(key string, number int) *eventing.Message {
	message := s.message(number)
	message.Key, message.Durable = key, true
	return message
}

// receipts collects what several consumers receive.
type receipts struct {
	mu  sync.Mutex
	got [2][]*eventing.Delivery
}

func (r *receipts) add(consumer int, delivery *eventing.Delivery) (count int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got[consumer] = append(r.got[consumer], delivery)
	return len(r.got[0]) + len(r.got[1])
}

// collect has both consumers receive until they have so many in all.
func (s *scene) collect(consumers [2]eventing.Consumer, all int, r *receipts, then func(consumer int, delivery *eventing.Delivery)) {
	s.Helper()
	ctx, enough := context.WithCancel(s.limit())
	defer enough()
	var wait sync.WaitGroup
	for i, consumer := range consumers {
		wait.Go(func() {
			for {
				delivery := &eventing.Delivery{}
				if consumer.Receive(ctx, delivery) != nil {
					return
				}
				count := r.add(i, delivery)
				if then != nil {
					then(i, delivery)
				}
				if count == all {
					enough()
				}
			}
		})
	}
	wait.Wait()
	require.Equal(s, all, len(r.got[0])+len(r.got[1]), "messages received")
}

// keyStays holds a message of a key at one process.
func keyStays(s *scene) {
	if s.lacksGroups() {
		return
	}
	const each = 10
	sender, left, right, queue := s.provider(), s.provider(), s.provider(), s.queue("alpha")
	one := s.attach(left, queue, grouped)
	s.submit(sender, s.keyedMessage("held", 0))
	held := s.receive(one, "the first of the key")
	assert.Equal(s, "held", held.Message.Key, "the key arrives")

	two := s.attach(right, queue, grouped)
	for n := range each {
		s.submit(sender, s.keyedMessage("held", n+1), s.keyedMessage(fmt.Sprint("other ", n), 0))
	}
	var r receipts
	first := s.receive(two, "what is of other keys, at the other process")
	assert.NotEqual(s, "held", first.Message.Key, "the first message at the other process")
	r.add(0, held)
	r.add(1, first)
	s.collect([2]eventing.Consumer{one, two}, 2*each+1, &r, nil)
	numbers := []int{}
	for _, delivery := range r.got[0] {
		if delivery.Message.Key == "held" {
			numbers = append(numbers, s.number(delivery))
		}
	}
	assert.Equal(s, sequence(0, each+1), numbers, "the events of the key at the process that has it")
}

// keyInOrder has two processes handle events of some keys, each for a while.
func keyInOrder(s *scene) {
	if s.lacksGroups() {
		return
	}
	const each = 8
	keys := []string{"ash", "birch", "cedar"}
	sender, queue := s.provider(), s.queue("alpha")
	consumers := [2]eventing.Consumer{s.attach(s.provider(), queue, grouped), s.attach(s.provider(), queue, grouped)}
	for n := range each {
		for _, key := range keys {
			s.submit(sender, s.keyedMessage(key, n))
		}
	}
	var mu sync.Mutex
	var faults []string
	next, busy := map[string]int{}, map[string]bool{}
	var r receipts
	s.collect(consumers, each*len(keys), &r, func(consumer int, delivery *eventing.Delivery) {
		key, number := delivery.Message.Key, s.number(delivery)
		mu.Lock()
		if busy[key] || number != next[key] {
			faults = append(faults, fmt.Sprintf("%s %d came when %d was next, and another one was busy: %v", key, number, next[key], busy[key]))
		}
		next[key], busy[key] = number+1, true
		mu.Unlock()
		s.pass(5 * time.Millisecond)
		mu.Lock()
		busy[key] = false
		mu.Unlock()
		s.settle(consumers[consumer], delivery, eventing.Accept)
	})
	assert.Empty(s, strings.Join(faults, "; "))
}

// keyGoesOn ends the consumer that has a key, with some of its events handled,
// some received, and some prefetched.
func keyGoesOn(s *scene) {
	if s.lacksGroups() {
		return
	}
	const all, received = 10, 4
	sender, left, queue := s.provider(), s.provider(), s.queue("alpha")
	owner := s.attach(left, queue, grouped)
	for n := range all {
		s.submit(sender, s.keyedMessage("k", n))
	}
	heir := s.attach(s.provider(), queue, grouped)
	var held []*eventing.Delivery
	for n := range received {
		held = append(held, s.receive(owner, fmt.Sprintf("message %d of the key", n)))
	}
	s.settle(owner, held[0], eventing.Accept)
	for _, delivery := range held[1:] {
		s.settle(owner, delivery, eventing.Release)
	}
	s.release(owner, left)
	assert.Equal(s, sequence(1, all-1), s.take(heir, all-1), "what goes on at the other process")
	s.submit(sender, s.keyedMessage("k", all))
	assert.Equal(s, []int{all}, s.take(heir, 1))
	s.fenceQueue(sender, heir, queue)
}

// sequence returns so many numbers from first on.
func sequence(first, count int) []int {
	return slices.Collect(func(yield func(int) bool) {
		for n := range count {
			if !yield(first + n) {
				return
			}
		}
	})
}
