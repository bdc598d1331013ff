package eventing

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"time"
)

// ID identifies an event. It is comparable. The zero value is no id.
//
// Ours are UUIDs of version 7 (RFC 9562): the time in milliseconds, then 74
// random bits. They are kept as bytes, since the text is rarely needed. A
// foreign sender's id may be any text.
type ID struct {
	uuid [16]byte
	text string
}

// NewID returns a new id.
func NewID() ID { return newID(time.Now()) }

func newID(now time.Time) ID {
	var id ID
	// The generator of math/rand/v2's functions is ChaCha8, seeded by the
	// operating system: unpredictable enough for an id, ten times faster than
	// crypto/rand.
	binary.BigEndian.PutUint64(id.uuid[:8], uint64(now.UnixMilli())<<16|rand.Uint64()&0xffff)
	binary.BigEndian.PutUint64(id.uuid[8:], rand.Uint64())
	id.uuid[6] = id.uuid[6]&0x0f | 0x70
	id.uuid[8] = id.uuid[8]&0x3f | 0x80
	return id
}

// ParseID returns the id that prints as text. Any text is an id; an empty one
// is the zero ID.
func ParseID(text string) ID {
	var id ID
	if len(text) == 36 && parseUUID(&id.uuid, text) && id.String() == text {
		return id
	}
	return ID{text: text}
}

func parseUUID(into *[16]byte, text string) bool {
	if text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return false
	}
	digits := text[:8] + text[9:13] + text[14:18] + text[19:23] + text[24:]
	_, err := hex.Decode(into[:], []byte(digits))
	return err == nil
}

// IsZero tells whether there is no id.
func (id ID) IsZero() bool { return id == ID{} }

// isForeign tells whether a foreign sender chose the id, which need not be
// unique then.
func (id ID) isForeign() bool { return id.text != "" }

// String returns the id as text: for ours, the canonical form of a UUID.
func (id ID) String() string {
	if id.text != "" || id.uuid == [16]byte{} {
		return id.text
	}
	var text [36]byte
	hex.Encode(text[:8], id.uuid[:4])
	hex.Encode(text[9:13], id.uuid[4:6])
	hex.Encode(text[14:18], id.uuid[6:8])
	hex.Encode(text[19:23], id.uuid[8:10])
	hex.Encode(text[24:], id.uuid[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}
