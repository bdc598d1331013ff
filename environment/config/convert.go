package config

import (
	"encoding"
	"fmt"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/aspyx-go/aspyx/reflectx"
)

// origin is what errors say about a value that is converted.
type origin struct {
	key, source string
}

// convert sets v, whose type has been checked, to a value of a tree or of a
// variable.
func (o *origin) convert(value any, v reflect.Value) error {
	t := v.Type()
	if n, ok := value.(*node); ok { // in a list
		element := &layer{name: o.source, tree: n}
		return (&decoder{values: newValues([]*layer{element}), prefix: o.key}).decode("", v)
	}
	switch {
	case value == nil: // in a list
		if kind := t.Kind(); kind == reflect.Pointer || kind == reflect.Interface {
			return nil
		}
		return o.refuse(value, t, "")
	case o.same(value, v):
		return nil
	case t.Kind() == reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
		return o.convert(value, v.Elem())
	case isAny(t):
		v.Set(reflect.ValueOf(plain(value)))
		return nil
	case isStruct(t):
		return o.refuse(kindOf(value), t, "write a section with its keys")
	case reflect.TypeOf(value) == reflect.TypeFor[time.Duration](): // else a number without its unit
		return o.refuse(value, t, "")
	case isText(t):
		return o.text(value, v)
	case t == reflect.TypeFor[time.Duration]():
		return o.duration(value, v)
	default:
		return o.basic(value, v)
	}
}

// same sets v to a value that has its type already, or points to such a one.
// What it refers to is shared with whoever has given it.
func (o *origin) same(value any, v reflect.Value) bool {
	given := reflect.ValueOf(value)
	if given.Kind() == reflect.Pointer && given.Type().Elem() == v.Type() {
		given = given.Elem()
	}
	if _, list := value.([]any); list || given.Type() != v.Type() {
		return false
	}
	v.Set(given)
	return true
}

func (o *origin) basic(value any, v reflect.Value) error {
	text, isText := textOf(value)
	switch t := v.Type(); t.Kind() {
	case reflect.Bool:
		return o.bool(value, v)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return o.int(value, v)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return o.uint(value, v)
	case reflect.Float32, reflect.Float64:
		return o.float(value, v)
	case reflect.String:
		if !isText {
			return o.refuse(value, t, "put it in quotes")
		}
		v.SetString(text)
		return nil
	case reflect.Slice, reflect.Array:
		return o.list(value, v)
	default: // a map: others were refused by Check
		if !isText {
			return o.refuse(value, t, "write a section with its keys")
		}
		return o.pairs(text, v)
	}
}

func (o *origin) bool(value any, v reflect.Value) error {
	truth, err := false, error(nil)
	if text, ok := textOf(value); ok {
		truth, err = strconv.ParseBool(text)
	} else if given := reflect.ValueOf(value); given.Kind() == reflect.Bool {
		truth = given.Bool()
	} else {
		err = strconv.ErrSyntax
	}
	if err != nil {
		return o.refuse(value, v.Type(), "write true or false")
	}
	v.SetBool(truth)
	return nil
}

func (o *origin) duration(value any, v reflect.Value) error {
	text, ok := textOf(value)
	if !ok && isNumber(value) {
		text = show(value)
	}
	d, err := time.ParseDuration(text)
	if err == nil && (ok || text == "0") {
		v.SetInt(int64(d))
		return nil
	}
	if !isDigits(text) || len(text) > 10 {
		text = "5"
	}
	return o.refuse(value, v.Type(), "write a unit, like "+text+"s")
}

// text sets a type that reads its own text.
func (o *origin) text(value any, v reflect.Value) error {
	t := v.Type()
	text, ok := textOf(value)
	if t == reflect.TypeFor[Secret]() {
		if !ok {
			return o.refuse(value, t, "put it in quotes")
		}
		v.Set(reflect.ValueOf(NewSecret(text)))
		return nil
	}
	if !ok {
		if text, ok = integerOf(value); !ok {
			return o.refuse(value, t, "put it in quotes")
		}
	}
	hint, cause := "", error(nil)
	switch into := v.Addr().Interface().(type) {
	case *url.URL:
		parsed, err := url.Parse(text)
		if err != nil {
			return o.refuse(value, t, "the value isn't shown, since it may hold a password")
		}
		*into = *parsed
	case *time.Time:
		hint, cause = "write RFC 3339, like 2006-01-02T15:04:05Z", into.UnmarshalText([]byte(text))
	case *Bytes:
		*into, cause = parseBytes(text)
		if cause != nil {
			hint = cause.Error()
		}
	case encoding.TextUnmarshaler:
		if cause = into.UnmarshalText([]byte(text)); cause != nil {
			hint = cause.Error()
		}
	}
	if cause == nil {
		return nil
	}
	if hidden(value, t) {
		return o.refuse(value, t, "")
	}
	return o.error(t, show(value)+" is no "+reflectx.Name(t)+": "+hint, cause)
}

func (o *origin) list(value any, v reflect.Value) error {
	t := v.Type()
	text, isText := textOf(value)
	elements, ok := value.([]any)
	switch {
	case isText && t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		v.SetBytes([]byte(text))
		return nil
	case isText:
		for _, part := range parts(text) {
			elements = append(elements, part)
		}
	case !ok:
		return o.refuse(value, t, "write a list")
	}
	if t.Kind() == reflect.Slice {
		v.Set(reflect.MakeSlice(t, len(elements), len(elements)))
	} else if len(elements) != v.Len() {
		return o.error(t, fmt.Sprintf("%d elements are no %s", len(elements), reflectx.Name(t)), nil)
	}
	var errs []error
	for i, element := range elements {
		inner := &origin{key: fmt.Sprintf("%s[%d]", o.key, i), source: o.source}
		if err := inner.convert(element, v.Index(i)); err != nil {
			errs = append(errs, err)
		}
	}
	return join(errs)
}

// pairs sets a map to a text like a=1, b=2.
func (o *origin) pairs(text string, v reflect.Value) error {
	t := v.Type()
	m := reflect.MakeMap(t)
	var errs []error
	for _, part := range parts(text) {
		name, value, ok := strings.Cut(part, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		key := reflect.ValueOf(name).Convert(t.Key())
		switch {
		case !ok || name == "":
			errs = append(errs, o.refuse(part, t, "write name=value, with commas between"))
			continue
		case m.MapIndex(key).IsValid():
			errs = append(errs, o.error(t, "a name stands twice", nil))
			continue
		}
		element := reflect.New(t.Elem()).Elem()
		inner := &origin{key: below(o.key, name), source: o.source}
		if err := inner.convert(value, element); err != nil {
			errs = append(errs, err)
		}
		m.SetMapIndex(key, element)
	}
	v.Set(m)
	return join(errs)
}

// parts splits a text at commas. An empty one has no parts.
func parts(text string) []string {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	list := strings.Split(text, ",")
	for i, part := range list {
		list[i] = strings.TrimSpace(part)
	}
	return list
}

// refuse is the error of a value that is no t.
func (o *origin) refuse(value any, t reflect.Type, hint string) error {
	text := "the value is no " + reflectx.Name(t)
	if !hidden(value, t) {
		text = show(value) + " is no " + reflectx.Name(t)
	}
	if hint != "" {
		text += ": " + hint
	}
	return o.error(t, text, nil)
}

func (o *origin) error(t reflect.Type, text string, cause error) error {
	return &Error{Key: o.key, Source: o.source, Type: t, Err: &kindError{kind: ErrValue, text: text, cause: cause}}
}
