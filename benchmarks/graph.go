package benchmarks

import (
	"reflect"
	"strconv"
)

// graph is a chain of components with shortcuts, which both containers get in
// the same form: number i is made from number i-1 and number i/2. Number 0
// needs nothing.
type graph struct {
	constructors []any        // func(*C(i-1), *C(i/2)) *C(i), dependencies first
	last         reflect.Type // needs all others, directly or not
}

// newGraph makes as many types and constructors. The types are made at run
// time, since there are up to a thousand of them: structs that differ in a
// tag. Calling such a constructor costs more than calling a declared function,
// on both sides alike.
func newGraph(components int) graph {
	types := make([]reflect.Type, components)
	constructors := make([]any, components)
	for i := range types {
		types[i] = reflect.PointerTo(reflect.StructOf([]reflect.StructField{{
			Name: "Number", Type: reflect.TypeFor[int](), Tag: reflect.StructTag(`component:"` + strconv.Itoa(i) + `"`),
		}}))
		var in []reflect.Type
		if i > 0 {
			in = []reflect.Type{types[i-1], types[i/2]}
		}
		signature := reflect.FuncOf(in, types[i:i+1], false)
		constructors[i] = reflect.MakeFunc(signature, func([]reflect.Value) []reflect.Value {
			made := reflect.New(types[i].Elem())
			made.Elem().Field(0).SetInt(int64(i))
			return []reflect.Value{made}
		}).Interface()
	}
	return graph{constructors: constructors, last: types[components-1]}
}
