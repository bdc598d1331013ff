package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/aspyx-go/aspyx/reflectx"
)

const structDefault = "a struct takes no default: give its fields defaults"

// field is a field of a struct that is filled.
type field struct {
	name     string
	index    []int
	typ      reflect.Type
	key      string // relative to the struct's
	tagged   bool
	optional bool
	standard *string // the text of the default
}

// fieldsOf returns the fields of a struct, and joins what is wrong with them.
func fieldsOf(t reflect.Type) ([]field, error) {
	spec := reflectx.NewTagSpec("value", "<key>", "optional", "default=…")
	fields, errs := readFields(spec, t, nil)
	for i, f := range fields {
		for _, other := range fields[:i] {
			if foldKey(f.key) == foldKey(other.key) {
				errs = append(errs, fmt.Errorf("fields %s and %s have the same key %s", other.name, f.name, f.key))
			}
		}
	}
	return fields, join(errs)
}

func readFields(spec *reflectx.TagSpec, t reflect.Type, index []int) (fields []field, errs []error) {
	for sf := range t.Fields() {
		text, has := sf.Tag.Lookup(spec.Key())
		if text == "-" {
			continue
		}
		options, tagged, err := spec.Parse(sf.Tag)
		path := slices.Concat(index, sf.Index)
		f := field{
			name: reflectx.Name(t) + "." + sf.Name, index: path, typ: sf.Type,
			key: options["key"], tagged: tagged, optional: options.Has("optional"),
		}
		if standard, ok := options["default"]; ok {
			f.standard = &standard
		}
		switch {
		case err != nil && (has || sf.IsExported()):
			errs = append(errs, fmt.Errorf("field %s: %w", f.name, err))
		case !tagged && sf.Anonymous && isStruct(sf.Type):
			inner, innerErrs := readFields(spec, sf.Type, path)
			fields, errs = append(fields, inner...), append(errs, innerErrs...)
		case !tagged && !sf.IsExported():
		default:
			if err := f.complete(sf); err != nil {
				errs = append(errs, fmt.Errorf("field %s: %w", f.name, err))
				continue
			}
			fields = append(fields, f)
		}
	}
	return fields, errs
}

// complete checks what the tag says, and gives a field without one its key.
func (f *field) complete(sf reflect.StructField) error {
	switch {
	case !f.tagged:
		f.key, f.optional = snake(sf.Name), true
	case !sf.IsExported():
		return errors.New("it is unexported and can't be set")
	case slices.Contains(split(f.key), ""):
		return fmt.Errorf("a name in the key %q is empty", f.key)
	case f.standard != nil && f.optional:
		return errors.New("a default makes it optional: remove one of the two options")
	case f.standard != nil && isStruct(deref(f.typ)):
		return errors.New(structDefault)
	}
	return nil
}

// Check tells what is wrong with a type that values are to be decoded as: one
// that can't be configured, or a struct with wrong tags, defaults included. The
// error joins one [*Error] of kind [ErrType] or, for a default, [ErrValue]
// each. Decoding checks too.
func Check(t reflect.Type) error {
	c := &checker{seen: map[reflect.Type]bool{}}
	c.check(t)
	return join(c.errs)
}

type checker struct {
	seen map[reflect.Type]bool // types may lead back to themselves
	errs []error
}

func (c *checker) check(t reflect.Type) {
	if t == nil {
		c.refuse(t, "nil is no type")
		return
	}
	if c.seen[t] || isText(t) {
		return
	}
	c.seen[t] = true
	switch kind := t.Kind(); kind {
	case reflect.Struct:
		c.checkStruct(t)
	case reflect.Pointer, reflect.Slice, reflect.Array:
		c.check(t.Elem())
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			c.refuse(t, "the keys of a map have to be strings")
		}
		c.check(t.Elem())
	case reflect.Interface:
		if t.NumMethod() > 0 {
			c.refuse(t, "an interface other than any can't be configured")
		}
	case reflect.Complex64, reflect.Complex128, reflect.Chan, reflect.Func, reflect.UnsafePointer, reflect.Uintptr:
		c.refuse(t, "a "+kind.String()+" can't be configured: leave the field out with value:\"-\"")
	default:
	}
}

func (c *checker) checkStruct(t reflect.Type) {
	fields, err := fieldsOf(t)
	if err != nil {
		c.errs = append(c.errs, &Error{Type: t, Err: &kindError{kind: ErrType, cause: err}})
	}
	for _, f := range fields {
		before := len(c.errs)
		c.check(f.typ)
		if f.standard == nil || len(c.errs) > before {
			continue
		}
		if err := parse(*f.standard, reflect.New(f.typ).Elem(), f.key, "the default of field "+f.name); err != nil {
			c.errs = append(c.errs, err)
		}
	}
}

func (c *checker) refuse(t reflect.Type, text string) {
	c.errs = append(c.errs, &Error{Type: t, Err: &kindError{kind: ErrType, text: reflectx.Name(t) + ": " + text}})
}
