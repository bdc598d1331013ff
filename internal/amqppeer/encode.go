package amqppeer

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
)

// Symbol is AMQP's type of that name.
type Symbol string

// described is a value with its descriptor: a performative, a state, an error.
type described struct {
	code  uint64 // below 256
	value any
}

// encode appends a value. Lists are []any, arrays are []Symbol.
func encode(to []byte, value any) []byte {
	switch value := value.(type) {
	case nil:
		return append(to, 0x40)
	case bool:
		if value {
			return append(to, 0x41)
		}
		return append(to, 0x42)
	case uint8:
		return append(to, 0x50, value)
	case uint16:
		return binary.BigEndian.AppendUint16(append(to, 0x60), value)
	case uint32:
		return binary.BigEndian.AppendUint32(append(to, 0x70), value)
	case uint64:
		return binary.BigEndian.AppendUint64(append(to, 0x80), value)
	case []byte:
		return append(length(append(to, 0xb0), len(value)), value...)
	case string:
		return append(length(append(to, 0xb1), len(value)), value...)
	case Symbol:
		return append(length(append(to, 0xb3), len(value)), value...)
	case []Symbol:
		return encodeArray(to, value)
	case []any:
		return encodeCompound(append(to, 0xd0), value)
	case map[string]any:
		var pairs []any
		for _, key := range slices.Sorted(maps.Keys(value)) {
			pairs = append(pairs, Symbol(key), value[key])
		}
		return encodeCompound(append(to, 0xd1), pairs)
	case described:
		return encode(append(to, 0x00, 0x53, byte(value.code)), value.value)
	default:
		panic(fmt.Sprintf("amqppeer: can't encode a %T", value))
	}
}

func length(to []byte, n int) []byte {
	return binary.BigEndian.AppendUint32(to, uint32(n)) //nolint:gosec // small
}

func encodeCompound(to []byte, values []any) []byte {
	var body []byte
	for _, value := range values {
		body = encode(body, value)
	}
	return append(length(length(to, len(body)+4), len(values)), body...)
}

func encodeArray(to []byte, symbols []Symbol) []byte {
	body := []byte{0xb3}
	for _, symbol := range symbols {
		body = append(length(body, len(symbol)), symbol...)
	}
	return append(length(length(append(to, 0xf0), len(body)+4), len(symbols)), body...)
}

// encodeFrame makes a frame: a body of nil is an empty one.
func encodeFrame(kind byte, channel uint16, body *described, payload []byte) []byte {
	frame := []byte{0, 0, 0, 0, 2, kind, 0, 0}
	binary.BigEndian.PutUint16(frame[6:], channel)
	if body != nil {
		frame = encode(frame, *body)
	}
	frame = append(frame, payload...)
	binary.BigEndian.PutUint32(frame, uint32(len(frame))) //nolint:gosec // small
	return frame
}
