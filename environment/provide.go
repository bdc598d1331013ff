package environment

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/aspyx-go/aspyx/reflectx"
)

type providePart struct {
	declaration
	constructor any
	options     []ComponentOption
}

// Provide makes what the constructor returns a component. The constructor is
// a function of one of these forms:
//
//	func(dependencies…) T
//	func(dependencies…) (T, error)
//	func(dependencies…) (T, func(context.Context) error, error)
//
// T may be an interface. The function in the last form is called when the
// environment is shut down, after the component's OnDestroy. A parameter of
// type [context.Context] is the context given to [Boot]; that of a lazy component
// is the environment's own, which ends when all have stopped, and that of a
// transient or scoped one is that of who asks. A variadic last parameter is left empty. A constructor must not return nil without an error.
//
// What a parameter may ask for: see "How a dependency is found" above. A
// method expression makes a component with another's help: the first parameter
// of (*Settings).NewDatabase is the *Settings component.
func Provide(constructor any, options ...ComponentOption) Part {
	return &providePart{
		declaration: declaration{label: label{kind: "provide", typ: reflect.TypeOf(constructor)}, place: here()},
		constructor: constructor, options: slices.Clone(options),
	}
}

func (d *providePart) collect(p *plan, m *module) {
	from := p.originOf(&d.declaration, m)
	constructor, err := reflectx.ParseConstructor(d.constructor)
	if err != nil {
		p.report(&Problem{Kind: ErrSignature, Summary: "signature", Err: err, Steps: from.steps("provided")})
		return
	}
	c := newComponent(provided, constructor.Out, from, d.options)
	c.makeBy(constructor)
	p.declared = append(p.declared, c)
}

// makeBy makes the constructor what the component is built with. Parameter
// structures are read later, when all tags are known.
func (c *Component) makeBy(constructor *reflectx.Constructor) {
	c.constructor = constructor
	c.needs = make([]need, len(constructor.In))
	for i, t := range constructor.In {
		c.needs[i] = newNeed(t)
		c.needs[i].parameter = int32(i) //nolint:gosec // functions have at most a few parameters
	}
}

type supplyPart struct {
	declaration
	options []ComponentOption
	value   func() reflect.Value // a function, since printers can't look into it
}

// Supply makes a ready value a component of type T, which may be an interface.
// The value stays the caller's: the environment calls none of its hooks. A nil
// is a problem.
func Supply[T any](value T, options ...ComponentOption) Part {
	return &supplyPart{
		declaration: declaration{label: label{kind: "supply", typ: reflect.TypeFor[T]()}, place: here()},
		options:     slices.Clone(options),
		value:       func() reflect.Value { return reflect.ValueOf(&value).Elem() },
	}
}

func (s *supplyPart) collect(p *plan, m *module) {
	c := newComponent(supplied, s.typ, p.originOf(&s.declaration, m), s.options)
	c.instance = &instance{value: s.value()}
	if reflectx.IsNil(c.value) {
		p.report(&Problem{
			Kind: ErrInvalid, Summary: fmt.Sprintf("invalid environment.Supply of %s: the value is nil", c.title()), Steps: c.steps("supplied"),
			Hint: "supply a value that is set, or use environment.Provide if it is made later",
		})
		return
	}
	p.declared = append(p.declared, c)
}

type assemblePart struct {
	declaration
	needs []*Component
	build assembler
}

// Assemble returns a part for a component with a list of dependencies that an
// [Extension] has computed, to be given to [Inspection.Add]. The name is what
// errors show in place of the type. The function build gets the instances of
// needs, in their order. It may keep env, to call [Environment.Stop]; the
// other methods of env are not to be used before boot has ended.
func Assemble[T any](name string, needs []*Component, build func(ctx context.Context, env *Environment, dependencies []any) (T, error)) Part {
	return &assemblePart{
		declaration: declaration{label: label{kind: "assemble", name: name, typ: reflect.TypeFor[T]()}, place: here()},
		needs:       needs,
		build: func(ctx context.Context, env *Environment, dependencies []any) (any, error) {
			return build(ctx, env, dependencies)
		},
	}
}

func (a *assemblePart) collect(p *plan, m *module) {
	c := newComponent(assembled, a.typ, p.originOf(&a.declaration, m), nil)
	c.name, c.assemble = a.name, a.build
	for _, target := range a.needs {
		if target == nil {
			p.report(&Problem{
				Kind: ErrInvalid, Summary: fmt.Sprintf("invalid environment.Assemble of %s: a dependency is nil", c.title()),
				Steps: c.steps("assembled"),
			})
			return
		}
		c.needs = append(c.needs, need{kind: needOne, typ: target.typ, wanted: target.typ, targets: []*Component{target}})
	}
	p.declared = append(p.declared, c)
}
