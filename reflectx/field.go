package reflectx

import (
	"reflect"
	"slices"
)

// TaggedField is a field that a [TagSpec] has found.
type TaggedField struct {
	// StructField is the field. Its Index leads to it from the struct that was
	// read.
	reflect.StructField
	// Path names it for messages: the struct that declares it and its name.
	Path string
	// Reached is false for a field behind an embedded pointer, or in a struct
	// that is the type of a field and not embedded.
	Reached bool
	// Err is what is wrong with the tag.
	Err error
}

// Fields returns the fields of a struct type that have the tag, in their order:
// its own, those of structs that are embedded by value, and, as not reached,
// those of the other structs in it. A field that has the tag is not looked
// into.
func (s *TagSpec) Fields(t reflect.Type) []TaggedField {
	w := fieldWalk{spec: s, root: t}
	w.walk(t, "", nil, true)
	return w.found
}

type fieldWalk struct {
	spec  *TagSpec
	root  reflect.Type
	seen  []reflect.Type // embedded pointers may lead back
	found []TaggedField
}

// walk looks into a struct. It is called for every type of a program at boot:
// what isn't tagged costs no memory of ours. The path is empty where it is the
// struct's own name.
func (w *fieldWalk) walk(t reflect.Type, path string, index []int, reached bool) {
	for i := range t.NumField() { //nolint:modernize // Fields allocates
		field := t.Field(i)
		_, present, err := w.spec.Parse(field.Tag)
		inner, isStruct := StructOf(field.Type)
		pointer := field.Type.Kind() == reflect.Pointer
		switch {
		case present || err != nil && reached:
			at := fieldPath(t, path, field.Name)
			field.Index = slices.Concat(index, field.Index)
			w.found = append(w.found, TaggedField{StructField: field, Path: at, Reached: reached, Err: err})
		case !isStruct || pointer && !field.Anonymous:
		case reached && field.Anonymous && !pointer:
			w.walk(inner, "", slices.Concat(index, field.Index), true)
		case inner != w.root && !slices.Contains(w.seen, inner):
			w.seen = append(w.seen, inner)
			w.walk(inner, fieldPath(t, path, field.Name), slices.Concat(index, field.Index), false)
		}
	}
}

func fieldPath(t reflect.Type, path, field string) string {
	if path == "" {
		path = Name(t)
	}
	return path + "." + field
}
