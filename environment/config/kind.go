package config

import (
	"encoding"
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aspyx-go/aspyx/reflectx"
)

// isText tells whether a type reads its own text, so that it is neither a
// section nor a list.
func isText(t reflect.Type) bool {
	return t.Kind() != reflect.Pointer &&
		(t == reflect.TypeFor[url.URL]() || reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()))
}

// isStruct tells whether a type is filled from a section, field by field.
func isStruct(t reflect.Type) bool { return t.Kind() == reflect.Struct && !isText(t) }

func isAny(t reflect.Type) bool { return t.Kind() == reflect.Interface && t.NumMethod() == 0 }

// takesSection tells whether a section can be decoded as the type.
func takesSection(t reflect.Type) bool {
	t = deref(t)
	return isStruct(t) || isAny(t) || t.Kind() == reflect.Map && !isText(t)
}

func deref(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// textOf returns a text; numbers of JSON are none.
func textOf(value any) (string, bool) {
	if _, number := value.(json.Number); number {
		return "", false
	}
	if v := reflect.ValueOf(value); v.Kind() == reflect.String {
		return v.String(), true
	}
	return "", false
}

// maxShown limits how many characters of a text errors show.
const maxShown = 60

// show returns a value as errors show it: no more of lists, sections and
// structs than what they are.
func show(value any) string {
	if kind, ok := value.(shownKind); ok {
		return string(kind)
	}
	if text, ok := textOf(value); ok {
		if utf8.RuneCountInString(text) > maxShown {
			text = string([]rune(text)[:maxShown]) + "…"
		}
		return strconv.Quote(text)
	}
	v := reflect.ValueOf(value)
	switch d, isDuration := value.(time.Duration); {
	case isDuration:
		return d.String()
	case v.CanFloat():
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	case v.CanInt(), v.CanUint(), v.Kind() == reflect.Bool, isNumber(value):
		return fmt.Sprint(value)
	default:
		return string(kindOf(value))
	}
}

// shownKind is what a value is, where errors don't show it.
type shownKind string

func kindOf(value any) shownKind {
	v := reflect.ValueOf(value)
	_, text := textOf(value)
	switch {
	case value == nil:
		return "null"
	case text:
		return "a text"
	case isNumber(value):
		return "a number"
	case v.Kind() == reflect.Slice:
		return "a list"
	default:
		return shownKind("a " + reflectx.Name(v.Type()))
	}
}

// hidden tells whether errors must not show the value: it is wanted as
// something that is secret, or looks like a URL with a password.
func hidden(value any, t reflect.Type) bool {
	if _, ok := value.(shownKind); ok {
		return false
	}
	text, _ := textOf(value)
	_, rest, isURL := strings.Cut(text, "://")
	return isURL && strings.Contains(rest, "@") || holdsSecret(t, map[reflect.Type]bool{})
}

// holdsSecret tells whether a type is, or has inside, a secret or a URL.
func holdsSecret(t reflect.Type, seen map[reflect.Type]bool) bool {
	if t == reflect.TypeFor[Secret]() || t == reflect.TypeFor[url.URL]() {
		return true
	}
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return holdsSecret(t.Elem(), seen)
	case reflect.Struct:
		for f := range t.Fields() {
			if holdsSecret(f.Type, seen) {
				return true
			}
		}
	default:
	}
	return false
}
