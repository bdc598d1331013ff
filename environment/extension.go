package environment

import (
	"fmt"
	"log/slog"
	"path"
	"reflect"
	"slices"

	"github.com/aspyx-go/aspyx/reflectx"
)

// Extension teaches the container what components mean. It runs in [Boot] and
// [Validate], when all parts are known and before anything is built. It must
// call no user code.
type Extension interface {
	// Extend looks at what there is, and claims, reports and adds.
	Extend(inspection *Inspection)
}

// extension is one that was listed.
type extension struct {
	Extension
	origin origin
}

type extendPart struct {
	declaration
	extension func() Extension // a function, since printers can't look into it
}

// Extend returns the part that runs the extension.
func Extend(e Extension) Part {
	return &extendPart{
		declaration: declaration{label: label{kind: "extension", typ: reflect.TypeOf(e)}, place: here()},
		extension:   func() Extension { return e },
	}
}

func (e *extendPart) collect(p *plan, m *module) {
	from := p.originOf(&e.declaration, m)
	one := e.extension()
	if one == nil {
		p.report(&Problem{Kind: ErrInvalid, Summary: "invalid environment.Extend: the extension is nil", Steps: from.steps("extended")})
		return
	}
	p.extensions = append(p.extensions, extension{Extension: one, origin: from})
}

// extend runs the extensions, also those that extensions add.
func (p *plan) extend() {
	for len(p.extensions) > 0 {
		p.extending = &p.extensions[0]
		p.extensions = p.extensions[1:]
		p.runExtension(p.extending)
	}
	p.extending = nil
}

func (p *plan) runExtension(e *extension) {
	defer func() {
		if value := recover(); value != nil {
			p.report(&Problem{
				Kind: ErrExtension, Summary: fmt.Sprintf("extension %T", e.Extension), Err: newPanicError(value),
				Steps: e.origin.steps("extended"),
			})
		}
	}()
	e.Extend(&Inspection{plan: p})
}

// Inspection is what an extension sees of a module that is being booted. It
// is to be used within Extend only, and not concurrently.
type Inspection struct {
	plan *plan
}

// Components returns all components that are registered, provided, supplied or
// added so far, in this order. Those whose own type an [Override] names are
// replaced already; an override of an interface comes after the extensions.
func (i *Inspection) Components() []*Component {
	return slices.Clone(i.plan.graph.components)
}

// Claim says that the marker on the component is handled. One that no
// extension claims is a problem.
func (i *Inspection) Claim(c *Component, marker reflect.Type) {
	c.claimed = append(c.claimed, marker)
}

// RecordOnly says that the component only describes something and is never
// built. To ask for it is an error.
func (i *Inspection) RecordOnly(c *Component) {
	c.recordOnly = true
}

// Report adds a problem with a component, or with the module as a whole if c
// is nil. The error is to name the component; the report shows its place. The
// hint says what to do; it may be empty.
func (i *Inspection) Report(c *Component, err error, hint string) {
	problem := &Problem{Kind: ErrExtension, Err: err, Hint: hint}
	if c != nil {
		problem.Steps = c.steps(c.title())
	} else if at := i.plan.extending; at != nil {
		problem.Summary, problem.Steps = fmt.Sprintf("module %q", i.plan.name), at.origin.steps("reported for")
	}
	i.plan.report(problem)
}

// Add adds parts after all others, so that their components are built last and
// stopped first, except for what others depend on. It returns the components
// that came of them.
func (i *Inspection) Add(parts ...Part) []*Component {
	for _, part := range parts {
		i.plan.load(part, i.plan.extending.origin.module)
	}
	return i.plan.admit()
}

// Logger returns the logger of the environment.
func (i *Inspection) Logger() *slog.Logger {
	return i.plan.settings.logger
}

// Contribution is a value that a module has handed to an extension.
type Contribution[T any] struct {
	// Value is what was given to [Contribute].
	Value T
	// Place is the file and line of the user's call.
	Place string
}

type contribution struct {
	typ    reflect.Type
	value  func() any
	origin origin
	asked  bool
}

type contributePart struct {
	declaration
	value func() any // a function, since printers can't look into it
}

// Contribute returns a part that hands a value to the extensions that ask for
// type T with [Contributions]. A value that none asks for is a problem.
func Contribute[T any](value T) Part {
	return &contributePart{
		declaration: declaration{label: label{kind: "contribution", typ: reflect.TypeFor[T]()}, place: here()},
		value:       func() any { return value },
	}
}

func (c *contributePart) collect(p *plan, m *module) {
	p.contributions = append(p.contributions, &contribution{
		typ: c.typ, value: c.value, origin: p.originOf(&c.declaration, m),
	})
}

// Contributions returns the values of exactly type T that modules have
// contributed, in the order of their parts.
func Contributions[T any](i *Inspection) []Contribution[T] {
	var found []Contribution[T]
	for _, c := range i.plan.contributions {
		if c.typ != reflect.TypeFor[T]() {
			continue
		}
		c.asked = true
		value, _ := c.value().(T) // not a T only where it is a nil interface
		found = append(found, Contribution[T]{Value: value, Place: c.origin.at()})
	}
	return found
}

type setting struct {
	label
	place place
	value func() any // a function, since printers can't look into it

	asked bool
}

// Setting returns an option that hands a value to the extensions that ask for
// type T with [SettingOf], which returns the last of several values, or
// [SettingsOf]. A value that no extension asks for is a problem.
func Setting[T any](value T) Option {
	return &setting{
		label: label{kind: "setting", typ: reflect.TypeFor[T]()}, place: here(),
		value: func() any { return value },
	}
}

func (o *setting) apply(s *settings) {
	s.values = append(s.values, &setting{label: o.label, place: o.place, value: o.value})
}

// SettingOf returns the last value of exactly type T that was given to this
// boot. It is false where there is none.
func SettingOf[T any](i *Inspection) (value T, ok bool) {
	values := SettingsOf[T](i)
	if len(values) == 0 {
		return value, false
	}
	return values[len(values)-1], true
}

// SettingsOf returns all values of exactly type T that were given to this boot,
// in their order.
func SettingsOf[T any](i *Inspection) []T {
	var values []T
	for _, s := range i.plan.settings.values {
		if s.typ == reflect.TypeFor[T]() {
			s.asked = true
			value, _ := s.value().(T) // not a T only where it is a nil interface
			values = append(values, value)
		}
	}
	return values
}

// checkUnused reports settings and contributions that no extension asked for.
func (p *plan) checkUnused() {
	for _, c := range p.contributions {
		if !c.asked {
			p.report(unused("contribution", c.typ, c.origin))
		}
	}
	for _, s := range p.settings.values {
		if !s.asked {
			p.report(unused("setting", s.typ, origin{place: &s.place}))
		}
	}
}

func unused(what string, t reflect.Type, from origin) *Problem {
	hint := "add the module that uses it"
	if t.PkgPath() != "" {
		hint += ", such as " + path.Base(t.PkgPath()) + ".Module"
	}
	return &Problem{
		Kind: ErrUnused, Summary: "unused " + what + " " + reflectx.Name(t) + ": nothing asks for it",
		Steps: from.steps("given"), Hint: hint,
	}
}
