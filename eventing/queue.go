package eventing

// Queue names one queue of an event as eventing sees it. A provider maps it to
// the names of its broker.
type Queue struct {
	// Event is the name of the event: the address that events are sent to.
	Event string

	// Listener is the listener's name.
	Listener string

	// Group, unless empty, names the shared queue in place of the listener.
	Group string

	// Server, unless empty, is the server that has this queue for itself:
	// the listener is per process, or the event is a broadcast. Such a queue
	// is exclusive: it has at most one consumer.
	Server string

	// Durable queues outlive their consumers and a restart of the broker. A
	// queue of one server that isn't durable leaves nothing behind when its
	// consumer goes.
	Durable bool

	// DeadLetters, unless empty, is the address of the queue's dead letters, in
	// place of DLQ.<event>.<listener>.
	DeadLetters string

	deadLetter bool
}

// DeadLetterPrefix begins the address of every dead-letter queue.
const DeadLetterPrefix = "DLQ."

// DeadLetter returns the queue that takes what the listener of q can't handle.
// It is durable, has an address of its own and that address's only queue.
func (q Queue) DeadLetter() Queue {
	return Queue{Event: q.Event, Listener: q.Listener, Durable: true, DeadLetters: q.DeadLetters, deadLetter: true}
}

// IsDeadLetter tells whether q came from [Queue.DeadLetter].
func (q Queue) IsDeadLetter() bool { return q.deadLetter }

// Exclusive tells whether the queue has at most one consumer.
func (q Queue) Exclusive() bool { return q.Server != "" }

// Address returns the address that q is bound to: the event's name, and for a
// dead-letter queue DLQ.<event>.<listener>, or what DeadLetters says.
func (q Queue) Address() string {
	switch {
	case q.deadLetter && q.DeadLetters != "":
		return q.DeadLetters
	case q.deadLetter:
		return DeadLetterPrefix + q.Event + "." + q.Listener
	}
	return q.Event
}

// Name returns the queue's name below its address.
func (q Queue) Name(naming Naming) string {
	if q.deadLetter {
		return q.Address()
	}
	if q.Group != "" {
		// Always qualified: one group listens to several events.
		return q.Event + "." + q.Group
	}
	name := q.Listener
	if naming == NamingQualified {
		name = q.Event + "." + name
	}
	if q.Server != "" {
		name += "-" + q.Server
	}
	return name
}

// String returns the queue as <address>::<name> in the original naming.
func (q Queue) String() string { return q.Address() + "::" + q.Name(NamingOriginal) }

// Naming chooses how the queue of a listener is named on a broker. The zero
// value is NamingOriginal.
type Naming int

// The namings.
const (
	// NamingOriginal names the queue as the Python original does: <listener>,
	// followed by -<server> for a queue of one server. Queue names are global
	// in some brokers (Artemis), so a listener name must then be unique there.
	NamingOriginal Naming = iota

	// NamingQualified puts the event's name in front: <event>.<listener>.
	NamingQualified
)

// String returns the name of the naming.
func (n Naming) String() string {
	switch n {
	case NamingOriginal:
		return "original"
	case NamingQualified:
		return "qualified"
	default:
		return "unknown"
	}
}
