package eventing

import (
	"maps"
	"time"
)

// SubscriptionInfo says what one listener is, and what it is at: one of the
// boot, or one that came by [Subscribe] or [SubscribeName].
type SubscriptionInfo struct {
	// Name is the listener's name, unique in its manager.
	Name string
	// Event is the event's name.
	Event string
	// Group, unless empty, names the shared queue.
	Group string
	// Server, unless empty, is what the queue's name ends with, as one process
	// has it for itself: the server's name, or a new id where the subscription
	// has no name.
	Server string
	// PerProcess tells that one process has the queue for itself.
	PerProcess bool
	// Durable queues outlive their consumers and a restart of the broker.
	Durable bool
	// Queue is the queue as <address>::<name>, in the original naming.
	Queue string
	// DeadLetters is the address of the dead letters.
	DeadLetters string
	// Metadata is a copy of what [Metadata] has said; nil where it hasn't.
	Metadata map[string]string
	// Dynamic tells that the subscription came at run time.
	Dynamic bool
	// Paused tells that it was paused, and not resumed since.
	Paused bool
	// HeldUp, unless nil, is why the listener can't go on: it can't put aside
	// what has failed, or get at its queue again.
	HeldUp error
	// Consumer is how the listener's hold on its queue is. It is nil while there
	// is none, and where the transport doesn't tell: see [Reporter].
	Consumer *ConsumerStatus
	// Concurrency is how many events, or batches, are handled at once.
	Concurrency int
	// BatchSize is how many events a batch has at most; zero means that the
	// listener gets one event at a time.
	BatchSize int
	// BatchAge is how long the first event of a batch waits for the others.
	BatchAge time.Duration
	// Once tells that the [Inbox] keeps out what was handled before.
	Once bool
	// Policy is what happens to an event whose handling fails.
	Policy Policy
	// Stats counts what became of its deliveries.
	Stats ListenerStats
}

// Subscriptions returns what listens now: the listeners of the boot, in the
// order of their registration, then the subscriptions of the run time that
// haven't ended, in the order they came.
func (m *EventManager) Subscriptions() []*SubscriptionInfo {
	all := m.roster.all()
	infos := make([]*SubscriptionInfo, len(all))
	for i, s := range all {
		infos[i] = s.info()
	}
	return infos
}

func (s *subscription) info() *SubscriptionInfo {
	info := &SubscriptionInfo{
		Name: s.listener.Name, Event: s.listener.Event.Name, Group: s.listener.Group, Server: s.queue.Server,
		PerProcess: s.queue.Exclusive(), Durable: s.queue.Durable,
		Queue: s.queue.String(), DeadLetters: s.queue.DeadLetter().Address(),
		Metadata: maps.Clone(s.metadata), Dynamic: s.dynamic, Paused: s.isPaused(),
		Concurrency: s.listener.Concurrency, BatchSize: s.listener.BatchSize, BatchAge: s.listener.BatchAge,
		Once: s.listener.Once, Policy: s.listener.Policy, Stats: s.counters.stats(), Consumer: s.status(),
	}
	if err := s.heldUp.Load(); err != nil {
		info.HeldUp = *err
	}
	return info
}
