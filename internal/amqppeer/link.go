package amqppeer

import (
	"fmt"

	"github.com/Azure/go-amqp"
)

// Link is a link that a client has attached, or that was refused.
type Link struct {
	// Address is the target of a sender, or the source of a receiver. A dynamic
	// one is the peer's choice.
	Address string
	// Name is the client's choice.
	Name string
	// Receiver tells that the client receives by the link; else it sends.
	Receiver bool
	// Capabilities are those of the address.
	Capabilities []string
	// Properties are the link's.
	Properties map[string]any

	session *session
	handle  uint32
	script  Script

	// Guarded by the peer's mu.
	ended    bool
	credit   uint32
	count    uint32 // of deliveries, to which credit adds
	id       uint32 // of the one that comes
	partial  []byte // what has come of it
	received []*Received
	queue    [][]byte // to be delivered
	outcomes []string // of what was delivered
}

func (s *session) attach(got *frame) {
	peer := s.conn.peer
	place, capabilities, code := 6, 6, uint64(codeTarget)
	receiver := field[bool](got.fields, 2)
	if receiver {
		place, capabilities, code = 5, 10, codeSource
	}
	at := got.nested(place)
	link := &Link{
		Address: field[string](at, 0), Name: field[string](got.fields, 0), Receiver: receiver,
		Properties: field[map[string]any](got.fields, 13),
		session:    s, handle: got.number(1),
	}
	if dynamic := field[bool](at, 4); dynamic {
		peer.temps++
		link.Address = fmt.Sprintf("temporary-%d", peer.temps)
	}
	for _, each := range field[[]any](at, capabilities) {
		link.Capabilities = append(link.Capabilities, fmt.Sprint(each))
	}
	if one := field[Symbol](at, capabilities); one != "" {
		link.Capabilities = []string{string(one)}
	}
	link.script = peer.scripts[link.Address]
	peer.links = append(peer.links, link)
	s.links[link.handle] = link
	if link.script.Silent {
		return
	}
	var source, target any = described{codeSource, []any{field[string](got.nested(5), 0)}}, described{codeTarget, []any{field[string](got.nested(6), 0)}}
	switch mine := (described{code, []any{link.Address}}); {
	case link.script.Refuse != nil: // the detach that follows tells why
		source, target = nil, nil
	case receiver:
		source = mine
	default:
		target = mine
	}
	s.send(codeAttach, link.Name, link.handle, !receiver, uint8(field[uint64](got.fields, 3)), uint8(field[uint64](got.fields, 4)), //nolint:gosec // 0 to 2
		source, target, nil, nil, uint32(0))
	if link.script.Refuse != nil {
		link.detach(link.script.Refuse)
		return
	}
	link.begin()
}

// begin gives a sender its credit, and a receiver what is for it.
func (l *Link) begin() {
	for _, message := range l.script.Deliver {
		l.queue = append(l.queue, marshal(message))
	}
	switch {
	case l.Receiver, l.script.Credit < 0:
	case l.script.Credit == 0:
		l.grant(standardCredit)
	default:
		l.grant(uint32(l.script.Credit)) //nolint:gosec // positive
	}
}

const standardCredit = 1000

func (l *Link) grant(count uint32) {
	l.credit += count
	l.session.sendFlow(l)
}

func (l *Link) end() {
	l.ended = true
	delete(l.session.links, l.handle)
}

func (l *Link) detach(why *Error) {
	if !l.ended {
		l.session.send(codeDetach, l.handle, true, why.encoded())
		l.end()
	}
}

// whole is called when a message has come whole.
func (l *Link) whole() (*Received, error) {
	message := &amqp.Message{}
	if err := message.UnmarshalBinary(l.partial); err != nil {
		return nil, faultf("a message that can't be read: %v", err)
	}
	peer := l.session.conn.peer
	received := &Received{Index: peer.counts[l.Address], ID: l.id, Message: message}
	peer.counts[l.Address]++
	l.partial, l.received = nil, append(l.received, received)
	if l.script.Credit == 0 && l.credit <= standardCredit/2 {
		l.grant(standardCredit - l.credit)
	}
	peer.tell()
	return received, nil
}

// deliver gives a receiver what its credit permits.
func (l *Link) deliver() {
	s := l.session
	for ; l.credit > 0 && len(l.queue) > 0 && !l.ended; l.queue = l.queue[1:] {
		rest, most := l.queue[0], int(s.conn.maxFrame)-64
		tag := encode(nil, s.next)
		for begins := true; begins || len(rest) > 0; begins = false {
			part := rest[:min(len(rest), most)]
			rest = rest[len(part):]
			head := described{codeTransfer, []any{l.handle, s.next, tag, uint32(0), false, len(rest) > 0}}
			s.conn.put(encodeFrame(0, s.channel, &head, part))
			s.sent++
		}
		s.unsettled[s.next] = l
		s.next++
		l.count, l.credit = l.count+1, l.credit-1
	}
}

func marshal(message *amqp.Message) []byte {
	encoded, err := message.MarshalBinary()
	if err != nil {
		panic(fmt.Sprintf("amqppeer: a message to be delivered: %v", err))
	}
	return encoded
}
