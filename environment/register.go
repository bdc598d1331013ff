package environment

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/aspyx-go/aspyx/reflectx"
)

type registerPart struct {
	declaration
	options []ComponentOption
}

// Register makes the struct type T a component: the container makes one *T
// and fills its exported fields that are tagged, those of embedded structs
// included. Register[*T] means the same. Registering one type several times,
// also in several modules, makes one component, as long as the options are
// given once.
//
// The tag inject has the options name=…, for a component that [Named] has
// named, and optional, which leaves the field as it is where there is none. The
// tag value takes a value of the configuration: see [Config]. A context isn't
// injected: a field would keep it beyond its time.
func Register[T any](options ...ComponentOption) Part {
	return &registerPart{
		declaration{label: label{kind: "register", typ: reflect.TypeFor[T]()}, place: here()}, slices.Clone(options),
	}
}

func (r *registerPart) collect(p *plan, m *module) {
	from := p.originOf(&r.declaration, m)
	structType, ok := reflectx.StructOf(r.typ)
	if !ok {
		p.report(&Problem{
			Kind: ErrInvalid, Summary: fmt.Sprintf("invalid environment.Register[%s]: it is no struct", reflectx.Name(r.typ)),
			Steps: from.steps("registered"), Hint: "use environment.Provide with a constructor, or environment.Supply with a value",
		})
		return
	}
	c := newComponent(registered, reflect.PointerTo(structType), from, r.options)
	c.plain = len(r.options) == 0
	p.declared = append(p.declared, c)
}

// readNeeds finds what the component needs beyond plain parameters.
func (p *plan) readNeeds(c *Component) {
	if c.recordOnly || c.making == supplied || c.making == assembled {
		return
	}
	if c.making == registered {
		p.readFields(c)
		return
	}
	if c.making == provided && c.replaced == 0 {
		p.refuseTags(c)
	}
	if !slices.ContainsFunc(c.needs, func(n need) bool { return isParams(n.typ) }) {
		return
	}
	needs := make([]need, 0, len(c.needs))
	for i := range c.needs {
		if n := c.needs[i]; isParams(n.typ) {
			needs = append(needs, p.readParams(c, n)...)
		} else {
			needs = append(needs, n)
		}
	}
	c.needs = needs
}

// readFields finds the needs of a registered component, and reports tags that
// would be passed over in silence.
func (p *plan) readFields(c *Component) {
	t := c.Struct()
	for _, tag := range p.tags {
		for _, field := range tag.spec.Fields(t) {
			problem := &Problem{Kind: ErrTag, Steps: c.steps(c.title())}
			key := tag.spec.Key()
			switch {
			case !field.Reached:
				problem.Summary = "tag " + key + " of field " + field.Path + " has no effect: only fields of the struct itself and of structs that it embeds by value are filled"
				problem.Hint = "embed the struct that holds it by value, or move the field into " + reflectx.Name(t)
			case field.Err != nil:
				problem.Summary, problem.Err = "tag of field "+field.Path, field.Err
			case !field.IsExported():
				problem.Summary = "tag " + key + " on the unexported field " + field.Path
				problem.Hint = "export the field, or make the component with environment.Provide and a constructor"
			case field.Anonymous && hasHooks(field.Type):
				problem.Summary = "tag " + key + " on the embedded field " + field.Path + ": its hooks would run twice, as those of " + c.title() + " too"
				problem.Hint = "give the field a name"
			case c.fills(field.Index):
				problem.Summary = "field " + field.Path + " has several tags that fill it"
				problem.Hint = "choose one"
			default:
				c.needs = append(c.needs, p.tagged(c, tag, field))
				continue
			}
			p.report(problem)
		}
	}
	slices.SortFunc(c.needs, func(a, b need) int { return slices.Compare(a.field, b.field) })
}

// fills tells whether a need fills the field already.
func (c *Component) fills(field []int) bool {
	return slices.ContainsFunc(c.needs, func(n need) bool { return slices.Equal(n.field, field) })
}

// refuseTags reports inject tags in what a constructor makes.
func (p *plan) refuseTags(c *Component) {
	t := c.Struct()
	if t == nil {
		return
	}
	for _, field := range injectTag.Fields(t) {
		if !field.Reached {
			continue // its constructor's affair
		}
		p.report(&Problem{
			Kind: ErrTag, Steps: c.steps(c.title()),
			Summary: "tag inject of field " + field.Path + " has no effect: a constructor makes " + c.title(),
			Hint:    "use " + instanceOf("environment.Register", t, "()") + ", or a parameter of the constructor in place of the tag",
		})
	}
}

// readParams finds the needs of a parameter structure.
func (p *plan) readParams(c *Component, parameter need) []need {
	var needs []need
	for field := range parameter.typ.Fields() {
		if field.Type == paramsType {
			continue
		}
		path := reflectx.Name(parameter.typ) + "." + field.Name
		if !field.IsExported() {
			p.report(&Problem{
				Kind: ErrTag, Summary: "unexported field " + path + " of a parameter structure",
				Steps: c.steps(c.describe()), Hint: "export the field, or remove it",
			})
			continue
		}
		n, ok := p.readParam(c, field, path)
		if !ok {
			n = newNeed(field.Type)
		}
		n.parameter, n.field = parameter.parameter, field.Index
		needs = append(needs, n)
	}
	return needs
}

// readParam reads the tag of one field of a parameter structure. It is false
// where there is none.
func (p *plan) readParam(c *Component, field reflect.StructField, path string) (n need, ok bool) {
	for _, tag := range p.tags {
		_, present, err := tag.spec.Parse(field.Tag)
		switch {
		case err != nil:
			p.report(&Problem{Kind: ErrTag, Summary: "tag of field " + path, Err: err, Steps: c.steps(c.describe())})
		case present && ok:
			p.report(&Problem{
				Kind: ErrTag, Summary: "field " + path + " has several tags that fill it",
				Steps: c.steps(c.describe()), Hint: "choose one",
			})
		case present:
			n, ok = p.tagged(c, tag, reflectx.TaggedField{StructField: field, Path: path}), true
		}
	}
	return n, ok
}

// hasHooks tells whether the type has a method that the life cycle calls.
func hasHooks(t reflect.Type) bool {
	return t.Implements(reflect.TypeFor[Initializer]()) || hasLateHooks(t)
}

// hasLateHooks tells whether the type has a hook other than OnInit.
func hasLateHooks(t reflect.Type) bool {
	return t.Implements(reflect.TypeFor[Runner]()) || t.Implements(reflect.TypeFor[Stopper]()) ||
		t.Implements(reflect.TypeFor[Destroyer]())
}
