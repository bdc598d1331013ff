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
	w := fieldWalk{spec: s, seen: map[reflect.Type]bool{t: true}}
	w.walk(t, Name(t), nil, true)
	return w.found
}

type fieldWalk struct {
	spec  *TagSpec
	seen  map[reflect.Type]bool // embedded pointers may lead back
	found []TaggedField
}

func (w *fieldWalk) walk(t reflect.Type, name string, index []int, reached bool) {
	for field := range t.Fields() {
		field.Index = slices.Concat(index, field.Index)
		path := name + "." + field.Name
		_, present, err := w.spec.Parse(field.Tag)
		inner, isStruct := StructOf(field.Type)
		pointer := field.Type.Kind() == reflect.Pointer
		switch {
		case present || err != nil && reached:
			w.found = append(w.found, TaggedField{StructField: field, Path: path, Reached: reached, Err: err})
		case !isStruct || pointer && !field.Anonymous:
		case reached && field.Anonymous && !pointer:
			w.walk(inner, Name(inner), field.Index, true)
		case !w.seen[inner]:
			w.seen[inner] = true
			w.walk(inner, path, field.Index, false)
		}
	}
}
