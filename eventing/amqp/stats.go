package amqp

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/aspyx-go/aspyx/eventing"
)

// counters are what a provider has counted. Their fields are those of
// [eventing.TransportStats].
type counters struct {
	published, resent, confirmed, rejected, unknown atomic.Uint64

	received, redelivered atomic.Uint64

	reconnects, reattaches atomic.Uint64

	blocked atomic.Int64 // nanoseconds
}

// outcome counts how a message has ended. That of one whose sender has given up
// was unknown before.
func (c *counters) outcome(err error, givenUp bool) {
	switch {
	case err == nil:
		c.confirmed.Add(1)
	case errors.Is(err, eventing.ErrRejected):
		c.rejected.Add(1)
	case errors.Is(err, eventing.ErrUnconfirmed) && !givenUp:
		c.unknown.Add(1)
	}
}

var _ eventing.Measured = (*Provider)(nil)

// TransportStats implements [eventing.Measured]. There are two connections.
func (p *Provider) TransportStats() eventing.TransportStats {
	c := &p.counters
	stats := eventing.TransportStats{
		Published: c.published.Load(), Resent: c.resent.Load(),
		Confirmed: c.confirmed.Load(), Rejected: c.rejected.Load(), Unknown: c.unknown.Load(),
		Received: c.received.Load(), Redelivered: c.redelivered.Load(),
		Reconnects: c.reconnects.Load(), Reattaches: c.reattaches.Load(),
		BlockedTime: time.Duration(c.blocked.Load()),
	}
	for _, s := range p.openSenders() {
		unconfirmed := s.unconfirmed.Load()
		messages, bytes := s.queue.load()
		stats.Unconfirmed += unconfirmed
		stats.Queued += max(int64(messages)-unconfirmed, 0)
		stats.PendingBytes += bytes
	}
	for _, c := range p.openConsumers() {
		stats.Unsettled += c.current.Load().unsettled()
	}
	for _, each := range []*supervisor{p.publishing, p.consuming} {
		if conn := each.Last(); conn != nil && !conn.isLost() {
			stats.Connections++
		}
	}
	return stats
}
