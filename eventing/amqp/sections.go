package amqp

import "encoding/binary"

// The sections of a message.
const (
	headerSection      = 0x70
	deliverySection    = 0x71
	annotationsSection = 0x72
	propertiesSection  = 0x73
	headersSection     = 0x74 // the application properties
	dataSection        = 0x75
	sequenceSection    = 0x76
	valueSection       = 0x77
	footerSection      = 0x78
)

// scan looks at a whole message, without allocating anything. A good one is
// decoded by the library without an error, and has a body that can be read.
func scan(message []byte) verdict {
	worst := good
	for len(message) > 0 {
		_, _, rest, v := scanSection(message)
		if v == broken {
			return broken
		}
		message, worst = rest, max(worst, v)
	}
	return worst
}

// scanSection looks at the section that data begins with. Its value is what
// follows the descriptor.
func scanSection(data []byte) (kind byte, value, rest []byte, v verdict) {
	kind, value, ok := readDescriptor(data)
	if !ok {
		return 0, nil, nil, broken
	}
	if kind == valueSection && len(value) > 0 {
		if rest, v = scanValue(value, 0); !is(value[0], bodyClass) {
			v = max(v, odd)
		}
		return kind, value, rest, v
	}
	code, content, rest, ok := cut(value)
	switch {
	case !ok:
		v = broken
	case kind == headerSection && isList(code):
		v = scanList(code, content, headerFields, 0)
	case kind == propertiesSection && isList(code):
		v = scanList(code, content, propertiesFields, 0)
	case kind == sequenceSection && isList(code):
		v = max(scanList(code, content, "", 0), odd)
	case kind == headersSection && isMap(code):
		v = scanMap(code, content, nameClass, 0)
	case isAnnotations(kind) && isMap(code):
		v = scanMap(code, content, keyClass, 0)
	case kind == dataSection && isBinary(code):
		v = good
	case code == null && (isAnnotations(kind) || kind == headersSection || kind == dataSection):
		v = good
	default:
		v = broken
	}
	return kind, value, rest, v
}

func isAnnotations(kind byte) bool {
	return kind == deliverySection || kind == annotationsSection || kind == footerSection
}

// readDescriptor takes a numeric descriptor off data.
func readDescriptor(data []byte) (kind byte, rest []byte, ok bool) {
	switch {
	case len(data) >= 3 && data[0] == described && data[1] == smallUlong:
		return data[2], data[3:], true
	case len(data) >= 10 && data[0] == described && data[1] == ulong && binary.BigEndian.Uint64(data[2:]) <= 0xff:
		return data[9], data[10:], true
	default:
		return 0, nil, false
	}
}
