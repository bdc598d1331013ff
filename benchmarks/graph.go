package benchmarks

import (
	"fmt"
	"reflect"
	"strconv"

	"github.com/samber/do/v2"
)

// Shape is how the components of a graph depend on each other. In all shapes
// the last component needs all others, directly or not.
type Shape int

const (
	// Diamond is a chain with shortcuts: number i needs i-1 and i/2.
	Diamond Shape = iota + 1
	// Deep is a chain: number i needs i-1.
	Deep
	// Wide is a tree whose nodes need up to a hundred others each, so that it
	// is three levels deep at most up to 10,000 components. (A function made by
	// reflection can't have more than 128 parameters.)
	Wide
	// Declared is a Diamond of types and constructors that are declared in
	// code, where those of the other shapes are made by reflection. There is
	// one of 100 components.
	Declared
)

// fanOut is how many others a node of a wide graph needs.
const fanOut = 100

// String returns the name of the shape.
func (s Shape) String() string {
	switch s {
	case Diamond:
		return "diamond"
	case Deep:
		return "deep"
	case Wide:
		return "wide"
	case Declared:
		return "declared"
	default:
		return "shape " + strconv.Itoa(int(s))
	}
}

// needs returns what number i of so many components needs, all less than i.
func (s Shape) needs(i, components int) []int {
	var needs []int
	switch {
	case s == Wide:
		// The node j of a heap has the children fanOut*j+1 and following; the
		// root comes last.
		root := components - 1
		for child := fanOut*(root-i) + 1; child <= fanOut*(root-i+1) && child < components; child++ {
			needs = append(needs, root-child)
		}
	case i == 0:
	case s == Deep:
		needs = []int{i - 1}
	case s == Diamond, s == Declared:
		needs = []int{i - 1, i / 2}
	}
	return needs
}

// graph is the components that all containers build, each in the form that the
// container takes.
type graph struct {
	constructors []any               // func(its needs...) *C(i), dependencies first
	ask          any                 // func(the last component), for containers that build what such a function needs
	needs        [][]int             // the same once more, for a container that knows
	names        []string            // components by name
	provide      []func(do.Injector) // of Declared only
	made         []int               // how often each was constructed
}

// graphs keeps those that were made, for the sides of a comparison to share.
var graphs = map[string]*graph{}

// graphOf returns the graph, which is the same for the same arguments, as
// before any of it was built.
func graphOf(shape Shape, components int) *graph {
	key := fmt.Sprint(shape, components)
	g, ok := graphs[key]
	if !ok {
		if shape == Declared {
			g = newDeclared()
		} else {
			g = newGraph(shape, components)
		}
		graphs[key] = g
	}
	clear(g.made)
	return g
}

// graphFor returns a graph that has all but its constructors.
func graphFor(shape Shape, components int) *graph {
	g := &graph{
		constructors: make([]any, components),
		needs:        make([][]int, components),
		names:        make([]string, components),
		provide:      make([]func(do.Injector), components),
		made:         make([]int, components),
	}
	for i := range components {
		g.needs[i] = shape.needs(i, components)
		g.names[i] = "component " + strconv.Itoa(i)
	}
	return g
}

// newGraph makes as many types and constructors. The types are made at run
// time, since there are up to ten thousand of them: structs that differ in a
// tag.
func newGraph(shape Shape, components int) *graph {
	g := graphFor(shape, components)
	types := make([]reflect.Type, components)
	for i := range types {
		types[i] = reflect.PointerTo(reflect.StructOf([]reflect.StructField{{
			Name: "Number", Type: reflect.TypeFor[int](), Tag: reflect.StructTag(`component:"` + strconv.Itoa(i) + `"`),
		}}))
		in := make([]reflect.Type, len(g.needs[i]))
		for k, need := range g.needs[i] {
			in[k] = types[need]
		}
		g.constructors[i] = reflect.MakeFunc(reflect.FuncOf(in, types[i:i+1], false), func([]reflect.Value) []reflect.Value {
			g.made[i]++
			instance := reflect.New(types[i].Elem())
			instance.Elem().Field(0).SetInt(int64(i))
			return []reflect.Value{instance}
		}).Interface()
	}
	g.ask = reflect.MakeFunc(reflect.FuncOf(types[components-1:], nil, false), func([]reflect.Value) []reflect.Value {
		return nil
	}).Interface()
	return g
}

// check returns an error unless each component was constructed so many times.
func (g *graph) check(times int) error {
	for i, made := range g.made {
		if made != times {
			return fmt.Errorf("component %d of %d was constructed %d times, want %d", i, len(g.made), made, times)
		}
	}
	return nil
}
