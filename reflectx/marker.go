package reflectx

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Marker makes a struct type that embeds it a marker: a type that other
// structs embed to say what they are. The tag of the embedded field names what
// handles the marker, which is the hint for those who forgot it:
//
//	type Event struct {
//		reflectx.Marker `marker:"eventing.Module"`
//	}
//
// A marker is a struct and not an interface: with an embedded interface, a
// type that forgot a method would still seem to have it. It takes no space; as
// the last field of a struct it costs a word, so markers stand first.
type Marker struct{}

var markerType = reflect.TypeFor[Marker]()

// EmbeddedMarker is a marker that a struct embeds directly and by value.
type EmbeddedMarker struct {
	// Type is the marker's type.
	Type reflect.Type
	// Field is the embedded field, with its tag.
	Field reflect.StructField
	// Handler names what handles the marker, like "eventing.Module".
	Handler string
}

// Markers returns the markers that the struct type t embeds directly and by
// value, in the order of its fields. They are recognised by their exact type,
// field by field: promotion would count a struct that embeds a marked one, and
// would lose two markers with a method of one name. The error joins one for
// each marker that is embedded by pointer, or in an embedded struct: it counts
// for nothing, and the error says what to write instead. A type that is no
// struct has none.
func Markers(t reflect.Type) ([]EmbeddedMarker, error) {
	if t.Kind() != reflect.Struct {
		return nil, nil
	}
	var found []EmbeddedMarker
	var errs []error
	for i := range t.NumField() { //nolint:modernize // Fields allocates
		field := t.Field(i)
		if !field.Anonymous {
			continue
		}
		if handler, ok := isMarker(field.Type); ok {
			found = append(found, EmbeddedMarker{Type: field.Type, Field: field, Handler: handler})
			continue
		}
		search := search{root: t, seen: map[reflect.Type]bool{t: true}}
		search.field(t, field, nil)
		errs = append(errs, search.errs...)
	}
	return found, errors.Join(errs...)
}

// search looks for the markers below an embedded field that is none itself.
type search struct {
	root reflect.Type
	seen map[reflect.Type]bool
	errs []error
}

func (s *search) field(via reflect.Type, field reflect.StructField, path []string) {
	path = append(slices.Clip(path), field.Name)
	inner, ok := StructOf(field.Type)
	if !ok {
		return
	}
	if _, ok := isMarker(inner); ok {
		s.misplaced(via, field, inner, path)
		return
	}
	if s.seen[inner] {
		return
	}
	s.seen[inner] = true
	for f := range inner.Fields() {
		if f.Anonymous {
			s.field(inner, f, path)
		}
	}
}

// misplaced says what to write instead of the embedded field.
func (s *search) misplaced(via reflect.Type, field reflect.StructField, marker reflect.Type, path []string) {
	name := Name(marker)
	if field.Type.Kind() == reflect.Pointer {
		s.errs = append(s.errs, fmt.Errorf("%s embeds a pointer to %s: embed %s by value", Name(via), name, name))
		return
	}
	s.errs = append(s.errs, fmt.Errorf("%s holds %s only through %s: embed %s in %s itself",
		Name(s.root), name, strings.Join(path[:len(path)-1], "."), name, Name(s.root)))
}

func isMarker(t reflect.Type) (handler string, ok bool) {
	if t.Kind() != reflect.Struct {
		return "", false
	}
	for f := range t.Fields() {
		if f.Anonymous && f.Type == markerType {
			return f.Tag.Get("marker"), true
		}
	}
	return "", false
}

// Zero returns the zero value of t as an M. It is false where t isn't one.
func Zero[M any](t reflect.Type) (M, bool) {
	return reflect.TypeAssert[M](reflect.Zero(t))
}
