package config

import (
	"errors"
	"reflect"
	"strings"
)

// The kinds of an [Error], for errors.Is.
var (
	// ErrMissing is a key that no source has.
	ErrMissing = errors.New("config: missing")

	// ErrValue is a value that doesn't fit the type it is wanted as.
	ErrValue = errors.New("config: value")

	// ErrUnknown is a key in a section that no field of the struct has.
	ErrUnknown = errors.New("config: unknown key")

	// ErrType is a type that can't be configured, or a field with a wrong tag.
	ErrType = errors.New("config: type")

	// ErrSource is a source that can't be loaded.
	ErrSource = errors.New("config: source")
)

// Error is one thing that is wrong with the configuration. It is of one of the
// kinds above and never holds the value of a [Secret].
type Error struct {
	// Key is the full key, with elements of lists in brackets:
	// servers[1].host. It is empty for a whole source, for the whole
	// configuration and for [ParseText].
	Key string
	// Source names where the value is from. It is empty where there is no
	// value, and for [ParseText].
	Source string
	// Type is the type that was expected. It is nil for a source.
	Type reflect.Type
	// Err is what is wrong. It wraps the kind and, where that can't show a
	// secret, the error of a user's type.
	Err error
}

// Error returns one line:
//
//	config: db.timeout from file app.yaml: "5" is no time.Duration: write a unit, like 5s
func (e *Error) Error() string {
	where := e.Key
	if e.Source != "" {
		where = strings.TrimPrefix(where+" from "+e.Source, " from ")
	}
	if where == "" {
		return "config: " + e.Err.Error()
	}
	return "config: " + where + ": " + e.Err.Error()
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// kindError gives an error a kind, and a text of its own or that of its cause.
type kindError struct {
	kind  error
	text  string // empty for that of the cause
	cause error  // may be nil where there is a text
}

func (e *kindError) Error() string {
	if e.text == "" {
		return e.cause.Error()
	}
	return e.text
}

func (e *kindError) Unwrap() []error {
	if e.cause == nil {
		return []error{e.kind}
	}
	return []error{e.kind, e.cause}
}

func sourceError(source string, err error) *Error {
	return &Error{Source: source, Err: &kindError{kind: ErrSource, cause: err}}
}

// join is [errors.Join], but a single error stays as it is.
func join(errs []error) error {
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}
