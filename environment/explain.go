package environment

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aspyx-go/aspyx/reflectx"
)

// Explanation tells why a type is what it is in an environment. It prints as
// text.
type Explanation struct {
	// Asked is the type that was asked for.
	Asked string
	// Component is what stands for it.
	Component *Component
	// Because tells why this one: "the only one that implements it".
	Because string
	// Origin tells how it is made, and Path where that is listed, up to the
	// module that was booted.
	Origin string
	Path   []Step
	// Lifetime is singleton, lazy singleton, transient, per environment or
	// scoped.
	Lifetime string
	// Conditions tells what its conditions came to; empty where it has none.
	Conditions string
	// Others are components that could have been chosen, or that conditions
	// exclude.
	Others []Step
	// NeededBy are the fields and parameters that it is given to.
	NeededBy []Step
}

// Explain tells which component stands for T and why. The errors are those of
// [Find].
func Explain[T any](env *Environment) (*Explanation, error) {
	t := reflect.TypeFor[T]()
	if !env.published.Load() {
		return nil, fmt.Errorf("explain %s: %w", reflectx.Name(t), ErrBooting)
	}
	n := newNeed(t)
	if n.kind != needOne || n.wrap != nil {
		return nil, fmt.Errorf("explain %s: it isn't one component: ask for what it holds", reflectx.Name(t))
	}
	if problem := env.graph.satisfy(&n, nil, nil); problem != nil {
		return nil, env.notFound(t, "", problem)
	}
	c := n.targets[0]
	x := &Explanation{
		Asked: reflectx.Name(t), Component: c, Because: env.because(t, c),
		Origin: c.describe(), Path: c.steps("listed"), Lifetime: c.traits.lifetimeName(), Conditions: c.why,
		Others: env.graph.excludedFor(t),
	}
	seen := map[*Component]bool{c: true}
	for _, other := range slices.Concat(env.graph.byType[t], env.graph.byBinding[t], env.graph.implementers(t)) {
		if !seen[other] {
			seen[other] = true
			x.Others = append(x.Others, Step{What: "also " + other.title(), Place: other.at()})
		}
	}
	for _, other := range env.graph.components {
		for i, need := range other.needs {
			if slices.Contains(need.targets, c) {
				x.NeededBy = append(x.NeededBy, other.needSteps(i)[0])
			}
		}
	}
	return x, nil
}

// because tells why the component was chosen for the type.
func (e *Environment) because(t reflect.Type, c *Component) string {
	how := "it implements it"
	switch {
	case c.typ == t:
		how = "it is of exactly this type"
	case slices.Contains(c.traits.as, t):
		how = "it says so by As"
	}
	candidates := e.graph.candidates(t, "", nil)
	switch {
	case c.home != e:
		return how + ", in the parent environment"
	case len(candidates) == 1:
		return how + ", as the only one"
	case c.traits.primary:
		return how + ", and is primary"
	default:
		return how + ", as the only one without a name"
	}
}

// String returns the explanation as text.
func (x *Explanation) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s is %s: %s", x.Asked, x.Component.title(), x.Because)
	fmt.Fprintf(&text, "\n  %s, %s", x.Origin, x.Lifetime)
	if x.Conditions != "" {
		fmt.Fprintf(&text, "\n  since %s", x.Conditions)
	}
	lines := slices.Clone(x.Path)
	lines = append(lines, x.Others...)
	for _, by := range x.NeededBy {
		lines = append(lines, Step{What: "needed by " + by.What, Place: by.Place})
	}
	writeSteps(&text, lines)
	return text.String()
}
