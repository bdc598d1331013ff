package reflectx

import (
	"reflect"
	"strings"
)

// Name returns the type as messages show it: *pkg.Type. Two different types
// may share a name; see [FullName].
func Name(t reflect.Type) string {
	if t == nil {
		return "nil"
	}
	return t.String()
}

// FullName returns a named type, or a pointer to one, with its package's import
// path, which tells apart types of one name from different packages:
// *example.com/shop/orders.Order. Other types are as [Name] returns them. Types
// that are declared in functions may share even their full name.
func FullName(t reflect.Type) string {
	switch {
	case t == nil:
		return "nil"
	case t.Kind() == reflect.Pointer && t.Name() == "":
		return "*" + FullName(t.Elem())
	case t.PkgPath() == "":
		return t.String()
	default:
		return t.PkgPath() + "." + t.Name()
	}
}

// SimpleName returns the name that a type was declared under, without its
// package. It is false for types that have no such name of their own:
// unnamed ones and the instances of generic types.
func SimpleName(t reflect.Type) (string, bool) {
	name := t.Name()
	if name == "" || strings.ContainsRune(name, '[') {
		return "", false
	}
	return name, true
}

// StructOf returns the struct type behind t, which may be a pointer to it.
func StructOf(t reflect.Type) (reflect.Type, bool) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t, t.Kind() == reflect.Struct
}
