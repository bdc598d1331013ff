package amqp

import (
	"encoding/binary"
	"fmt"
)

// frameHeaderSize is what each frame begins with: its size (4 bytes), where its
// body begins (in words of 4 bytes), its type, and its channel (2 bytes).
const frameHeaderSize = 8

// The performatives that the intake follows.
const (
	attachPerformative   = 0x12
	transferPerformative = 0x14
	detachPerformative   = 0x16
	endPerformative      = 0x17
)

// cutFrame takes a frame, or a protocol header, off data. It is nil where not
// all of it has come.
func cutFrame(data []byte) (frame []byte, err error) {
	if len(data) < frameHeaderSize {
		return nil, nil
	}
	size := binary.BigEndian.Uint32(data)
	if string(data[:4]) == "AMQP" {
		size = frameHeaderSize
	}
	if size < frameHeaderSize || size > maxFrameSize {
		return nil, fmt.Errorf("the peer has sent a frame of %d bytes: it may have %d to %d", size, frameHeaderSize, maxFrameSize)
	}
	if uint64(size) > uint64(len(data)) {
		return nil, nil
	}
	return data[:size], nil
}

// performative is what a frame tells about its payload.
type performative struct {
	kind    byte
	channel uint16
	fields  []byte // as a list has them
	count   uint32
	size    int // of the frame without the payload
}

// readPerformative is false for frames that have none, and for those that only
// the library has to understand.
func readPerformative(frame []byte) (p performative, ok bool) {
	if frame[4] != 2 || frame[5] != 0 {
		return p, false // not of AMQP, but of SASL
	}
	kind, list, ok := readDescriptor(frame[frameHeaderSize:])
	if !ok {
		return p, false
	}
	code, content, payload, ok := cut(list)
	if !ok || !isList(code) {
		return p, false
	}
	p.kind, p.channel, p.size = kind, binary.BigEndian.Uint16(frame[6:]), len(frame)-len(payload)
	p.count, p.fields, ok = elements(code, content)
	return p, ok
}

// skip takes the next field off, and returns it undecoded.
func (p *performative) skip() []byte {
	if p.count == 0 || len(p.fields) == 0 {
		return nil
	}
	rest, v := scanValue(p.fields, 0)
	if v == broken {
		p.count = 0
		return nil
	}
	field := p.fields[:len(p.fields)-len(rest)]
	p.count, p.fields = p.count-1, rest
	return field
}

// number reads the next field as an unsigned number.
func (p *performative) number() (number uint32, ok bool) {
	code, content, _, ok := cut(p.skip())
	switch {
	case !ok:
		return 0, false
	case code == 0x43:
		return 0, true
	case code == 0x52:
		return uint32(content[0]), true
	case code == 0x70:
		return binary.BigEndian.Uint32(content), true
	default:
		return 0, false
	}
}

// flag reads the next field as a boolean. One that is left out is false.
func (p *performative) flag() bool {
	code, content, _, ok := cut(p.skip())
	return ok && (code == 0x41 || code == 0x56 && content[0] != 0)
}

// text reads the next field as a string.
func (p *performative) text() string {
	code, content, _, ok := cut(p.skip())
	if !ok || !is(code, nameClass) {
		return ""
	}
	return string(content)
}

// transfer is what the performative of a transfer tells.
type transfer struct {
	handle        uint32
	more, aborted bool
}

func (p *performative) transfer() (t transfer, ok bool) {
	t.handle, ok = p.number()
	for range 4 { // delivery-id, delivery-tag, message-format, settled
		p.skip()
	}
	t.more = p.flag()
	for range 3 { // rcv-settle-mode, state, resume
		p.skip()
	}
	t.aborted = p.flag()
	return t, ok
}

// attach is what the performative of an attachment tells.
type attach struct {
	name     string
	handle   uint32
	toBroker bool // the broker's end receives
}

func (p *performative) attach() (a attach, ok bool) {
	a.name = p.text()
	a.handle, ok = p.number()
	a.toBroker = p.flag()
	return a, ok
}

// setSize makes the frame one of that size.
func setSize(frame []byte, size int) {
	binary.BigEndian.PutUint32(frame, uint32(size)) //nolint:gosec // far below: see maxDelivery
}
