package memory

import (
	"container/heap"
	"time"

	"github.com/aspyx-go/aspyx/eventing"
)

// queue keeps the messages of one listener, in order, until they are accepted.
// It is guarded by its address's lock.
type queue struct {
	address *address
	spec    eventing.Queue // as it was declared first
	name    string

	ready   ring[item] // by sequence
	delayed delayHeap
	timer   *time.Timer // runs towards the first due message, or the next sweep

	nextExpiry time.Duration // when the first message may be over; 0 where none ever is
	lastSweep  time.Duration
	expired    uint64 // messages

	consumers []*consumer
	turn      int // whose of the consumers it was last

	messages  int // ready, delayed and unsettled
	unsettled int
	bytes     int64 // of all messages
	sequence  uint64
	gone      bool
}

// item is a message in a queue.
type item struct {
	message  *eventing.Message
	size     int64
	sequence uint64        // its place in the queue, also after a release
	lost     int           // consumers that closed with it in their hands
	expires  time.Duration // by the broker's now; 0 means never
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
	it := item{message: message, size: size}
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

// restore puts a message back to where it was: to the front, but behind those
// that were before it.
func (q *queue) restore(it item) {
	q.unsettled--
	q.ready.pushFront(it)
	for i := 1; i < q.ready.len() && q.ready.at(i).sequence < it.sequence; i++ {
		*q.ready.at(i - 1), *q.ready.at(i) = *q.ready.at(i), *q.ready.at(i - 1)
	}
	q.watch(it)
}

// accept removes a message for good.
func (q *queue) accept(it item) {
	q.unsettled--
	q.remove(it)
	q.address.admit()
}

// remove counts a message out.
func (q *queue) remove(it item) {
	q.messages--
	q.bytes -= it.size
	q.address.idle = q.address.idle || q.messages == 0
}

// dispatch hands ready messages to receivers that wait. After it, either there
// are no such messages or no such receivers.
func (q *queue) dispatch() {
	for q.trim(); q.ready.len() > 0; q.trim() {
		c := q.nextConsumer()
		if c == nil {
			return
		}
		p := c.waiting.popFront()
		p.held = c.take()
		p.message, p.count = p.held.message, p.held.count()
		q.address.served(p)
	}
}

// nextConsumer returns the consumer whose turn it is among those that wait.
func (q *queue) nextConsumer() *consumer {
	for range q.consumers {
		q.turn = (q.turn + 1) % len(q.consumers)
		if c := q.consumers[q.turn]; c.waiting.len() > 0 && c.hasCredit() {
			return c
		}
	}
	return nil
}

// ripen makes the delayed messages ready that the condition holds for, the
// first due first.
func (q *queue) ripen(due func(delayed) bool) {
	for len(q.delayed) > 0 && due(q.delayed[0]) {
		q.append(q.delayed[0].item)
		heap.Pop(&q.delayed)
	}
	q.dispatch()
}
