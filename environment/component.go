package environment

import (
	"context"
	"reflect"
	"slices"
	"strconv"

	"github.com/aspyx-go/aspyx/reflectx"
)

// Component is something that the environment builds or was given, as an
// [Extension] sees it.
type Component struct {
	label // typ is the type that it is asked for by
	origin
	making   making
	replaced making // what it was before an Override; zero without one

	markers   []reflectx.EmbeddedMarker
	misplaced error // markers that count for nothing
	claimed   []reflect.Type

	constructor *reflectx.Constructor // of provided ones
	assemble    assembler             // of assembled ones
	needs       []need
	recordOnly  bool
	state       state

	// product is a pointer so that no printer of a struct that holds a
	// Component in an unexported field, where Format isn't called, gets to it.
	*product
}

// product is what was built.
type product struct {
	value     reflect.Value
	instance  any
	cleanup   reflectx.Cleanup
	hooks     bool // the component runs the hooks of its instance
	abandoned bool // a hook of it may still be running
}

func newComponent(making making, t reflect.Type, from origin) *Component {
	return &Component{label: label{kind: "component", typ: t}, making: making, origin: from, product: &product{}}
}

// origin tells where something was declared.
type origin struct {
	place  *place
	module *module
}

// steps lead from a place, which is described by what, up to the module that
// was booted.
func (o origin) steps(what string) []Step {
	return append([]Step{{What: what, Place: o.at()}}, o.module.steps()...)
}

// at is the file and line of the user's call: the one that lists the module,
// where the part is a library's own.
func (o origin) at() string {
	if at := o.place.String(); at != "" || o.module == nil {
		return at
	}
	return o.module.place.String()
}

// making is how a component comes into being.
type making int

const (
	registered making = iota + 1
	provided
	supplied
	assembled
)

// state is how far the search for an order has come with a component.
type state int

const (
	unvisited state = iota
	visiting
	visited
)

type assembler func(ctx context.Context, env *Environment, dependencies []any) (any, error)

// need is one dependency of a component.
type need struct {
	typ    reflect.Type
	field  []int      // of the struct of a registered component
	target *Component // set when the graph is made; nil for the context
}

var (
	contextType     = reflect.TypeFor[context.Context]()
	environmentType = reflect.TypeFor[*Environment]()
)

// Type returns the type that the component is asked for by: *T for
// Register[T], what the constructor returns for Provide.
func (c *Component) Type() reflect.Type { return c.typ }

// Struct returns the struct type, also where the component is a pointer to
// it, or nil where it is something else.
func (c *Component) Struct() reflect.Type {
	if t, ok := reflectx.StructOf(c.typ); ok {
		return t
	}
	return nil
}

// Markers returns the markers that the struct embeds.
func (c *Component) Markers() []reflectx.EmbeddedMarker { return slices.Clone(c.markers) }

// Place returns the file and line of the user's call that made the component
// known, as "folder/file.go:12".
func (c *Component) Place() string { return c.at() }

// Module returns the name of the module that lists the component.
func (c *Component) Module() string { return c.module.name }

// handled tells whether an extension has claimed the marker.
func (c *Component) handled(marker reflect.Type) bool { return slices.Contains(c.claimed, marker) }

// declaredAs tells how it came in, whatever has replaced it.
func (c *Component) declaredAs() making {
	if c.replaced != 0 {
		return c.replaced
	}
	return c.making
}

// offered tells whether the component is found for an interface. What an
// extension assembles is its own affair, and what is only recorded isn't built.
func (c *Component) offered() bool { return !c.recordOnly && c.making != assembled }

// title is how messages name the component.
func (c *Component) title() string {
	if c.name != "" {
		return c.name
	}
	return reflectx.Name(c.typ)
}

// needSteps lead from the field or parameter up to the module that was booted.
func (c *Component) needSteps(index int) []Step {
	switch c.making {
	case registered:
		return c.steps(c.title() + "." + c.Struct().FieldByIndex(c.needs[index].field).Name)
	case provided:
		what := "parameter " + strconv.Itoa(index+1) + " of " + c.constructor.String()
		file, line := c.constructor.Location()
		return append([]Step{{What: what, Place: shortPlace(file, line)}}, c.module.steps()...)
	case supplied, assembled:
	}
	return c.steps(c.title())
}

// needsAlready tells whether a need before that of the index is the target.
func (c *Component) needsAlready(target *Component, index int) bool {
	return slices.ContainsFunc(c.needs[:index], func(n need) bool { return n.target == target })
}

// in returns the values of the needs, in their order.
func (c *Component) in(ctx context.Context) []reflect.Value {
	values := make([]reflect.Value, len(c.needs))
	for i, need := range c.needs {
		if need.target == nil {
			values[i] = reflect.ValueOf(&ctx).Elem()
		} else {
			values[i] = need.target.value
		}
	}
	return values
}

// build makes the value. All needs are built already.
func (c *Component) build(ctx context.Context, env *Environment) (err error) {
	switch c.making {
	case registered:
		c.value = reflect.New(c.Struct())
		for i, value := range c.in(ctx) {
			c.value.Elem().FieldByIndex(c.needs[i].field).Set(value)
		}
	case provided:
		c.value, c.cleanup, err = c.constructor.Call(c.in(ctx))
	case assembled:
		dependencies := make([]any, len(c.needs))
		for i, need := range c.needs {
			dependencies[i] = need.target.instance
		}
		var value any
		if value, err = c.assemble(ctx, env, dependencies); err == nil && reflectx.IsNil(reflect.ValueOf(value)) {
			err = reflectx.ErrNil
		}
		c.value = reflect.ValueOf(value)
	case supplied: // has its value
	}
	if err != nil {
		return err
	}
	c.instance = c.value.Interface()
	return nil
}

// own decides which component runs the hooks of an instance that several of
// them share, or of equal values: the first. Supplied ones belong to the
// caller.
func (c *Component) own(owners map[any]struct{}) {
	var id any
	switch v := reflect.ValueOf(c.instance); {
	case v.Kind() == reflect.Map:
		id = [2]any{v.Type(), v.Pointer()}
	case v.Comparable():
		id = c.instance
	}
	_, owned := owners[id]
	if id != nil {
		owners[id] = struct{}{}
	}
	c.hooks = !owned && c.making != supplied
}

// buildSteps lead from what builds the component up to the module that was
// booted.
func (c *Component) buildSteps() []Step {
	if c.making != provided {
		return c.steps("assembled")
	}
	file, line := c.constructor.Location()
	return append([]Step{{What: c.constructor.String(), Place: shortPlace(file, line)}}, c.module.steps()...)
}
