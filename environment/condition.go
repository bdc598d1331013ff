package environment

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aspyx-go/aspyx/reflectx"
)

// Condition decides whether a component exists: what [Feature], [Property],
// [PropertyIs], [Provided], [Missing], [Not] and [AnyOf] return. It is decided
// before anything is built, so also by [Validate].
type Condition interface {
	fmt.Stringer
	// holds decides, and tells why.
	holds(p *plan, c *Component) (ok bool, why string)
	// late tells whether it depends on other components.
	late() bool
}

// When makes the component exist only where all conditions hold. A component
// that one excludes counts as absent, and is mentioned in the error of those
// who miss it.
func When(conditions ...Condition) ComponentOption {
	return trait{fmt.Sprintf("When %v", conditions), func(into *traits) {
		for _, condition := range conditions {
			if condition == nil {
				into.faults = append(into.faults, "a condition is nil: leave it out")
				continue
			}
			into.conditions = append(into.conditions, condition)
		}
	}}
}

type featureCondition string

// Feature holds where the feature is switched on, by [Features].
func Feature(name string) Condition { return featureCondition(name) }

func (f featureCondition) String() string { return fmt.Sprintf("feature %q", string(f)) }
func (featureCondition) late() bool       { return false }
func (f featureCondition) holds(p *plan, _ *Component) (ok bool, why string) {
	if p.settings.features[string(f)] {
		return true, f.String() + " is on"
	}
	return false, f.String() + " is off"
}

type propertyCondition string

// Property holds where the configuration has the key, whatever its value.
func Property(key string) Condition { return propertyCondition(key) }

func (k propertyCondition) String() string { return fmt.Sprintf("property %q", string(k)) }
func (propertyCondition) late() bool       { return false }
func (k propertyCondition) holds(p *plan, _ *Component) (ok bool, why string) {
	if p.config.Has(string(k)) {
		return true, k.String() + " is set"
	}
	return false, k.String() + " isn't set"
}

type propertyIsCondition struct{ key, value string }

// PropertyIs holds where the configuration has the key with a value that
// prints as this one.
func PropertyIs(key, value string) Condition { return propertyIsCondition{key, value} }

func (k propertyIsCondition) String() string { return fmt.Sprintf("property %q is %q", k.key, k.value) }
func (propertyIsCondition) late() bool       { return false }
func (k propertyIsCondition) holds(p *plan, _ *Component) (ok bool, why string) {
	value, _, found := p.config.Lookup(k.key)
	switch {
	case !found:
		return false, fmt.Sprintf("property %q isn't set", k.key)
	case fmt.Sprint(value) == k.value:
		return true, k.String()
	default: // The value may be secret.
		return false, fmt.Sprintf("property %q isn't %q", k.key, k.value)
	}
}

type providedCondition struct{ t reflect.Type }

// Provided holds where a component of type T, or for an interface one that
// implements it, exists. Components with this condition or [Missing] are
// decided after all others, in the order in which they are listed: of those,
// they see the ones that stand before them.
func Provided[T any]() Condition { return providedCondition{reflect.TypeFor[T]()} }

// Missing is the opposite of [Provided]: it makes a default.
func Missing[T any]() Condition { return Not(Provided[T]()) }

func (k providedCondition) String() string { return "provided " + reflectx.Name(k.t) }
func (providedCondition) late() bool       { return true }
func (k providedCondition) holds(p *plan, c *Component) (ok bool, why string) {
	name := reflectx.Name(k.t)
	if found := p.graph.candidates(k.t, "", c.module); len(found) > 0 {
		return true, name + " is provided"
	}
	return false, name + " isn't provided"
}

type notCondition struct{ Condition }

// Not holds where the condition doesn't.
func Not(condition Condition) Condition {
	if condition == nil {
		return nil
	}
	return notCondition{condition}
}

func (n notCondition) String() string { return "not " + n.Condition.String() }
func (n notCondition) holds(p *plan, c *Component) (ok bool, why string) {
	ok, why = n.Condition.holds(p, c)
	return !ok, why
}

type anyCondition []Condition

// AnyOf holds where one of the conditions does. Without any, it doesn't hold.
func AnyOf(conditions ...Condition) Condition {
	if slices.Contains(conditions, nil) {
		return nil
	}
	return anyCondition(conditions)
}

func (a anyCondition) String() string { return fmt.Sprintf("any of %v", []Condition(a)) }

func (a anyCondition) late() bool {
	for _, condition := range a {
		if condition.late() {
			return true
		}
	}
	return false
}

func (a anyCondition) holds(p *plan, c *Component) (ok bool, why string) {
	reasons := make([]string, 0, len(a))
	for _, condition := range a {
		ok, reason := condition.holds(p, c)
		if ok {
			return true, reason
		}
		reasons = append(reasons, reason)
	}
	return false, strings.Join(reasons, " and ")
}

// isLate tells whether the component is decided after those that depend on no
// others.
func (c *Component) isLate() bool {
	for _, condition := range c.traits.conditions {
		if condition.late() {
			return true
		}
	}
	return false
}

// exists decides by the component's conditions. It tells why it decided so.
func (c *Component) exists(p *plan) bool {
	reasons := make([]string, 0, len(c.traits.conditions))
	for _, condition := range c.traits.conditions {
		ok, why := condition.holds(p, c)
		if !ok {
			c.why = why
			return false
		}
		reasons = append(reasons, why)
	}
	c.why = strings.Join(reasons, ", ")
	return true
}
