package amqp

import "encoding/binary"

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
