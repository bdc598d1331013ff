package memory

import (
	"errors"
	"log/slog"
	"time"
)

// ErrQueueFull is returned, together with [eventing.ErrRejected], when an event
// is sent for which one of its queues has no room, where [Config].Overflow is
// [OverflowError]. The event has entered none of them.
var ErrQueueFull = errors.New("memory: a queue of the event is full")

// Overflow is what becomes of an event for which one of its queues has no room.
// It enters all queues or none, in any case. Copies for a later retry and dead
// letters wait in any case.
type Overflow int

// The ways to overflow.
const (
	// OverflowBlock has senders wait, in line, until there is room.
	OverflowBlock Overflow = iota

	// OverflowDropOldest removes the ready messages of the full queue that are
	// there longest, as many as are in the way. They are lost: they are counted
	// in [QueueStats], and a warning is logged when a queue begins to drop,
	// which is when it hasn't for a minute. What is delayed, in the hands of a
	// consumer or in a dead-letter queue is never dropped: where only that is
	// in the way, senders wait.
	OverflowDropOldest

	// OverflowError has sending fail at once, with [ErrQueueFull].
	OverflowError
)

// String returns the name of the way.
func (o Overflow) String() string {
	switch o {
	case OverflowBlock:
		return "block"
	case OverflowDropOldest:
		return "drop oldest"
	case OverflowError:
		return "error"
	default:
		return "unknown"
	}
}

// makeRoom drops what is in the way of a message in all queues, or nothing.
func (a *address) makeRoom(s submission) bool {
	if a.broker.overflow != OverflowDropOldest || s.target != nil {
		return false
	}
	for _, q := range a.queues {
		if !q.fits(s.size) && !q.canDropFor(s.size) {
			return false
		}
	}
	for _, q := range a.queues {
		for !q.fits(s.size) {
			q.drop(s.sender)
		}
	}
	return true
}

// canDropFor tells whether there would be room without ready messages.
func (q *queue) canDropFor(size int64) bool {
	if q.spec.IsDeadLetter() || q.messages-q.backlog() >= q.address.broker.maxMessages {
		return false
	}
	missing := q.bytes + size - q.address.broker.maxBytes
	for r := range q.rings() {
		for i := 0; i < r.len() && missing > 0; i++ {
			missing -= r.at(i).size
		}
	}
	return missing <= 0
}

// oldest returns the ring that has the oldest ready message in front; it is
// empty where there is none.
func (q *queue) oldest() *ring[item] {
	oldest := &q.ready
	for r := range q.rings() {
		if r.len() > 0 && (oldest.len() == 0 || r.at(0).sequence < oldest.at(0).sequence) {
			oldest = r
		}
	}
	return oldest
}

// dropPause is how long a queue must not have dropped anything to begin anew.
const dropPause = time.Minute

// drop removes the oldest ready message for one of the sender.
func (q *queue) drop(sender *Provider) {
	now := q.address.broker.now()
	if q.totals.dropped == 0 || now-q.lastDrop >= dropPause {
		q.address.losing = append(q.address.losing, loss{q, sender})
	}
	q.lastDrop = now
	q.totals.dropped++
	q.remove(q.oldest().popFront())
}

// loss is a queue that begins to drop messages for those of a sender.
type loss struct {
	queue  *queue
	sender *Provider
}

func (l loss) log() {
	l.sender.log().Warn("a queue in memory is full: its oldest events are dropped", //nolint:sloglint // whoever makes room has no context
		slog.String("address", l.queue.address.name), slog.String("queue", l.queue.name))
}
