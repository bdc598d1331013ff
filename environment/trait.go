package environment

import (
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"

	"github.com/aspyx-go/aspyx/reflectx"
)

// ComponentOption says more about one component: what [As], [Named],
// [Primary], [Private], [Order], [Lazily], [Transient], [PerEnvironment],
// [Scoped] and [When] return. It is given to [Register], [Provide] and
// [Supply], and prints as its name under every verb.
type ComponentOption interface {
	fmt.Formatter
	apply(t *traits)
}

// traits are what the options of one component come to.
type traits struct {
	name       string
	primary    bool
	private    bool
	lazily     bool
	order      int
	lifetime   lifetime
	scope      string // of the lifetime scoped
	as         []reflect.Type
	conditions []Condition
	faults     []string // of the options themselves
}

// lifetime is how long an instance lives. The zero value is singleton.
type lifetime int

const (
	singleton lifetime = iota
	transient
	perEnvironment
	scoped
)

func (t *traits) lifetimeName() string {
	switch t.lifetime {
	case transient:
		return "transient"
	case perEnvironment:
		return "per environment"
	case scoped:
		return fmt.Sprintf("scoped to %q", t.scope)
	case singleton:
	}
	if t.lazily {
		return "lazy singleton"
	}
	return "singleton"
}

// isSingleton tells whether an environment has one instance.
func (t *traits) isSingleton() bool { return t.lifetime == singleton || t.lifetime == perEnvironment }

// noTraits are those of a component without options, as most are.
var noTraits traits

func readTraits(options []ComponentOption) *traits {
	t := &traits{}
	for i, option := range options {
		if option == nil {
			t.faults = append(t.faults, fmt.Sprintf("option %d is nil: leave it out", i+1))
			continue
		}
		option.apply(t)
	}
	return t
}

// setLifetime refuses a second, different one.
func (t *traits) setLifetime(to lifetime, scope string) {
	if t.lifetime != singleton && (t.lifetime != to || t.scope != scope) {
		t.faults = append(t.faults, "it has several lifetimes: choose one of Transient, PerEnvironment and Scoped")
	}
	t.lifetime, t.scope = to, scope
}

// trait is an option that sets something.
type trait struct {
	label string
	set   func(*traits)
}

// String returns the option as it is written.
func (o trait) String() string { return o.label }

// Format implements [fmt.Formatter].
func (o trait) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, o.label) }

func (o trait) apply(t *traits) { o.set(t) }

// As has the component also be found as an I, an interface that it implements.
// Components are found by the interfaces that they implement anyway; As wins
// over those that don't say so, and serves where the component's own type is
// an interface.
func As[I any]() ComponentOption {
	t := reflect.TypeFor[I]()
	return trait{"As " + reflectx.Name(t), func(into *traits) { into.as = append(into.as, t) }}
}

// Named gives the component a name, so that there can be several of one type.
// A field asks for one by `inject:"name=…"`. The name is not empty and has no
// comma.
func Named(name string) ComponentOption {
	return trait{fmt.Sprintf("Named %q", name), func(into *traits) {
		if !validName(name) {
			into.faults = append(into.faults, fmt.Sprintf("the name %q must not be empty, nor have commas, quotes or control characters", name))
		}
		into.name = name
	}}
}

// Primary has the component be chosen where several would do.
func Primary() ComponentOption {
	return trait{"Primary", func(into *traits) { into.primary = true }}
}

// Private hides the component from all but those that the same module lists.
// [Get] doesn't find it, and neither do lists and maps elsewhere.
func Private() ComponentOption {
	return trait{"Private", func(into *traits) { into.private = true }}
}

// Order is the component's place in lists: those with lower numbers come
// first, equal ones in the order of registration. Without it, it is 0.
func Order(n int) ComponentOption {
	return trait{fmt.Sprintf("Order %d", n), func(into *traits) { into.order = n }}
}

// Lazily has the component be made when it is first needed: by a component
// that is made, by [Get], or through a [Lazy]. Its OnInit is called at once then,
// and its OnRunning too, if the environment runs already or begins to: so it may
// run before a component that it needs, while the boot goes on.
func Lazily() ComponentOption {
	return trait{"Lazily", func(into *traits) { into.lazily = true }}
}

// Transient makes a new instance for everyone who asks. The environment
// forgets it: of its hooks only OnInit is called, and a transient component
// with another, or with a clean-up function, is a problem.
func Transient() ComponentOption {
	return trait{"Transient", func(into *traits) { into.setLifetime(transient, "") }}
}

// PerEnvironment makes one instance for each environment: a child of this one
// (see [Parent]) doesn't share it, but has its own.
func PerEnvironment() ComponentOption {
	return trait{"PerEnvironment", func(into *traits) { into.setLifetime(perEnvironment, "") }}
}

// Scoped makes one instance for each context that the scope of this name tells
// apart. Its OnInit and OnRunning are called when it is made, its OnStopping and
// OnDestroy when the scope's context ends. See [WithScope], and [GetContext].
func Scoped(scope string) ComponentOption {
	return trait{fmt.Sprintf("Scoped %q", scope), func(into *traits) {
		if scope == "" {
			into.faults = append(into.faults, "the scope has no name")
		}
		into.setLifetime(scoped, scope)
	}}
}

func validName(name string) bool {
	for _, r := range name {
		if r < ' ' || r == ',' || r == '"' || r == '`' || r == 0x7f {
			return false
		}
	}
	return name != ""
}

// checkTraits reports options that don't fit the component.
func (p *plan) checkTraits(c *Component) {
	report := func(kind error, summary, hint string) {
		p.report(&Problem{Kind: kind, Summary: summary, Steps: c.steps(c.describe()), Hint: hint})
	}
	for _, fault := range c.traits.faults {
		report(ErrInvalid, "invalid option of "+c.title()+": "+fault, "")
	}
	for _, t := range c.traits.as {
		if t.Kind() != reflect.Interface || !c.typ.Implements(t) {
			report(ErrInvalid, "invalid environment.As: "+reflectx.Name(c.typ)+" doesn't implement "+reflectx.Name(t), "")
		}
	}
	if c.making == supplied && (c.traits.lazily || c.traits.lifetime != singleton) {
		report(ErrInvalid, "invalid option of "+c.title()+": a value that is supplied is there already, once", "use environment.Provide")
	}
	if c.traits.lifetime == transient && (hasLateHooks(c.typ) || c.constructor != nil && c.constructor.Cleans) {
		report(ErrInvalid, "transient "+c.title()+" has a hook or a clean-up function that would never be called: the environment keeps no transient instance",
			"call it where the instance is used, or choose another lifetime")
	}
	if c.typ.Implements(processorType) && (c.traits.lazily || c.traits.lifetime != singleton) {
		report(ErrInvalid, "post-processor "+c.title()+" is "+c.traits.lifetimeName()+": it would miss what is made before it", "make it a singleton that isn't lazy")
	}
	if c.traits.lifetime == scoped && p.settings.scopes[c.traits.scope] == nil {
		hint := "give environment.WithScope(\"" + c.traits.scope + "\", …) at boot"
		if nearest, ok := reflectx.Nearest(c.traits.scope, slices.Sorted(maps.Keys(p.settings.scopes))); ok {
			hint = "did you mean \"" + nearest + "\"?"
		}
		report(ErrInvalid, "unknown scope \""+c.traits.scope+"\" of "+c.title(), hint)
	}
}
