package environment

import (
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/aspyx-go/aspyx/reflectx"
)

// Component is something that the environment builds or was given, as an
// [Extension], a [PostProcessor], a [Scope] and an [Observer] see it.
type Component struct {
	label // typ is the type that it is asked for by, name that of assembled ones
	origin
	traits *traits // immutable
	rank   int     // its number in the order of registration
	why    string  // what its conditions came to

	markers   []reflectx.EmbeddedMarker
	misplaced error // markers that count for nothing
	claimed   []reflect.Type

	constructor *reflectx.Constructor // of provided ones
	assemble    assembler             // of assembled ones
	needs       []need
	within      *module        // whose components may see a private one
	decorated   []reflect.Type // the interfaces for which a decorator stands for it

	making      making
	replaced    making // what it was before an Override; zero without one
	state       state
	plain       bool // registered without options
	recordOnly  bool // it is never built
	wrapped     bool // a decorator stands for it, whoever asks
	eager       bool // built at boot
	failed      bool // the boot failed at it
	unprocessed bool // by post-processors, which need it

	home *Environment // set when the environment is made
	made atomic.Bool  // a lazy one was

	// instance of a singleton; nil before the environment is made, but for
	// supplied ones. It is a pointer since printers of a struct that holds a
	// Component in an unexported field, where Format isn't called, pass over it.
	*instance
}

func newComponent(making making, t reflect.Type, from origin, options []ComponentOption) *Component {
	c := &Component{
		label: label{kind: "component", typ: t}, making: making, origin: from,
		within: from.module, traits: &noTraits,
	}
	if len(options) > 0 {
		c.traits = readTraits(options)
	}
	return c
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
type making uint8

const (
	registered making = iota + 1
	provided
	supplied
	assembled
	decorating
)

// state is how far the search for an order has come with a component.
type state uint8

const (
	unvisited state = iota
	visiting
	visited
)

// Type returns the type that the component is asked for by: *T for
// Register[T], what the constructor returns for Provide.
func (c *Component) Type() reflect.Type { return c.typ }

// Name returns the name that [Named] gave it; empty where there is none.
func (c *Component) Name() string { return c.traits.name }

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
func (c *Component) Module() string {
	if c.module == nil {
		return ""
	}
	return c.module.name
}

// String returns the component as messages show it: its type, followed by its
// name where it has one.
func (c *Component) String() string { return c.title() }

// Format implements [fmt.Formatter]: it writes what String returns, under every
// verb, since the instance may hold what must not be seen.
func (c *Component) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, c.title()) }

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

// isConstructed tells whether a constructor makes it.
func (c *Component) isConstructed() bool { return c.making == provided || c.making == decorating }

// title is how messages name the component.
func (c *Component) title() string {
	if c.name != "" {
		return c.name
	}
	title := reflectx.Name(c.typ)
	if c.traits.name != "" {
		title += " " + strconv.Quote(c.traits.name)
	}
	return title
}

// describe tells how the component came in.
func (c *Component) describe() string {
	switch c.making {
	case registered:
		return "registered"
	case provided:
		return "provided by " + c.constructor.String()
	case supplied:
		return "supplied"
	case assembled:
		return "assembled as " + strconv.Quote(c.name)
	case decorating:
		return "decorated by " + c.constructor.String()
	}
	return ""
}

// needSteps lead from the field or parameter up to the module that was booted.
func (c *Component) needSteps(index int) []Step {
	n := &c.needs[index]
	switch {
	case c.making == registered:
		return c.steps(reflectx.Name(c.typ) + "." + c.Struct().FieldByIndex(n.field).Name)
	case c.isConstructed():
		what := "parameter " + strconv.Itoa(int(n.parameter)+1) + " of " + c.constructor.String()
		if n.field != nil {
			params := c.constructor.In[n.parameter]
			what = reflectx.Name(params) + "." + params.FieldByIndex(n.field).Name + " of " + c.constructor.String()
		}
		return append([]Step{{What: what, Place: c.constructorPlace()}}, c.module.steps()...)
	}
	return c.steps(c.title())
}

func (c *Component) constructorPlace() string {
	file, line := c.constructor.Location()
	return shortPlace(file, line)
}

// needsAlready tells whether a need before that of the index has the target.
func (c *Component) needsAlready(target *Component, index int) bool {
	return slices.ContainsFunc(c.needs[:index], func(n need) bool { return n.ordered() && slices.Contains(n.targets, target) })
}

// buildSteps lead from what builds the component up to the module that was
// booted.
func (c *Component) buildSteps() []Step {
	if !c.isConstructed() {
		return c.steps("assembled")
	}
	return append([]Step{{What: c.constructor.String(), Place: c.constructorPlace()}}, c.module.steps()...)
}
