package memory

import (
	"cmp"
	"container/heap"
	"slices"
	"time"

	"github.com/aspyx-go/aspyx/eventing"
)

// queue keeps the messages of one listener, in order, until they are accepted.
// It is guarded by its address's lock.
type queue struct {
	address *address
	spec    eventing.Queue // as it was declared first
	name    string

	ready   ring[item] // by sequence; see consumer.assigned too
	delayed delayHeap
	timer   *time.Timer // runs towards the first due message, or the next sweep

	nextExpiry time.Duration // when the first message may be over; 0 where none ever is
	lastSweep  time.Duration
	lastDrop   time.Duration

	consumers []*consumer
	turn      int              // whose of the consumers it was last
	groups    map[string]group // by key; the other keys have no owner

	messages  int // ready, delayed and unsettled
	unsettled int
	bytes     int64 // of all messages
	sequence  uint64
	totals    totals
	gone      bool
}

// item is a message in a queue.
type item struct {
	message  *eventing.Message
	size     int64
	sequence uint64        // its place in the queue, also after a release
	expires  time.Duration // by the broker's now; 0 means never
	lost     int32         // consumers that closed with it in their hands
	keyed    bool          // it has a key
	owned    bool          // it counts for the owner of its key
}

// queueName is the name of a queue below its address: names need to be unique
// there only.
func queueName(q eventing.Queue) string { return q.Name(eventing.NamingOriginal) }

// fits tells whether there is room for a message that is sent to the event.
func (q *queue) fits(size int64) bool {
	return q.messages < q.address.broker.maxMessages && q.bytes+size <= q.address.broker.maxBytes
}

// fitsTargeted tells whether there is room for a message that is sent to this
// queue alone: a dead letter, or a copy for a later retry. Such a copy comes
// from a worker that accepts the original next: it must not wait for the
// consumers, being one of them. Both carry more headers than their original
// had, so that one message may exceed the bound in bytes: else one that just
// fitted could never be retried.
func (q *queue) fitsTargeted() bool {
	if q.unsettled > 0 && !q.spec.IsDeadLetter() {
		return true
	}
	return q.messages < q.address.broker.maxMessages && q.bytes < q.address.broker.maxBytes
}

// put adds a message, whether or not there is room.
func (q *queue) put(message *eventing.Message, size int64) {
	q.messages++
	q.bytes += size
	q.totals.peak = max(q.totals.peak, q.messages)
	it := item{message: message, size: size, keyed: message.Key != ""}
	if message.TTL > 0 {
		it.expires = q.address.broker.now() + message.TTL
	}
	if message.Delay > 0 && !q.address.broker.draining.Load() {
		q.delay(it)
		q.watch(it)
		return
	}
	q.append(it)
	q.watch(it)
	q.dispatch()
}

func (q *queue) append(it item) {
	it.sequence = q.nextSequence()
	q.ready.pushBack(it)
}

func (q *queue) nextSequence() uint64 {
	q.sequence++
	return q.sequence
}

// backlog is how many messages are ready, those that are assigned included.
func (q *queue) backlog() int { return q.messages - q.unsettled - len(q.delayed) }

// restore puts a released message back to where it was.
func (q *queue) restore(it item, from *consumer) {
	q.totals.released++
	q.address.room = true // it can be dropped again
	if it.owned && q.groups[it.message.Key].count > 1 {
		insert(&from.assigned, it) // before those of its key that are there
	} else {
		q.disown(&it)
		insert(&q.ready, it)
	}
	q.watch(it)
}

// insert puts a message to the front, but behind those that were before it.
func insert(into *ring[item], it item) {
	into.pushFront(it)
	for i := 1; i < into.len() && into.at(i).sequence < it.sequence; i++ {
		*into.at(i - 1), *into.at(i) = *into.at(i), *into.at(i - 1)
	}
}

// restoreAll puts the messages of a consumer back that has gone. There may be
// so many that to insert them one by one would be quadratic.
func (q *queue) restoreAll(items []item) {
	if len(items) == 0 {
		return
	}
	last := uint64(0)
	for i := range items {
		q.disown(&items[i])
		q.watch(items[i])
		last = max(last, items[i].sequence)
	}
	for q.ready.len() > 0 && q.ready.at(0).sequence < last {
		items = append(items, q.ready.popFront())
	}
	slices.SortFunc(items, func(x, y item) int { return cmp.Compare(x.sequence, y.sequence) })
	for _, it := range slices.Backward(items) {
		q.ready.pushFront(it)
	}
}

// accept removes a message for good.
func (q *queue) accept(it item) {
	q.totals.accepted++
	q.remove(it)
	q.address.admit()
}

// remove counts a message out.
func (q *queue) remove(it item) {
	if it.owned {
		q.disown(&it)
	}
	q.messages--
	q.bytes -= it.size
	q.address.idle = q.address.idle || q.messages == 0
}

// dispatch hands ready messages to receivers that wait, in turns. After it, no
// consumer with such a receiver could take one.
func (q *queue) dispatch() {
	for passed := 0; passed < len(q.consumers) && q.backlog() > 0; passed++ {
		q.turn = (q.turn + 1) % len(q.consumers)
		if q.consumers[q.turn].serve() {
			passed = -1
		}
	}
}

// ripen makes the delayed messages ready that the condition holds for, the
// first due first.
func (q *queue) ripen(due func(delayed) bool) {
	for len(q.delayed) > 0 && due(q.delayed[0]) {
		q.address.room = true // it can be dropped now
		q.append(q.delayed[0].item)
		heap.Pop(&q.delayed)
	}
	q.dispatch()
}
