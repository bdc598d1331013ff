package amqp

import (
	"encoding/binary"
)

// maxNesting is how deep values of a message may be nested: the library decodes
// by recursion, and a stack that overflows ends the process.
const maxNesting = 32

// maxElements is how many elements of a list or map the library takes.
const maxElements = 65536

// verdict is what a look at an encoding has shown.
type verdict int

const (
	good   verdict = iota + 1 // the library decodes it
	odd                       // it is sound, and whether the library decodes it is to be tried
	broken                    // it isn't sound, or too deep: to try it may end the process
)

// The kinds of values in the fields of a section: b bool, y ubyte, u uint,
// s string or symbol, x binary, t timestamp, * any.
const (
	headerFields     = "byubu"
	propertiesFields = "*xsss*ssttsus"
)

// fits tells whether an encoding is of the kind of a field, or null.
func fits(code, kind byte) bool {
	switch kind {
	case 'b':
		return is(code, boolClass) || code == null
	case 'y':
		return is(code, ubyteClass) || code == null
	case 'u':
		return is(code, uintClass) || code == null
	case 's':
		return is(code, nameClass) || code == null
	case 'x':
		return isBinary(code) || code == null
	case 't':
		return code == timestamp || code == null
	default:
		return true
	}
}

// scanValue looks at the value that data begins with.
func scanValue(data []byte, depth int) (rest []byte, v verdict) {
	if depth > maxNesting || len(data) == 0 {
		return nil, broken
	}
	if data[0] == described {
		if rest, v = scanValue(data[1:], depth+1); v == broken {
			return nil, broken
		}
		rest, v = scanValue(rest, depth+1)
		return rest, max(v, odd)
	}
	if rest, v = skip(data); v != 0 {
		return rest, v
	}
	code, content, rest, ok := cut(data)
	switch {
	case !ok:
		return nil, broken
	case isList(code):
		return rest, scanList(code, content, "", depth+1)
	case isMap(code):
		return rest, scanMap(code, content, keyClass, depth+1)
	case isArray(code):
		return rest, scanArray(code, content)
	default:
		return rest, odd
	}
}

// skip takes a simple value off, and does nothing to others. It is what most
// of the time of a scan goes to.
func skip(data []byte) (rest []byte, v verdict) {
	size := 1
	switch code := data[0]; code >> 4 {
	case 0x4:
	case 0x5, 0x6, 0x7, 0x8, 0x9:
		size += 1 << (code>>4 - 0x5)
	case 0xa:
		if len(data) < 2 {
			return nil, broken
		}
		size += 1 + int(data[1])
	case 0xb:
		if len(data) < 5 {
			return nil, broken
		}
		size += 4 + int(binary.BigEndian.Uint32(data[1:]))
	default:
		return data, 0
	}
	if size > len(data) {
		return nil, broken
	}
	if is(data[0], plainClass) {
		return data[size:], good
	}
	return data[size:], odd
}

// scanList looks at the elements of a list. Those of a section are of the kinds
// in fields.
func scanList(code byte, content []byte, fields string, depth int) verdict {
	count, data, ok := elements(code, content)
	if !ok {
		return broken
	}
	worst := good
	if count > maxElements || fields != "" && int64(count) > int64(len(fields)) {
		worst = odd
	}
	for i := range count {
		if len(data) == 0 {
			return broken
		}
		if fields != "" && worst == good && !fits(data[0], fields[i]) {
			worst = odd
		}
		var v verdict
		if data, v = scanValue(data, depth); v == broken {
			return broken
		}
		worst = max(worst, v)
	}
	if len(data) > 0 {
		return broken
	}
	return worst
}

// scanMap looks at the elements of a map, the encodings of whose keys are of the
// class.
func scanMap(code byte, content []byte, allowed class, depth int) verdict {
	count, data, ok := elements(code, content)
	if !ok || count%2 != 0 {
		return broken
	}
	worst := good
	if count > maxElements {
		worst = odd
	}
	for i := range count {
		if len(data) == 0 {
			return broken
		}
		if i%2 == 0 && !is(data[0], allowed) {
			worst = odd
		}
		var v verdict
		if data, v = scanValue(data, depth); v == broken {
			return broken
		}
		worst = max(worst, v)
	}
	if len(data) > 0 {
		return broken
	}
	return worst
}

// scanArray looks at an array of simple values. One of others would have to be
// looked at in depth; nobody sends them.
func scanArray(code byte, content []byte) verdict {
	count, data, ok := elements(code, content)
	if !ok || len(data) == 0 {
		return broken
	}
	constructor, data := data[0], data[1:]
	width := uint64(0)
	switch constructor >> 4 {
	case 0x4:
	case 0x5, 0x6, 0x7, 0x8, 0x9:
		width = 1 << (constructor>>4 - 0x5)
	case 0xa, 0xb:
		return scanVariable(constructor, count, data)
	default:
		return broken
	}
	if constructor == list0 || uint64(count)*width != uint64(len(data)) {
		return broken
	}
	return odd
}

// scanVariable looks at the elements of an array that have lengths of their own.
func scanVariable(constructor byte, count uint32, data []byte) verdict {
	for range count {
		var length uint64
		switch {
		case constructor>>4 == 0xa && len(data) >= 1:
			length, data = uint64(data[0]), data[1:]
		case constructor>>4 == 0xb && len(data) >= 4:
			length, data = uint64(binary.BigEndian.Uint32(data)), data[4:]
		default:
			return broken
		}
		if length > uint64(len(data)) {
			return broken
		}
		data = data[length:]
	}
	if len(data) > 0 {
		return broken
	}
	return odd
}
