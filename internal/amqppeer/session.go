package amqppeer

import (
	"errors"
	"io"
	"math"
)

// session is one session of a client. All is guarded by the peer's mu.
type session struct {
	conn    *Conn
	channel uint16
	links   map[uint32]*Link // by handle, which both sides share
	ended   bool             // by the peer

	received  uint32 // deliveries of the client, whose ids begin at 0
	transfers uint32 // frames of them
	next      uint32 // delivery id of ours
	sent      uint32 // frames of ours
	unsettled map[uint32]*Link
}

// handle answers a frame. Its error ends the connection.
func (c *Conn) handle(got *frame) error {
	if got.code == codeTransfer {
		return c.transfer(got)
	}
	c.peer.mu.Lock()
	defer c.peer.mu.Unlock()
	switch {
	case got.code == 0: // a sign of life
		return nil
	case got.code == codeOpen:
		c.open(got)
		return nil
	case got.code == codeClose:
		if !c.closing {
			c.send(0, codeClose)
			c.closing = true
		}
		return nil
	case c.peer.options.Mute:
		return nil
	case got.code == codeBegin:
		c.begin(got)
		return nil
	}
	s := c.sessions[got.channel]
	if s == nil {
		return faultf("a frame %#x for the session %d, which there isn't", got.code, got.channel)
	}
	return s.handle(got)
}

func (c *Conn) begin(got *frame) {
	first := c.peer.options.FirstDelivery
	c.sessions[got.channel] = &session{
		conn: c, channel: got.channel, links: map[uint32]*Link{}, unsettled: map[uint32]*Link{}, next: first, sent: first,
	}
	c.send(got.channel, codeBegin, got.channel, first, uint32(math.MaxInt32), uint32(math.MaxInt32), uint32(math.MaxUint16))
}

func (s *session) handle(got *frame) error {
	link := s.links[got.number(0)]
	switch got.code {
	case codeAttach:
		s.attach(got)
	case codeFlow:
		s.flow(got)
	case codeDisposition:
		s.disposition(got)
	case codeDetach:
		if link == nil {
			return nil // the answer to ours
		}
		s.send(codeDetach, link.handle, field[bool](got.fields, 1))
		link.end()
	case codeEnd:
		delete(s.conn.sessions, s.channel)
		s.end(nil)
	default:
		return faultf("a frame %#x", got.code)
	}
	s.conn.peer.tell()
	return nil
}

// end ends the session, unless the peer has.
func (s *session) end(why *Error) {
	if s.ended {
		return
	}
	s.ended = true
	for _, link := range s.links {
		link.end()
	}
	s.send(codeEnd, why.encoded())
}

func (s *session) send(code uint64, fields ...any) { s.conn.send(s.channel, code, fields...) }

// flow tells the link's state, which is that of no link where it is nil.
func (s *session) sendFlow(link *Link) {
	fields := []any{s.transfers, uint32(math.MaxInt32), s.sent, uint32(math.MaxInt32)}
	if link != nil {
		fields = append(fields, link.handle, link.count, link.credit)
	}
	s.send(codeFlow, fields...)
}

func (s *session) flow(got *frame) {
	link := s.links[got.number(4)]
	if !got.has(4) {
		link = nil
	}
	if link != nil && link.Receiver {
		link.credit = got.number(5) + got.number(6) - link.count
		link.deliver()
		if field[bool](got.fields, 8) { // drain
			link.count, link.credit = link.count+link.credit, 0
			s.sendFlow(link)
			return
		}
	}
	if field[bool](got.fields, 9) { // echo
		s.sendFlow(link)
	}
}

// disposition notes what the client makes of what it was given.
func (s *session) disposition(got *frame) {
	first, last := got.number(1), got.number(1)
	if got.has(2) {
		last = got.number(2)
	}
	state := field[described](got.fields, 4)
	for i := uint32(0); i <= last-first; i++ {
		link, ok := s.unsettled[first+i]
		if !ok {
			continue
		}
		delete(s.unsettled, first+i)
		link.outcomes = append(link.outcomes, stateNames[state.code])
	}
}

var stateNames = map[uint64]string{0x24: "accepted", 0x25: "rejected", 0x26: "released", 0x27: "modified"}

// transfer takes a part of a message, and answers the whole of it.
func (c *Conn) transfer(got *frame) error {
	c.peer.mu.Lock()
	link, received, err := c.take(got)
	var answer func(*Received) Outcome
	if received != nil {
		answer = link.script.Answer
		if link.Address == managementAddress && answer == nil {
			answer = func(received *Received) Outcome {
				c.peer.manage(received.Message)
				return Accepted
			}
		}
	}
	c.peer.mu.Unlock()
	if err != nil || received == nil {
		return err
	}
	outcome := Accepted
	if answer != nil {
		outcome = answer(received)
	}
	link.Settle(outcome, received)
	return nil
}

// take returns a message when it is whole. Frames for a link that has ended may
// still come.
func (c *Conn) take(got *frame) (*Link, *Received, error) {
	s := c.sessions[got.channel]
	if s == nil {
		return nil, nil, errors.Join(faultf("a message for the session %d, which there isn't", got.channel), io.EOF)
	}
	s.transfers++
	link, begins := s.links[got.number(0)], got.has(1)
	if link == nil {
		return nil, nil, nil
	}
	if len(link.partial) == 0 {
		if id := got.number(1); !begins || id != s.received {
			return nil, nil, faultf("the delivery id %d in place of %d", id, s.received)
		}
		if link.credit == 0 {
			return nil, nil, faultf("a message without credit")
		}
		link.id, link.count, link.credit = s.received, link.count+1, link.credit-1
		s.received++
	}
	link.partial = append(link.partial, got.payload...)
	if field[bool](got.fields, 5) { // more
		return nil, nil, nil
	}
	received, err := link.whole()
	return link, received, err
}
