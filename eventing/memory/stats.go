package memory

import "time"

// QueueStats describes one queue at one moment.
type QueueStats struct {
	// Address is what the queue is bound to: the name of its event, or of the
	// dead letters.
	Address string

	// Queue is the queue's name.
	Queue string

	// DeadLetters tells that the queue takes dead letters.
	DeadLetters bool

	// Messages is how many are ready to be received, those included that wait
	// for the consumer which has their key.
	Messages int

	// Delayed is how many are kept back until they are due.
	Delayed int

	// Unsettled is how many are in the hands of consumers.
	Unsettled int

	// Bytes is the size of all of these, in bytes of bodies and headers.
	Bytes int64

	// Consumers is how many are attached.
	Consumers int

	// MaxMessages is how many the queue has ever held at once, those that were
	// delayed or unsettled included.
	MaxMessages int

	// Age is how long ago the longest waiting of the ready messages was sent, by
	// its [eventing.Message.Time]. It is zero where none is ready, or that one
	// tells no time.
	Age time.Duration

	// Enqueued is how many have entered the queue since it was made, as the
	// other totals are since then. Each of them was accepted, has expired, was
	// dropped, or is still there.
	Enqueued uint64

	// Delivered is how often a consumer has received one. Each delivery was
	// accepted, was released, or is unsettled.
	Delivered uint64

	// Accepted is how many were settled for good.
	Accepted uint64

	// Released is how many deliveries were given back, by a consumer or by its
	// end.
	Released uint64

	// Expired is how many were removed as their time to live was over.
	Expired uint64

	// Dropped is how many were removed to make room for others: see
	// [OverflowDropOldest].
	Dropped uint64
}

// totals are what is counted. The others follow from these.
type totals struct {
	accepted, released, expired, dropped uint64
	peak                                 int // messages
}

// Stats returns all queues by address, those of one address in the order of
// their declaration. Each address is looked at by itself, at its own moment.
func (b *Broker) Stats() []QueueStats {
	var stats []QueueStats
	for _, a := range b.all() {
		a.mu.Lock()
		for _, q := range a.queues {
			q.sweep()
			stats = append(stats, q.stats())
		}
		a.unlock()
	}
	return stats
}

func (q *queue) stats() QueueStats {
	t := &q.totals
	return QueueStats{
		Address:     q.address.name,
		Queue:       q.name,
		DeadLetters: q.spec.IsDeadLetter(),
		Messages:    q.backlog(),
		Delayed:     len(q.delayed),
		Unsettled:   q.unsettled,
		Bytes:       q.bytes,
		Consumers:   len(q.consumers),
		MaxMessages: t.peak,
		Age:         q.age(),
		Enqueued:    uint64(q.messages) + t.accepted + t.expired + t.dropped,
		Delivered:   uint64(q.unsettled) + t.accepted + t.released,
		Accepted:    t.accepted,
		Released:    t.released,
		Expired:     t.expired,
		Dropped:     t.dropped,
	}
}

func (q *queue) age() time.Duration {
	oldest := q.oldest()
	if oldest.len() == 0 || oldest.at(0).message.Time.IsZero() {
		return 0
	}
	return max(0, time.Since(oldest.at(0).message.Time))
}
