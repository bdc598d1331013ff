package trace

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// ErrInvalid is returned by [Parse] for a traceparent that the specification
// doesn't allow.
var ErrInvalid = errors.New("trace: invalid trace context")

const (
	parentLength = 55 // of version 00

	// The bounds of a state that is passed on. The specification asks for the
	// first one, and for at least the second.
	maxMembers    = 32
	maxStateBytes = 512
)

// Parse reads the headers traceparent and tracestate. It is strict with both: an
// error tells what is wrong with the first. A state that is wrong, or too long
// to be passed on as a whole, is left out or cut, as the specification asks.
func Parse(parent, state string) (Context, error) {
	c, err := parseParent(parent)
	if err != nil {
		return Context{}, err
	}
	c.State = passable(state)
	return c, nil
}

func parseParent(text string) (Context, error) {
	if len(text) < parentLength {
		return Context{}, fmt.Errorf("%w: traceparent has %d bytes, not %d", ErrInvalid, len(text), parentLength)
	}
	version := text[:2]
	var c Context
	var flags [1]byte
	ok := isLowerHex(version) && version != "ff" &&
		text[2] == '-' && text[35] == '-' && text[52] == '-' &&
		decode(c.TraceID[:], text[3:35]) && decode(c.SpanID[:], text[36:52]) && decode(flags[:], text[53:parentLength])
	c.Flags = flags[0]
	switch rest := text[parentLength:]; {
	case !ok, rest != "" && (version == "00" || rest[0] != '-'):
		return Context{}, fmt.Errorf("%w: traceparent isn't <version>-<trace id>-<span id>-<flags> in lower-case hexadecimal", ErrInvalid)
	case !c.IsValid():
		return Context{}, fmt.Errorf("%w: an id of traceparent is all zero", ErrInvalid)
	}
	if version != "00" {
		c.Flags &= Sampled // what a later version's other flags mean isn't known
	}
	return c, nil
}

func decode(into []byte, text string) bool {
	if !isLowerHex(text) {
		return false
	}
	_, err := hex.Decode(into, []byte(text))
	return err == nil
}

func isLowerHex(text string) bool {
	for i := range len(text) {
		if c := text[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// passable returns what can be passed on of a tracestate: all of it; the first
// members, if it is too long; or nothing, if it is wrong.
func passable(state string) string {
	if state == "" {
		return ""
	}
	seen := map[string]bool{}
	var kept []string
	length := 0
	for member := range strings.SplitSeq(state, ",") {
		member = strings.Trim(member, " \t")
		if member == "" {
			continue // allowed, and meaningless
		}
		key, value, ok := strings.Cut(member, "=")
		if !ok || !isKey(key) || !isValue(value) || seen[key] || len(seen) == maxMembers {
			return ""
		}
		seen[key] = true
		if length += len(member) + 1; length <= maxStateBytes+1 {
			kept = append(kept, member)
		}
	}
	return strings.Join(kept, ",")
}

// isKey reads key = lcalpha 0*255(…) / tenant "@" system, of level 1, and the
// digits in front that level 2 allows.
func isKey(key string) bool {
	tenant, system, multi := strings.Cut(key, "@")
	if !multi {
		return isKeyPart(key, 256)
	}
	return isKeyPart(tenant, 241) && isKeyPart(system, 14)
}

func isKeyPart(part string, most int) bool {
	if part == "" || len(part) > most {
		return false
	}
	for i := range len(part) {
		c := part[i]
		alphanumeric := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		if !alphanumeric && (i == 0 || !strings.ContainsRune("_-*/", rune(c))) {
			return false
		}
	}
	return true
}

// isValue reads 1 to 256 printable characters without comma, equals sign, and
// space at the end.
func isValue(value string) bool {
	if value == "" || len(value) > 256 {
		return false
	}
	for i := range len(value) {
		if c := value[i]; c < ' ' || c > '~' || c == ',' || c == '=' {
			return false
		}
	}
	return value[len(value)-1] != ' '
}
