package memory

import (
	"container/heap"
	"slices"
	"time"
)

// now is the time since the broker was made: short enough to be kept with each
// message, and never put back.
func (b *Broker) now() time.Duration { return time.Since(b.epoch) }

// isOver tells whether the message's time to live has passed.
func (it *item) isOver(now time.Duration) bool { return it.expires != 0 && it.expires <= now }

// watch has the timer look at a message with a time to live.
func (q *queue) watch(it item) {
	if it.expires == 0 {
		return
	}
	if q.nextExpiry == 0 || it.expires < q.nextExpiry {
		q.nextExpiry = it.expires
		q.startTimer()
	}
}

// trim drops what is over at the front of a ring, so that nobody receives it.
// Afterwards the first message there, if there is one, is alive.
func (q *queue) trim(r *ring[item]) {
	for r.len() > 0 && r.at(0).expires != 0 {
		if !r.at(0).isOver(q.address.broker.now()) {
			return
		}
		q.expire(r.popFront())
	}
}

// expire counts a message out that was removed. Whoever waits for the room is
// let in by unlock: this may be in the middle of putting a message into several
// queues, before which no other may come.
func (q *queue) expire(it item) {
	q.totals.expired++
	q.remove(it)
	q.address.room = true
}

// sweep drops all that is over, wherever it is in the queue, and finds out when
// to look again.
func (q *queue) sweep() {
	now := q.address.broker.now()
	if q.nextExpiry == 0 || now < q.nextExpiry {
		return
	}
	q.nextExpiry, q.lastSweep = 0, now
	var over []item
	stays := func(it item) bool {
		if it.isOver(now) {
			over = append(over, it)
			return false
		}
		if it.expires != 0 && (q.nextExpiry == 0 || it.expires < q.nextExpiry) {
			q.nextExpiry = it.expires
		}
		return true
	}
	for r := range q.rings() {
		for range r.len() {
			if it := r.popFront(); stays(it) {
				r.pushBack(it)
			}
		}
	}
	before := len(q.delayed)
	q.delayed = slices.DeleteFunc(q.delayed, func(d delayed) bool { return !stays(d.item) })
	if len(q.delayed) < before {
		heap.Init(&q.delayed)
	}
	for _, it := range over {
		q.expire(it)
	}
}

// untilSweep is how long the queue may sleep. To look at all messages takes
// some nanoseconds for each: so there is a microsecond for each in between.
func (q *queue) untilSweep() time.Duration {
	least := time.Duration(q.messages-q.unsettled) * time.Microsecond
	return max(q.nextExpiry, q.lastSweep+least) - q.address.broker.now()
}
