package eventing

import "sync/atomic"

// Stats counts what a manager has done since it was made.
type Stats struct {
	// Sent events were confirmed by the broker.
	Sent uint64
	// Handled events were acknowledged after their listener returned nil.
	Handled uint64
	// Retried attempts followed a failed one, in place or by redelivery.
	Retried uint64
	// DeadLettered events were put aside.
	DeadLettered uint64
	// Dropped events were ended by a pipeline, on either side.
	Dropped uint64
}

type counters struct {
	sent, handled, retried, deadLettered, dropped atomic.Uint64
}

// Stats returns the counters.
func (m *EventManager) Stats() Stats {
	return Stats{
		Sent:         m.stats.sent.Load(),
		Handled:      m.stats.handled.Load(),
		Retried:      m.stats.retried.Load(),
		DeadLettered: m.stats.deadLettered.Load(),
		Dropped:      m.stats.dropped.Load(),
	}
}
