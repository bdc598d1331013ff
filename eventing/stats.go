package eventing

import "sync/atomic"

// Stats counts what a manager has done since it was made.
type Stats struct {
	Totals

	// Events counts what became of the sends of each event, by its name.
	Events map[string]EventStats

	// Listeners counts what became of the deliveries to each listener, by its
	// name.
	Listeners map[string]ListenerStats

	// Transport counts what went over the wire, where the provider is
	// [Measured]. Else it is zero.
	Transport TransportStats
}

// Totals are the sums over all events and listeners, those included that have
// ended.
type Totals struct {
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
	// Repeated events had been handled before: see the option once of [Listener].
	Repeated uint64
}

// EventStats counts what became of the sends of one event. A send may count
// twice, where a pipeline has proceeded and then returned an error.
type EventStats struct {
	// Sent events were confirmed by the broker.
	Sent uint64
	// Failed sends have ended with an error.
	Failed uint64
	// Dropped events were ended by a pipeline.
	Dropped uint64
}

// ListenerStats counts what became of the deliveries to one listener.
type ListenerStats struct {
	// Handled events were acknowledged after the listener returned nil, or an
	// error handler had handled its error.
	Handled uint64
	// Failed attempts have ended with an error or a panic. What a stop has
	// cancelled isn't counted.
	Failed uint64
	// Retried attempts followed a failed one, in place or by redelivery.
	Retried uint64
	// DeadLettered events were put aside.
	DeadLettered uint64
	// Dropped events were ended by a pipeline.
	Dropped uint64
	// Repeated events had been handled before, and were acknowledged without a
	// call: see the option once of [Listener].
	Repeated uint64
	// Released events were given back by a stop or a pause before they were
	// handled. Those that were only fetched aren't counted.
	Released uint64
	// InFlight events are being handled now, the pauses of their retries in
	// place included.
	InFlight int64
}

type eventCounters struct{ sent, failed, dropped atomic.Uint64 }

func (c *eventCounters) stats() EventStats {
	return EventStats{Sent: c.sent.Load(), Failed: c.failed.Load(), Dropped: c.dropped.Load()}
}

type listenerCounters struct {
	handled, failed, retried, deadLettered, dropped, repeated, released atomic.Uint64

	inFlight atomic.Int64
}

func (c *listenerCounters) stats() ListenerStats {
	return ListenerStats{
		Handled: c.handled.Load(), Failed: c.failed.Load(), Retried: c.retried.Load(),
		DeadLettered: c.deadLettered.Load(), Dropped: c.dropped.Load(),
		Repeated: c.repeated.Load(), Released: c.released.Load(), InFlight: c.inFlight.Load(),
	}
}

// Stats returns the counters. They are read one after the other: while events
// are on their way, the sums of different ones may not fit.
func (m *EventManager) Stats() Stats {
	all, gone := m.roster.withTotals()
	stats := Stats{
		Totals:    gone,
		Events:    make(map[string]EventStats),
		Listeners: make(map[string]ListenerStats),
		Transport: transportStats(m.provider),
	}
	for _, event := range *m.events.Load() {
		of := event.counters.stats()
		stats.Events[event.Name] = of
		stats.Sent += of.Sent
		stats.Dropped += of.Dropped
	}
	for _, s := range all {
		of := s.counters.stats()
		stats.Listeners[s.listener.Name] = of
		stats.add(of)
	}
	return stats
}

func (t *Totals) add(of ListenerStats) {
	t.Handled += of.Handled
	t.Retried += of.Retried
	t.DeadLettered += of.DeadLettered
	t.Dropped += of.Dropped
	t.Repeated += of.Repeated
}
