package eventing

import "time"

// Measured is implemented by a provider that counts what goes over the wire.
type Measured interface {
	// TransportStats returns the counters. It returns at once.
	TransportStats() TransportStats
}

// TransportStats is what a transport has counted since its provider was made,
// in messages unless a field says otherwise: events, retries and dead letters
// alike. What the transport tells its broker besides isn't counted. The zero
// value is that of a transport which counts nothing.
type TransportStats struct {
	// Published messages were written to the wire, each as often as it was.
	Published uint64
	// Resent messages were among them, and had been written before, to a link
	// that has ended without telling what became of them.
	Resent uint64
	// Confirmed messages were accepted by the broker.
	Confirmed uint64
	// Rejected messages were refused by the broker.
	Rejected uint64
	// Unknown messages have ended with [ErrUnconfirmed] for their sender. One
	// whose sender has given up counts as Confirmed or Rejected too, where the
	// broker still tells.
	Unknown uint64
	// Received messages were handed to listeners, and to readers of dead letters.
	Received uint64
	// Redelivered messages were among them, and delivered before, as the broker
	// says.
	Redelivered uint64
	// Reconnects are connections that were made again after one was lost.
	Reconnects uint64
	// Reattaches are links, of listeners and of senders, that were made again
	// after one has ended: with its connection, or by the broker.
	Reattaches uint64
	// BlockedTime is how long addresses had messages without an outcome and got on
	// with none, while there was a connection: the broker holds senders back. The
	// times of all addresses are added up, in steps of a second: what is shorter
	// doesn't count.
	BlockedTime time.Duration

	// What follows is as it is now.

	// Queued messages wait to be written. Those whose sender waits until there is
	// room for them aren't counted.
	Queued int64
	// Unconfirmed messages were written, and have no outcome yet.
	Unconfirmed int64
	// PendingBytes is the size of both, in bytes of bodies and headers.
	PendingBytes int64
	// Unsettled messages are in the hands of listeners. What was only fetched
	// ahead isn't counted.
	Unsettled int64
	// Connections are those that stand. A transport tells how many it should
	// have: AMQP has two.
	Connections int
}

// transportStats is zero for a provider that counts nothing.
func transportStats(provider Provider) TransportStats {
	if measured, ok := provider.(Measured); ok {
		return measured.TransportStats()
	}
	return TransportStats{}
}
