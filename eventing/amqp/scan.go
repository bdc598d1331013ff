package amqp

import (
	"encoding/binary"
)

// maxNesting is how deep values of a message may be nested: the library decodes
// by recursion, and a stack that overflows ends the process.
const maxNesting = 32

// maxElements is how many elements of a list or map the library takes.
const maxElements = 65536

// The encodings of AMQP that matter here. The upper four bits of each tell how
// its length is known.
const (
	described  = 0x00
	null       = 0x40
	list0      = 0x45
	smallUlong = 0x53
	ulong      = 0x80
	timestamp  = 0x83
	binary8    = 0xa0
	binary32   = 0xb0
	map32      = 0xd1
)

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

// class is what an encoding may stand for, as bits.
type class uint8

const (
	plainClass class = 1 << iota // a simple value that the library decodes
	keyClass                     // one that Go can have as the key of a map
	nameClass                    // a string or symbol
	bodyClass                    // one that can be the body of an event
	boolClass
	ubyteClass
	uintClass
)

var classes = func() (classes [256]class) {
	for class, codes := range map[class]string{
		plainClass: "\x40\x41\x42\x43\x44\x45\x50\x51\x52\x53\x54\x55\x56\x60\x61\x70\x71\x72\x80\x81\x82\x83\x98\xa0\xa1\xa3\xb0\xb1\xb3",
		keyClass:   "\x41\x42\x43\x44\x50\x51\x52\x53\x54\x55\x56\x60\x61\x70\x71\x80\x81\x98\xa1\xa3\xb1\xb3",
		nameClass:  "\xa1\xa3\xb1\xb3",
		bodyClass:  "\x40\xa0\xa1\xa3\xb0\xb1\xb3",
		boolClass:  "\x41\x42\x56",
		ubyteClass: "\x50",
		uintClass:  "\x43\x52\x70",
	} {
		for _, code := range []byte(codes) {
			classes[code] |= class
		}
	}
	return classes
}()

func is(code byte, class class) bool { return classes[code]&class != 0 }

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

// cut takes one value off data that isn't described: its encoding, what follows
// that and a length, and the rest.
func cut(data []byte) (code byte, content, rest []byte, ok bool) {
	if len(data) == 0 {
		return 0, nil, nil, false
	}
	code, rest = data[0], data[1:]
	var length uint64
	switch code >> 4 {
	case 0x4:
	case 0x5:
		length = 1
	case 0x6:
		length = 2
	case 0x7:
		length = 4
	case 0x8:
		length = 8
	case 0x9:
		length = 16
	case 0xa, 0xc, 0xe:
		if len(rest) < 1 {
			return 0, nil, nil, false
		}
		length, rest = uint64(rest[0]), rest[1:]
	case 0xb, 0xd, 0xf:
		if len(rest) < 4 {
			return 0, nil, nil, false
		}
		length, rest = uint64(binary.BigEndian.Uint32(rest)), rest[4:]
	default:
		return 0, nil, nil, false
	}
	if length > uint64(len(rest)) {
		return 0, nil, nil, false
	}
	return code, rest[:length], rest[length:], true
}

// elements returns how many elements a list, map or array has, and what holds
// them.
func elements(code byte, content []byte) (count uint32, data []byte, ok bool) {
	switch {
	case code == list0:
		return 0, nil, true
	case code>>4 == 0xc || code>>4 == 0xe:
		if len(content) < 1 {
			return 0, nil, false
		}
		return uint32(content[0]), content[1:], true
	default:
		if len(content) < 4 {
			return 0, nil, false
		}
		return binary.BigEndian.Uint32(content), content[4:], true
	}
}

func isBinary(code byte) bool { return code == binary8 || code == binary32 }

func isList(code byte) bool  { return code == list0 || code == 0xc0 || code == 0xd0 }
func isMap(code byte) bool   { return code == 0xc1 || code == 0xd1 }
func isArray(code byte) bool { return code == 0xe0 || code == 0xf0 }

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
