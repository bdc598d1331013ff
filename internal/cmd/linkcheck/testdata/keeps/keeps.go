// Package keeps is what the check is for: it looks methods up by names that
// only the run time knows.
package keeps

import "reflect"

// Object is a type with methods.
type Object struct{ value any }

// Has tells whether the object has a method, which for the linker could be any.
func (o *Object) Has(name string) bool {
	return reflect.ValueOf(o.value).MethodByName(name).IsValid()
}

// Of is a function that has to be instantiated.
func Of[T any](value T) *Object { return &Object{value} }

// Box is a type that has to be instantiated.
type Box[T comparable] struct{ Value T }

// Holds tells whether the box holds the value.
func (b Box[T]) Holds(value T) bool { return b.Value == value }

// Alias and Interface add nothing that isn't used already.
type (
	Alias     = Object
	Interface interface{ Has(name string) bool }
)

// Special can't be instantiated without a type of its own.
func Special[T interface{ Special() }](value T) { value.Special() }
