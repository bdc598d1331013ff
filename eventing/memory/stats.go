package memory

// QueueStats describes one queue at one moment.
type QueueStats struct {
	// Address is what the queue is bound to: the name of its event, or of the
	// dead letters.
	Address string

	// Queue is the queue's name.
	Queue string

	// DeadLetters tells that the queue takes dead letters.
	DeadLetters bool

	// Messages is how many are ready to be received.
	Messages int

	// Delayed is how many are kept back until they are due.
	Delayed int

	// Unsettled is how many are in the hands of consumers.
	Unsettled int

	// Bytes is the size of all of these, in bytes of bodies and headers.
	Bytes int64

	// Consumers is how many are attached.
	Consumers int

	// Expired is how many were dropped since the queue was made, as their time
	// to live was over.
	Expired uint64
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
	return QueueStats{
		Address:     q.address.name,
		Queue:       q.name,
		DeadLetters: q.spec.IsDeadLetter(),
		Messages:    q.backlog(),
		Delayed:     len(q.delayed),
		Unsettled:   q.unsettled,
		Bytes:       q.bytes,
		Consumers:   len(q.consumers),
		Expired:     q.expired,
	}
}
