package environment

import (
	"fmt"
	"reflect"

	"github.com/aspyx-go/aspyx/reflectx"
)

// injectTag is the tag of fields that are to be filled.
var injectTag = reflectx.NewTagSpec("inject")

type registerPart struct {
	declaration
}

// Register makes the struct type T a component: the container makes one *T
// and fills its exported fields that are tagged `inject:""`, those of embedded
// structs included. Register[*T] means the same. Registering one type several
// times, also in several modules, makes one component.
func Register[T any]() Part {
	return &registerPart{declaration{label: label{kind: "register", typ: reflect.TypeFor[T]()}, place: here()}}
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
	p.declared = append(p.declared, newComponent(registered, reflect.PointerTo(structType), from))
}

// readFields finds the needs of a registered component, and reports inject tags
// that would be passed over in silence.
func (p *plan) readFields(c *Component) {
	t := c.Struct()
	if t == nil || c.recordOnly || c.replaced != 0 || c.making != registered && c.making != provided {
		return
	}
	for _, field := range injectTag.Fields(t) {
		problem := &Problem{Kind: ErrTag, Steps: c.steps(c.title())}
		switch {
		case c.making == provided && !field.Reached:
			continue // its constructor's affair
		case c.making == provided:
			problem.Summary = "tag inject of field " + field.Path + " has no effect: a constructor makes " + c.title()
			problem.Hint = "use " + instanceOf("environment.Register", t, "()") + ", or a parameter of the constructor in place of the tag"
		case !field.Reached:
			problem.Summary = "tag inject of field " + field.Path + " has no effect: only fields of the struct itself and of structs that it embeds by value are filled"
			problem.Hint = "embed the struct that holds it by value, or move the field into " + reflectx.Name(t)
		case field.Err != nil:
			problem.Summary, problem.Err = "tag of field "+field.Path, field.Err
		case !field.IsExported():
			problem.Summary = "tag inject on the unexported field " + field.Path
			problem.Hint = "export the field, or make the component with environment.Provide and a constructor"
		case field.Anonymous && hasHooks(field.Type):
			problem.Summary = "tag inject on the embedded field " + field.Path + ": its hooks would run twice, as those of " + c.title() + " too"
			problem.Hint = "give the field a name"
		default:
			c.needs = append(c.needs, need{typ: field.Type, field: field.Index})
			continue
		}
		p.report(problem)
	}
}

// hasHooks tells whether the type has a method that the life cycle calls.
func hasHooks(t reflect.Type) bool {
	return t.Implements(reflect.TypeFor[Initializer]()) || t.Implements(reflect.TypeFor[Runner]()) ||
		t.Implements(reflect.TypeFor[Stopper]()) || t.Implements(reflect.TypeFor[Destroyer]())
}
