package environment

import (
	"reflect"
	"strings"

	"github.com/aspyx-go/aspyx/reflectx"
)

// graph holds the components and finds those that others need. After boot it
// is only read.
type graph struct {
	components []*Component
	byType     map[reflect.Type]*Component
	// interfaces remembers which component satisfies an interface.
	interfaces map[reflect.Type]*Component
	// order is the order of building.
	order []*Component
}

func newGraph() graph {
	return graph{
		byType:     make(map[reflect.Type]*Component),
		interfaces: make(map[reflect.Type]*Component),
	}
}

func (g *graph) add(c *Component) {
	g.components = append(g.components, c)
	g.byType[c.typ] = c
}

// find returns the component for a type: the one of exactly that type, else
// the sole implementer. Several candidates are returned as such.
func (g *graph) find(t reflect.Type) (found *Component, candidates []*Component) {
	if c := g.byType[t]; c != nil {
		return c, nil
	}
	if c := g.interfaces[t]; c != nil {
		return c, nil
	}
	candidates = g.implementers(t)
	if len(candidates) == 1 {
		return candidates[0], nil
	}
	return nil, candidates
}

// implementers returns the components that implement an interface. Everything
// implements one without methods, so that nothing is found for it.
func (g *graph) implementers(t reflect.Type) []*Component {
	if t.Kind() != reflect.Interface || t.NumMethod() == 0 {
		return nil
	}
	var found []*Component
	for _, c := range g.components {
		if c.offered() && c.typ.Implements(t) {
			found = append(found, c)
		}
	}
	return found
}

// arrange connects the components and puts them in the order of building:
// dependencies first, else as they were listed.
func (p *plan) arrange() {
	w := walk{plan: p, unresolved: make(map[reflect.Type]*Problem)}
	for _, c := range p.graph.components {
		if !c.recordOnly && c.state == unvisited {
			w.visit(c)
		}
	}
}

// walk goes through the graph, depth first.
type walk struct {
	plan *plan
	path []*Component
	// unresolved are the problems of types that can't be had: who needs one of
	// them next is added to its problem.
	unresolved map[reflect.Type]*Problem
}

func (w *walk) visit(c *Component) {
	c.state = visiting
	w.path = append(w.path, c)
	for i := range c.needs {
		need := &c.needs[i]
		if need.typ == contextType && c.making == provided {
			continue
		}
		target := w.resolve(c, i)
		need.target = target
		if target == nil {
			continue
		}
		switch target.state {
		case unvisited:
			w.visit(target)
		case visiting:
			if !c.needsAlready(target, i) {
				w.cycle(target)
			}
		case visited:
		}
	}
	c.state = visited
	w.path = w.path[:len(w.path)-1]
	w.plan.graph.order = append(w.plan.graph.order, c)
}

// resolve finds what a need stands for, or reports that it can't be had.
func (w *walk) resolve(c *Component, index int) *Component {
	g := &w.plan.graph
	need := c.needs[index]
	target, candidates := need.target, []*Component(nil)
	if target != nil {
		need.typ = target.typ // an Override may have changed it
	} else {
		target, candidates = g.find(need.typ)
	}
	if target != nil && !target.recordOnly {
		if target.typ != need.typ {
			g.interfaces[need.typ] = target
		}
		return target
	}
	steps := c.needSteps(index)
	if problem := w.unresolved[need.typ]; problem != nil {
		problem.Steps = append(problem.Steps, steps...)
		return nil
	}
	problem := g.unresolvable(need.typ, candidates, c, steps)
	w.unresolved[need.typ] = problem
	w.plan.report(problem)
	return nil
}

// cycle reports the components on the path from the first one to itself.
func (w *walk) cycle(first *Component) {
	start := len(w.path) - 1
	for w.path[start] != first {
		start--
	}
	var names strings.Builder
	var steps []Step
	for _, c := range w.path[start:] {
		names.WriteString(c.title() + " -> ")
		steps = append(steps, Step{What: c.title(), Place: c.at()})
	}
	hint := "move what both sides need into a component of its own, or drop one need, and have the other side hand itself over in its OnInit"
	if len(steps) == 1 {
		hint = "it is what satisfies its own need: ask for another type, such as that of what it wraps"
	}
	w.plan.report(&Problem{
		Kind: ErrCycle, Summary: "cycle " + names.String() + first.title(),
		Steps: append(steps, first.module.steps()...), Hint: hint,
	})
}

// unresolvable tells why a type can't be had by the asker, which may be nil.
func (g *graph) unresolvable(t reflect.Type, candidates []*Component, asker *Component, steps []Step) *Problem {
	if len(candidates) > 1 {
		return ambiguous(t, candidates, asker, steps)
	}
	return &Problem{
		Kind: ErrMissing, Summary: "missing " + reflectx.Name(t) + ", needed by",
		Steps: steps, Hint: g.missingHint(t),
	}
}

func ambiguous(t reflect.Type, candidates []*Component, asker *Component, steps []Step) *Problem {
	meant := candidates[0]
	if meant == asker { // as a decorator is
		meant = candidates[1]
	}
	name, chosen := reflectx.Name(t), reflectx.Name(meant.typ)
	hint := "ask for the one you mean, such as " + chosen + ", or provide the interface itself"
	if isSpellable(t) && isSpellable(meant.typ) {
		hint += ":\nenvironment.Provide(func(chosen " + chosen + ") " + name + " { return chosen })"
	}
	problem := &Problem{Kind: ErrAmbiguous, Summary: "ambiguous " + name + ": several components implement it", Hint: hint}
	for _, c := range candidates {
		problem.Steps = append(problem.Steps, Step{What: "candidate " + c.title(), Place: c.at()})
	}
	problem.Steps = append(problem.Steps, Step{What: "needed by"})
	problem.Steps = append(problem.Steps, steps...)
	return problem
}
