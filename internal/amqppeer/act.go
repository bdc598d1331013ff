package amqppeer

import (
	"fmt"
	"slices"

	"github.com/Azure/go-amqp"
)

// Message waits for the message with that index, from 0 over those of this
// link, and returns it.
func (l *Link) Message(index int) *Received {
	peer := l.session.conn.peer
	peer.tb.Helper()
	var found *Received
	peer.await(fmt.Sprintf("message %d of %s", index, l.Address), func() bool {
		if index < len(l.received) {
			found = l.received[index]
		}
		return found != nil
	})
	return found
}

// Messages returns what has come by this link so far.
func (l *Link) Messages() []*Received {
	peer := l.session.conn.peer
	peer.mu.Lock()
	defer peer.mu.Unlock()
	return slices.Clone(l.received)
}

// Settle gives messages an outcome, each by a frame of its own, in this order.
// [None] does nothing.
func (l *Link) Settle(outcome Outcome, messages ...*Received) {
	for _, each := range messages {
		l.SettleRange(outcome, each, each)
	}
}

// SettleRange gives all messages from the first to the last one an outcome, by
// one frame.
func (l *Link) SettleRange(outcome Outcome, first, last *Received) {
	if !outcome.settled {
		return
	}
	peer := l.session.conn.peer
	peer.mu.Lock()
	defer peer.mu.Unlock()
	if !l.ended {
		l.session.send(codeDisposition, true, first.ID, last.ID, outcome.settled, outcome.state)
	}
}

// Grant gives a sender credit for so many messages more.
func (l *Link) Grant(count int) {
	peer := l.session.conn.peer
	peer.mu.Lock()
	defer peer.mu.Unlock()
	l.grant(uint32(count)) //nolint:gosec // small
}

// Deliver gives a receiver messages, as its credit permits.
func (l *Link) Deliver(messages ...*amqp.Message) {
	for _, message := range messages {
		l.DeliverRaw(marshal(message))
	}
}

// DeliverRaw is Deliver for one that is encoded already, whatever it holds.
func (l *Link) DeliverRaw(encoded []byte) {
	peer := l.session.conn.peer
	peer.mu.Lock()
	defer peer.mu.Unlock()
	l.queue = append(l.queue, encoded)
	l.deliver()
}

// Outcomes waits until the client has settled so many of what it was given, and
// returns how, in the order of its frames: accepted, rejected, released,
// modified, or "" where it doesn't say.
func (l *Link) Outcomes(count int) []string {
	peer := l.session.conn.peer
	peer.tb.Helper()
	var outcomes []string
	peer.await(fmt.Sprintf("%d outcomes of %s", count, l.Address), func() bool {
		outcomes = slices.Clone(l.outcomes)
		return len(outcomes) >= count
	})
	return outcomes
}

// Detach ends the link for a reason, which may be nil.
func (l *Link) Detach(why *Error) {
	peer := l.session.conn.peer
	peer.mu.Lock()
	defer peer.mu.Unlock()
	l.detach(why)
	peer.tell()
}

// End ends the link's session for a reason, which may be nil.
func (l *Link) End(why *Error) {
	peer := l.session.conn.peer
	peer.mu.Lock()
	defer peer.mu.Unlock()
	l.session.end(why)
	peer.tell()
}

// Ended waits until the link has ended, by whichever side.
func (l *Link) Ended() {
	peer := l.session.conn.peer
	peer.tb.Helper()
	peer.await("end of the link to "+l.Address, func() bool { return l.ended })
}

// Conn returns the link's connection.
func (l *Link) Conn() *Conn { return l.session.conn }
