package amqp

import (
	"errors"
	"maps"
	"net"
	"slices"
	"sync/atomic"
	"time"

	"github.com/aspyx-go/aspyx/eventing"
)

// flow counts what has gone over one link of a consumer.
type flow struct {
	issued   atomic.Int64 // credit
	received atomic.Int64
	accepted atomic.Int64
}

// credit is how many messages the broker may send, or were fetched ahead. Nil is
// no link.
func (a *attachment) credit() int64 {
	if a == nil {
		return 0
	}
	return a.flow.issued.Load() - a.flow.received.Load()
}

// unsettled is how many messages of this link the listener has. Nil is no link.
func (a *attachment) unsettled() int64 {
	if a == nil {
		return 0
	}
	return a.flow.received.Load() - a.flow.accepted.Load()
}

// count counts a delivery that has come by a link.
func (c *consumer) count(on *attachment, delivery *eventing.Delivery) {
	on.flow.received.Add(1)
	c.lastDelivery.Store(time.Now().UnixNano())
	counters := &c.provider.counters
	counters.received.Add(1)
	if delivery.Count > 1 {
		counters.redelivered.Add(1)
	}
}

var _ eventing.Reporter = (*consumer)(nil)

// Status implements [eventing.Reporter].
func (c *consumer) Status() eventing.ConsumerStatus {
	if c.closed.Load() {
		return eventing.ConsumerStatus{}
	}
	var status eventing.ConsumerStatus
	if nanos := c.lastDelivery.Load(); nanos != 0 {
		status.LastDelivery = time.Unix(0, nanos)
	}
	on := c.current.Load()
	if on == nil || on.conn.isLost() {
		status.Err = c.detachedError()
		return status
	}
	status.Attached = true
	status.Credit = int(on.credit())
	status.Unsettled = int(on.unsettled())
	status.LastFrame = on.conn.line.lastRead()
	status.Err = errors.Join(c.silence.Load().health(on), c.left(on))
	return status
}

// left tells of a message that had to be left in the queue.
func (c *consumer) left(on *attachment) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return on.parked
}

// detachedError tells why the consumer has no link. It is nil for the moment in
// which one is lost and nobody knows why.
func (c *consumer) detachedError() error {
	c.mu.Lock()
	fault := c.fault
	c.mu.Unlock()
	if fault != nil {
		return fault
	}
	return c.provider.consuming.Health()
}

// openConsumers returns the consumers that aren't closed.
func (p *Provider) openConsumers() []*consumer {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Collect(maps.Keys(p.consumers))
}

// openSenders returns those of the addresses that something was sent to.
func (p *Provider) openSenders() []*sender {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Collect(maps.Values(p.senders))
}

// line is a socket that notes when something came by it.
type line struct {
	net.Conn
	read atomic.Int64 // in nanoseconds of Unix time
}

// Read implements [io.Reader].
func (l *line) Read(into []byte) (int, error) {
	n, err := l.Conn.Read(into)
	if n > 0 {
		l.read.Store(time.Now().UnixNano())
	}
	return n, err
}

func (l *line) lastRead() time.Time { return time.Unix(0, l.read.Load()) }
