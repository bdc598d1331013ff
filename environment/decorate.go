package environment

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/aspyx-go/aspyx/reflectx"
)

type decoratePart struct {
	declaration
	constructor any
}

// decorator is one that was listed.
type decorator struct {
	origin
	constructor *reflectx.Constructor
}

// Decorate wraps the components of type T, wherever they are asked for: their
// makers don't know. The function has one of the forms that [Provide] takes; its
// first parameter is the T that it wraps, and it returns a T:
//
//	environment.Decorate(func(next Repository, log *slog.Logger) Repository {
//		return &LoggingRepository{next, log}
//	})
//
// If nothing has exactly the type T, an interface, those that implement it are
// wrapped: who asks for the interface gets the decorator, who asks for the
// implementation gets that. Several decorators wrap each other in the order in
// which they are listed: the last is the outermost. A decorator lives as long as
// what it wraps, and both have their own hooks. A component with a marker that
// something handles can't be wrapped.
func Decorate(constructor any) Part {
	return &decoratePart{
		declaration: declaration{label: label{kind: "decorate", typ: reflect.TypeOf(constructor)}, place: here()},
		constructor: constructor,
	}
}

func (d *decoratePart) collect(p *plan, m *module) {
	from := p.originOf(&d.declaration, m)
	constructor, err := reflectx.ParseConstructor(d.constructor)
	if err == nil && (len(constructor.In) == 0 || constructor.In[0] != constructor.Out) {
		err = fmt.Errorf("its first parameter must be what it returns, %s", reflectx.Name(constructor.Out))
	}
	if err != nil {
		p.report(&Problem{Kind: ErrSignature, Summary: "signature of environment.Decorate", Err: err, Steps: from.steps("decorated")})
		return
	}
	p.decorators = append(p.decorators, &decorator{origin: from, constructor: constructor})
}

// decorate puts the decorators before what they wrap.
func (p *plan) decorate() {
	for _, d := range p.decorators {
		t := d.constructor.Out
		exact := visibleInside(p.graph.byType[t])
		targets := exact
		if len(exact) == 0 {
			targets = slices.Clone(p.graph.implementers(t))
		}
		if len(targets) == 0 {
			p.report(&Problem{
				Kind: ErrMissing, Summary: "missing " + reflectx.Name(t) + ", which environment.Decorate is to wrap",
				Steps: d.steps("decorated"), Hint: p.graph.overrideHint(t), Excluded: p.graph.excludedFor(t),
			})
		}
		for _, target := range targets {
			if len(target.claimed) > 0 {
				p.report(&Problem{
					Kind: ErrInvalid, Steps: append(d.steps("decorated"), target.steps(target.title())...),
					Summary: fmt.Sprintf("invalid environment.Decorate of %s: it would hide its marker %s", target.title(), reflectx.Name(target.claimed[0])),
					Hint:    "decorate what it depends on",
				})
				continue
			}
			p.graph.wrap(target, d, len(exact) > 0)
		}
	}
}

// visibleInside returns those that no decorator hides.
func visibleInside(components []*Component) []*Component {
	return slices.DeleteFunc(slices.Clone(components), func(c *Component) bool { return c.wrapped })
}

// wrap adds the decorator of one component.
func (g *graph) wrap(target *Component, d *decorator, exact bool) *Component {
	c := newComponent(decorating, d.constructor.Out, d.origin, nil)
	c.traits, c.within, c.why = target.traits, target.within, target.why
	c.makeBy(d.constructor)
	c.needs[0] = need{kind: needOne, typ: target.typ, wanted: target.typ, hidden: true, targets: []*Component{target}}
	if exact {
		target.wrapped = true
	} else {
		traits := *target.traits
		traits.as = nil
		c.traits = &traits
		c.decorated = slices.Clone(target.decorated) // by decorators of smaller interfaces
		target.decorated = append(target.decorated, c.typ)
	}
	g.add(c)
	c.rank = target.rank
	return c
}
