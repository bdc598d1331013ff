package config

import (
	"fmt"
	"log/slog"
	"unique"
)

const mask = "******"

// Secret is a text that is never printed: by no verb of fmt, not in JSON, YAML
// or other encodings of text, and not by log/slog. It shows as ******, and an
// empty one as nothing. Only [Secret.Reveal] returns the text. The zero value is
// empty. Secrets of the same text are equal by ==.
//
// It is no string by its kind: fmt can't call the methods of a field that is
// unexported, and would print it.
type Secret struct {
	handle unique.Handle[string] // the zero one for an empty text
}

// NewSecret returns a secret of the text.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{unique.Make(text)}
}

// Reveal returns the text.
func (s Secret) Reveal() string {
	if s == (Secret{}) {
		return ""
	}
	return s.handle.Value()
}

// String returns ******, or nothing for an empty secret.
func (s Secret) String() string {
	if s == (Secret{}) {
		return ""
	}
	return mask
}

// GoString returns the same as String.
func (s Secret) GoString() string { return s.String() }

// Format prints the same as String, whatever the verb.
func (s Secret) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(s.String())) }

// MarshalText returns the same as String: a secret can't be stored.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON returns the same as String, in quotes.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + s.String() + `"`), nil }

// LogValue returns the same as String.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// UnmarshalText sets the secret to the text. It never fails.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}
