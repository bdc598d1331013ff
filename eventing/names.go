package eventing

import "fmt"

// maxNameBytes bounds the names of events, listeners, groups and servers, so
// that a queue's name made of three of them fits every broker.
const maxNameBytes = 200

// checkName tells why a name can't be one: brokers give other characters a
// meaning (::, wildcards, separators).
func checkName(kind, name string) error {
	if name == "" || len(name) > maxNameBytes {
		return fmt.Errorf("%s name %q has %d bytes: it must have 1 to %d", kind, name, len(name), maxNameBytes)
	}
	for i := range len(name) {
		if !isNameByte(name[i]) {
			return fmt.Errorf("%s name %q holds %q: use letters, digits, '_', '.' and '-' only", kind, name, name[i])
		}
	}
	return nil
}

// checkServerName is checkName for a name that may be missing.
func checkServerName(name string) error {
	if name == "" {
		return nil
	}
	return checkName("server", name)
}

func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '-'
}
