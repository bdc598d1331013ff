package environment

import (
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"

	"github.com/aspyx-go/aspyx/reflectx"
)

// Part is a piece of a module: what [Module], [Register], [Provide],
// [Supply], [Decorate], [Tag], [Extend], [Contribute] and [Assemble] return. A part is
// immutable, and its identity counts: the same one listed twice is loaded
// once. It prints as its kind and name under every verb.
type Part interface {
	fmt.Formatter
	declared() *declaration
	collect(p *plan, m *module)
}

// Option says how a module is booted: what [Override], [Config], [Features],
// [Parent], [WithScope], [Observe], [Logger], [StopTimeout], [HookTimeout],
// [HealthTimeout], [HealthCache] and [Setting] return. It prints as its kind and name under
// every verb.
type Option interface {
	fmt.Formatter
	apply(s *settings)
}

// label is what parts, options, components and environments print as, under
// every verb: they may hold what must not be seen, such as a password.
type label struct {
	kind string
	name string       // of modules and what else has one
	typ  reflect.Type // of all others; may be nil
}

// String returns kind and name.
func (l *label) String() string {
	switch {
	case l == nil:
		return "<nil>"
	case l.name != "":
		return l.kind + " " + strconv.Quote(l.name)
	case l.typ != nil:
		return l.kind + " " + reflectx.Name(l.typ)
	default:
		return l.kind
	}
}

// Format implements [fmt.Formatter]: it writes kind and name.
func (l *label) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, l.String()) // fmt.State never fails
}

// declaration is the common part of all parts.
type declaration struct {
	label
	place place
}

func (d *declaration) declared() *declaration { return d }

// module is a module that is being loaded: its name, and how it came in.
type module struct {
	name   string
	place  *place
	parent *module
}

// steps lead from the module up to the one that was booted.
func (m *module) steps() []Step {
	var steps []Step
	for ; m != nil; m = m.parent {
		steps = append(steps, Step{What: fmt.Sprintf("<- module %q", m.name), Place: m.place.String()})
	}
	return steps
}

type modulePart struct {
	declaration
	parts []Part
}

// Module returns a part that is made of parts. The name shows in errors. A
// module that is listed in others several times is loaded once.
func Module(name string, parts ...Part) Part {
	return &modulePart{
		declaration: declaration{label: label{kind: "module", name: name}, place: here()},
		parts:       slices.Clone(parts),
	}
}

func (m *modulePart) collect(p *plan, parent *module) {
	inner := &module{name: m.name, place: &m.place, parent: parent}
	if m.name == "" {
		p.report(&Problem{
			Kind: ErrInvalid, Summary: "invalid module: it has no name", Steps: inner.steps(),
			Hint: `name it: environment.Module("shop", …)`,
		})
	}
	for i, part := range m.parts {
		if part == nil {
			p.report(&Problem{
				Kind: ErrInvalid, Summary: fmt.Sprintf("invalid part: number %d is nil", i+1), Steps: inner.steps(),
				Hint: "a package-level variable that is declared through a function may not be set yet: list the part itself",
			})
			continue
		}
		p.load(part, inner)
	}
}
