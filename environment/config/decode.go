package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aspyx-go/aspyx/reflectx"
)

// Get returns the value of the key as a T. The error is that of
// [Values.Decode]; the value is the zero value then.
func Get[T any](v *Values, key string) (T, error) {
	var value T
	err := v.Decode(key, &value)
	return value, err
}

// Decode converts the value of the key to what into points to. The error joins
// one [*Error] for each thing that is wrong, of kind [ErrMissing], [ErrValue],
// [ErrUnknown] or [ErrType]; what into points to isn't changed then. A struct
// is missing when no key of it is set and none of its fields has a default.
func (v *Values) Decode(key string, into any) error {
	pointer := reflect.ValueOf(into)
	if pointer.Kind() != reflect.Pointer || pointer.IsNil() {
		return &Error{Key: key, Type: reflect.TypeOf(into), Err: &kindError{
			kind: ErrType, text: fmt.Sprintf("can't decode into a %T: give a non-nil pointer", into),
		}}
	}
	return v.DecodeValue(key, pointer.Elem())
}

// DecodeValue is like [Values.Decode] for a value that can be set, such as a
// field of a struct that is reached by a pointer.
func (v *Values) DecodeValue(key string, into reflect.Value) error {
	return v.decode(key, into, nil)
}

// DecodeDefault is like [Values.DecodeValue], but a key that is missing has the
// given text, converted as by [ParseText]. A text that doesn't fit is an error
// even if the key is set. A struct takes no text.
func (v *Values) DecodeDefault(key, text string, into reflect.Value) error {
	return v.decode(key, into, &text)
}

// ParseText converts a text as if it were the value of a key, to a value that
// can be set. The error is an [*Error] or joins several; into isn't changed
// then.
func ParseText(text string, into reflect.Value) error {
	if err := checkTarget("", into); err != nil {
		return err
	}
	return parse(text, into, "", "")
}

func parse(text string, into reflect.Value, key, source string) error {
	fresh := reflect.New(into.Type()).Elem()
	if err := (&origin{key: key, source: source}).convert(text, fresh); err != nil {
		return err
	}
	into.Set(fresh)
	return nil
}

func checkTarget(key string, into reflect.Value) error {
	if !into.CanSet() {
		return &Error{Key: key, Err: &kindError{kind: ErrType, text: "the value can't be set: take it from a pointer"}}
	}
	return Check(into.Type())
}

func (v *Values) decode(key string, into reflect.Value, standard *string) error {
	if err := checkTarget(key, into); err != nil {
		return err
	}
	if standard != nil {
		if isStruct(deref(into.Type())) {
			return &Error{Key: key, Type: into.Type(), Err: &kindError{kind: ErrType, text: structDefault}}
		}
		if err := parse(*standard, reflect.New(into.Type()).Elem(), key, "the default"); err != nil {
			return err
		}
	}
	fresh := reflect.New(into.Type()).Elem()
	fresh.Set(into) // fields that are not set keep what they hold
	f := &field{typ: into.Type(), tagged: true, standard: standard}
	if _, err := (&decoder{values: v}).field(key, f, fresh); err != nil {
		return err
	}
	into.Set(fresh)
	return nil
}

// decoder decodes values whose keys lie below its prefix. Its types have been
// checked.
type decoder struct {
	values *Values
	prefix string // an element of a list, or empty
}

// field decodes a field, and tells whether it was set or has a default.
func (d *decoder) field(key string, f *field, v reflect.Value) (set bool, err error) {
	switch {
	case isStruct(f.typ) && (!f.optional || !f.tagged):
		set, err = d.structure(key, v)
		if err == nil && !set && f.tagged {
			err = d.missing(key, f.typ)
		}
		return set, err
	case d.isSet(key, f.typ, nil):
		return true, d.decode(key, v)
	case f.standard != nil:
		return true, parse(*f.standard, v, d.full(key), "the default")
	case f.optional:
		return false, nil
	default:
		return false, d.missing(key, f.typ)
	}
}

// isSet tells whether a key has a value that counts for the type. For a struct
// the sections of trees count, and the variables of all its fields: but for
// those of a type inside itself, which would have no end.
func (d *decoder) isSet(key string, t reflect.Type, outer []reflect.Type) bool {
	f := d.values.find(key)
	t = deref(t)
	switch {
	case !isStruct(t):
		return f.isLeaf || len(f.sections) > 0
	case f.isLeaf && !f.variable, len(f.sections) > 0:
		return true
	case slices.Contains(outer, t):
		return false
	}
	fields, _ := fieldsOf(t)
	return slices.ContainsFunc(fields, func(inner field) bool {
		return d.isSet(below(key, inner.key), inner.typ, append(outer, t))
	})
}

// decode decodes a key that is set.
func (d *decoder) decode(key string, v reflect.Value) error {
	t := v.Type()
	switch {
	case t.Kind() == reflect.Pointer:
		fresh := reflect.New(t.Elem())
		if !v.IsNil() {
			fresh.Elem().Set(v.Elem())
		}
		v.Set(fresh)
		return d.decode(key, fresh.Elem())
	case isStruct(t):
		_, err := d.structure(key, v)
		return err
	}
	f := d.values.find(key)
	switch {
	case f.isLeaf:
		return (&origin{key: d.full(key), source: f.source}).convert(f.leaf, v)
	case isAny(t):
		v.Set(reflect.ValueOf(plain(f.merged())))
		return nil
	case t.Kind() == reflect.Map && !isText(t):
		return d.entries(key, &f, v)
	default:
		return d.error(key, f.sections[0].layer.name, t, ErrValue,
			"a section is no "+reflectx.Name(t)+": it has keys below it")
	}
}

// entries decodes a section into a map.
func (d *decoder) entries(key string, f *finding, v reflect.Value) error {
	t := v.Type()
	m := reflect.MakeMap(t)
	var errs []error
	add := func(path string) {
		element := reflect.New(t.Elem()).Elem()
		name := strings.TrimPrefix(strings.TrimPrefix(path, key), ".")
		if err := d.decode(path, element); err != nil {
			errs = append(errs, err)
		}
		m.SetMapIndex(reflect.ValueOf(name).Convert(t.Key()), element)
	}
	whole := f.merged()
	if takesSection(t.Elem()) {
		for _, child := range whole.sorted() {
			add(below(key, child.name))
		}
	} else {
		whole.walk(key, func(path string, n *node) {
			if !n.section() {
				add(path)
			}
		})
	}
	v.Set(m)
	return join(errs)
}

// structure decodes the fields of a struct, and tells whether one was set or
// has a default.
func (d *decoder) structure(key string, v reflect.Value) (set bool, err error) {
	t := v.Type()
	f := d.values.find(key)
	if f.isLeaf && !f.variable { // a value, which may be such a struct
		return true, (&origin{key: d.full(key), source: f.source}).convert(f.leaf, v)
	}
	fields, _ := fieldsOf(t)
	var errs []error
	set = len(f.sections) > 0
	for i := range fields {
		one, err := d.field(below(key, fields[i].key), &fields[i], v.FieldByIndex(fields[i].index))
		set = set || one
		if err != nil {
			errs = append(errs, err)
		}
	}
	for _, s := range f.sections {
		errs = append(errs, d.unknown(key, "", s, t, fields)...)
	}
	return set, join(errs)
}

// unknown returns an error for each key that no field has. It looks into a
// section only on the way to a field whose key has several names.
func (d *decoder) unknown(key, path string, s section, t reflect.Type, fields []field) (errs []error) {
	for _, child := range s.node.sorted() {
		own := below(path, child.name)
		onTheWay := false
		known := slices.ContainsFunc(fields, func(f field) bool {
			onTheWay = onTheWay || child.section() && strings.HasPrefix(foldKey(f.key), foldKey(own)+".")
			return foldKey(f.key) == foldKey(own)
		})
		switch {
		case known:
		case onTheWay:
			errs = append(errs, d.unknown(key, own, section{child, s.layer}, t, fields)...)
		default:
			errs = append(errs, d.error(below(key, own), s.layer.name, t, ErrUnknown, noSuchKey(own, t, fields)))
		}
	}
	return errs
}

func noSuchKey(key string, t reflect.Type, fields []field) string {
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	text := reflectx.Name(t) + " has no such key"
	if near, ok := nearest(key, keys, "."); ok {
		return text + ": did you mean " + near + "?"
	}
	if len(keys) == 0 {
		return text + ": it has none"
	}
	return text + ": it has " + strings.Join(keys, ", ")
}

// full returns the key as users know it.
func (d *decoder) full(key string) string { return below(d.prefix, key) }

func (d *decoder) missing(key string, t reflect.Type) error {
	text := "missing: " + d.values.hint(key)
	if d.prefix != "" {
		element := d.values.all()[0]
		text = "missing in " + element.name
		if near, ok := element.near(key); ok {
			text += ": did you mean " + near + "?"
		}
	}
	return d.error(key, "", t, ErrMissing, text)
}

func (d *decoder) error(key, source string, t reflect.Type, kind error, text string) error {
	return &Error{Key: d.full(key), Source: source, Type: t, Err: &kindError{kind: kind, text: text}}
}
