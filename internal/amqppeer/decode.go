package amqppeer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

var errShort = errors.New("amqppeer: a value ends too early")

// decoder reads values. All unsigned integers become uint64; what the peer has
// no use for becomes nil.
type decoder struct{ rest []byte }

// take takes the next n bytes.
func (d *decoder) take(n uint64) ([]byte, error) {
	if uint64(len(d.rest)) < n {
		return nil, errShort
	}
	taken := d.rest[:n]
	d.rest = d.rest[n:]
	return taken, nil
}

func (d *decoder) number(bytes uint64) (uint64, error) {
	taken, err := d.take(bytes)
	var number uint64
	for _, each := range taken {
		number = number<<8 | uint64(each)
	}
	return number, err
}

func (d *decoder) value() (any, error) {
	code, err := d.number(1)
	if err != nil {
		return nil, err
	}
	return d.of(code)
}

// of reads a value of the type with that code, whose first half tells its width.
func (d *decoder) of(code uint64) (any, error) {
	switch code >> 4 {
	case 0x0:
		return d.described()
	case 0x4:
		return d.fixed(code, 0)
	case 0x5, 0x6, 0x7, 0x8, 0x9:
		return d.fixed(code, 1<<(code>>4-5))
	case 0xa, 0xb:
		return d.variable(code, 1+3*(code>>4-0xa))
	case 0xc, 0xd:
		return d.compound(code, 1+3*(code>>4-0xc))
	case 0xe, 0xf:
		return d.array(1 + 3*(code>>4-0xe))
	default:
		return nil, fmt.Errorf("amqppeer: there is no type 0x%x", code)
	}
}

func (d *decoder) described() (any, error) {
	descriptor, err := d.value()
	if err != nil {
		return nil, err
	}
	value, err := d.value()
	code, _ := descriptor.(uint64)
	return described{code, value}, err
}

func (d *decoder) fixed(code, width uint64) (any, error) {
	if width > 8 {
		_, err := d.take(width)
		return nil, err
	}
	number, err := d.number(width)
	switch code {
	case 0x41:
		return true, err
	case 0x42:
		return false, err
	case 0x56:
		return number == 1, err
	case 0x43, 0x44, 0x50, 0x52, 0x53, 0x60, 0x70, 0x80:
		return number, err
	default: // null, signed numbers, floats, times
		return nil, err
	}
}

func (d *decoder) variable(code, width uint64) (any, error) {
	size, err := d.number(width)
	if err != nil {
		return nil, err
	}
	bytes, err := d.take(size)
	switch code & 0xf {
	case 0x0:
		return bytes, err
	case 0x3:
		return Symbol(bytes), err
	default:
		return string(bytes), err
	}
}

// compound reads a list, or the keys and values of a map.
func (d *decoder) compound(code, width uint64) (any, error) {
	inner, count, err := d.counted(width)
	if err != nil {
		return nil, err
	}
	var values []any
	for range count {
		value, err := inner.value()
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	if code&0xf == 0 {
		return values, nil
	}
	pairs := map[string]any{}
	for i := 0; i+1 < len(values); i += 2 {
		pairs[fmt.Sprint(values[i])] = values[i+1]
	}
	return pairs, nil
}

func (d *decoder) array(width uint64) (any, error) {
	inner, count, err := d.counted(width)
	if err != nil {
		return nil, err
	}
	code, err := inner.number(1)
	if err != nil {
		return nil, err
	}
	var values []any
	for range count {
		value, err := inner.of(code)
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, nil
}

// counted takes what holds count values, or bytes of them.
func (d *decoder) counted(width uint64) (inner *decoder, count uint64, err error) {
	size, err := d.number(width)
	if err != nil {
		return nil, 0, err
	}
	body, err := d.take(size)
	if err != nil || size == 0 {
		return &decoder{}, 0, err
	}
	inner = &decoder{body}
	count, err = inner.number(width)
	return inner, count, err
}

// frame is what was read. One without fields and payload only says that the
// other side is there.
type frame struct {
	channel uint16
	code    uint64
	fields  []any
	payload []byte
}

// readFrame reads a frame. A header of the protocol is refused.
func readFrame(from io.Reader) (frame, error) {
	var header [8]byte
	if _, err := io.ReadFull(from, header[:]); err != nil {
		return frame{}, err
	}
	size, offset := binary.BigEndian.Uint32(header[:]), uint32(header[4])*4
	if size > maxFrameSize || offset < 8 || offset > size {
		return frame{}, fmt.Errorf("amqppeer: not a frame: % x", header)
	}
	body := make([]byte, size-8)
	if _, err := io.ReadFull(from, body); err != nil {
		return frame{}, err
	}
	got := frame{channel: binary.BigEndian.Uint16(header[6:])}
	in := decoder{body[offset-8:]}
	if len(in.rest) == 0 {
		return got, nil
	}
	value, err := in.value()
	performative, ok := value.(described)
	if err != nil || !ok {
		return frame{}, fmt.Errorf("amqppeer: not a performative: %v: %w", value, err)
	}
	got.code, got.payload = performative.code, in.rest
	got.fields, _ = performative.value.([]any)
	return got, nil
}

// field returns a field's value, or the zero value where there is none.
func field[T any](fields []any, index int) T {
	var value T
	if index < len(fields) {
		value, _ = fields[index].(T)
	}
	return value
}

func (f *frame) number(index int) uint32 {
	return uint32(field[uint64](f.fields, index)) //nolint:gosec // all that are used have 32 bits
}

// has tells whether the field is set.
func (f *frame) has(index int) bool { return index < len(f.fields) && f.fields[index] != nil }

// nested returns the fields of a described value, like a source.
func (f *frame) nested(index int) []any {
	fields, _ := field[described](f.fields, index).value.([]any)
	return fields
}
