package environment

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/aspyx-go/aspyx/reflectx"
)

type override struct {
	label
	place       place
	constructor any
	traits      *traits // only a name

	used bool
}

// Override replaces the definition of T by a constructor, before anything is
// built: the original is never made. T is the type of the definition, or an
// interface that only one component implements; that component is then
// replaced as a whole. The constructor has one of the forms that [Provide]
// takes and returns T, or something that can be assigned to it. A T that
// nothing defines is a problem, and so is an interface whose component is
// marked: it has to be overridden by its own type, to stay what it is. Of
// several overrides of one T the last counts.
//
// Of several components of the type, the one without a name is meant, or that
// which the option [Named] names; there are no other options.
func Override[T any](constructor any, options ...ComponentOption) Option {
	return &override{
		label: label{kind: "override", typ: reflect.TypeFor[T]()}, place: here(), constructor: constructor,
		traits: readTraits(options),
	}
}

func (o *override) apply(s *settings) {
	fresh := &override{label: o.label, place: o.place, constructor: o.constructor, traits: o.traits}
	if !reflect.DeepEqual(*o.traits, traits{name: o.traits.name}) {
		s.problems = append(s.problems, &Problem{
			Kind: ErrInvalid, Summary: "invalid option of " + o.String() + ": it takes environment.Named only, since the rest is that of the component",
			Steps: origin{place: &o.place}.steps("overridden"),
		})
	}
	for i, earlier := range s.overrides {
		if earlier.typ == o.typ && earlier.traits.name == o.traits.name {
			s.overrides[i] = fresh
			return
		}
	}
	s.overrides = append(s.overrides, fresh)
}

// replace puts the constructor in the place of what c was built with.
func (o *override) replace(p *plan, c *Component) {
	o.used = true
	from := origin{place: &o.place}
	constructor, err := reflectx.ParseConstructor(o.constructor)
	if err == nil && !constructor.Out.AssignableTo(o.typ) {
		err = fmt.Errorf("the constructor returns %s, which is no %s", reflectx.Name(constructor.Out), reflectx.Name(o.typ))
	}
	if err != nil {
		p.report(&Problem{
			Kind: ErrSignature, Summary: fmt.Sprintf("signature of environment.Override[%s]", reflectx.Name(o.typ)), Err: err,
			Steps: from.steps("overridden"),
		})
		return
	}
	p.graph.rename(c, o.typ)
	c.replaced, c.making = c.declaredAs(), provided
	c.place, c.instance = from.place, nil
	c.makeBy(constructor)
	c.readMarkers()
}

// overridden returns the component of exactly the type that is to be replaced.
func (g *graph) overridden(o *override) *Component {
	if o.traits.name == "" {
		if unnamed := g.known(o.typ, "", nil, false); unnamed != nil {
			return unnamed
		}
		return choose(g.byType[o.typ])
	}
	if named := g.byName[typeAndName{o.typ, o.traits.name}]; len(named) == 1 {
		return named[0]
	}
	return nil
}

// rename has the component be asked for by another type.
func (g *graph) rename(c *Component, t reflect.Type) {
	g.byType[c.typ] = slices.DeleteFunc(slices.Clone(g.byType[c.typ]), func(other *Component) bool { return other == c })
	if name := c.traits.name; name != "" {
		key := typeAndName{c.typ, name}
		g.byName[key] = slices.DeleteFunc(slices.Clone(g.byName[key]), func(other *Component) bool { return other == c })
	}
	c.name, c.typ = "", t
	g.byType[t] = append(g.byType[t], c)
	if name := c.traits.name; name != "" {
		key := typeAndName{t, name}
		g.byName[key] = append(g.byName[key], c)
	}
	clear(g.implementing) // by the types as they were
	clear(g.chosen)
}

// overrideInterfaces applies the overrides of interfaces that no component has
// as its type, but that one implements, and reports those that replace
// nothing. Which components count is known after the extensions only.
func (p *plan) overrideInterfaces() {
	for _, o := range p.settings.overrides {
		if o.used {
			continue
		}
		from := origin{place: &o.place}.steps("overridden")
		found := p.graph.byType[o.typ]
		if len(found) == 0 {
			found = p.graph.implementers(o.typ)
		}
		if o.traits.name != "" {
			found = visible(found, o.traits.name, nil)
		}
		switch {
		case len(found) > 1:
			problem := ambiguous(o.typ, found, nil)
			problem.Hint = "override one by its own type, or by its name with environment.Named"
			problem.Steps = append(append(problem.Steps, Step{What: "needed by"}), from...)
			p.report(problem)
		case len(found) == 0:
			p.report(&Problem{
				Kind:    ErrMissing,
				Summary: fmt.Sprintf("missing %s, which environment.Override is to replace", reflectx.Name(o.typ)),
				Steps:   from, Hint: p.graph.overrideHint(o.typ), Excluded: p.graph.excludedFor(o.typ),
			})
		case len(found[0].claimed) > 0:
			p.report(&Problem{
				Kind: ErrInvalid,
				Summary: fmt.Sprintf("invalid override of %s: %s would lose its marker %s",
					reflectx.Name(o.typ), found[0].title(), reflectx.Name(found[0].claimed[0])),
				Steps: append(from, found[0].steps(found[0].title())...),
				Hint:  "override " + found[0].title() + " itself",
			})
		default:
			o.replace(p, found[0])
		}
	}
}
