package environment

import (
	"errors"
	"reflect"
	"slices"
	"sync"

	"github.com/aspyx-go/aspyx/reflectx"
)

// graph holds the components and finds those that others need. After boot it
// is only read, but for what Get looks for first.
type graph struct {
	components   []*Component
	excluded     []*Component // by their conditions
	byType       map[reflect.Type][]*Component
	byBinding    map[reflect.Type][]*Component // by As
	byName       map[typeAndName][]*Component  // those with a name, by their own type
	implementing map[reflect.Type]*implementing
	chosen       map[typeAndModule]*Component // of several, for those who ask without a name
	parent       *graph
	// order is the order of building.
	order []*Component
	// processors are the post-processors, in the order in which they run.
	processors []*Component

	mu sync.Mutex // guards implementing, which Get extends after boot
}

func newGraph() *graph {
	return &graph{
		byBinding:    make(map[reflect.Type][]*Component),
		byName:       make(map[typeAndName][]*Component),
		implementing: make(map[reflect.Type]*implementing),
		chosen:       make(map[typeAndModule]*Component),
	}
}

// expect makes room for so many components more.
func (g *graph) expect(count int) {
	g.components = slices.Grow(g.components, count)
	if g.byType == nil {
		g.byType = make(map[reflect.Type][]*Component, count)
	}
}

func (g *graph) add(c *Component) {
	c.rank = len(g.components)
	g.components = append(g.components, c)
	if first := g.byType[c.typ]; len(first) > 0 {
		g.byType[c.typ] = append(first, c)
	} else { // most are the only one of their type: a part of the whole list will do
		g.byType[c.typ] = g.components[c.rank : c.rank+1 : c.rank+1]
	}
	if name := c.traits.name; name != "" {
		key := typeAndName{c.typ, name}
		g.byName[key] = append(g.byName[key], c)
	}
	clear(g.chosen)
	for _, t := range c.traits.as {
		g.byBinding[t] = append(g.byBinding[t], c)
	}
}

// known returns the component of exactly that type and name. Private ones are
// known by their module alone.
func (g *graph) known(t reflect.Type, name string, within *module, private bool) *Component {
	same := g.byType[t]
	if name != "" {
		same = g.byName[typeAndName{t, name}]
	}
	for _, c := range same {
		if c.traits.name == name && c.making != decorating && c.traits.private == private && (!private || c.within == within) {
			return c
		}
	}
	return nil
}

// refine gives a component that was registered twice the options of the one
// that has any.
func (g *graph) refine(known, again *Component) {
	if again.plain {
		return
	}
	known.traits, known.plain, known.why = again.traits, false, again.why
	for _, t := range known.traits.as {
		g.byBinding[t] = append(g.byBinding[t], known)
	}
}

// arrange connects the components and puts them in the order of building:
// dependencies first, else as they were listed.
func (p *plan) arrange() {
	w := walk{plan: p, unresolved: make(map[typeAndName]*Problem)}
	p.graph.order = make([]*Component, 0, len(p.graph.components))
	for _, c := range p.graph.components {
		if !c.recordOnly && c.state == unvisited {
			w.visit(c)
		}
	}
	for _, c := range slices.Backward(p.graph.order) { // those who need come behind what they need
		c.arrangeEager()
	}
	p.graph.putProcessorsFirst()
}

// arrangeEager decides what is built at boot: singletons that aren't lazy, and
// what these need.
func (c *Component) arrangeEager() {
	c.eager = c.traits.isSingleton() && (c.eager || !c.traits.lazily)
	if !c.eager {
		return
	}
	for i := range c.needs {
		if n := &c.needs[i]; n.ordered() {
			for _, target := range n.targets {
				if target.home == nil { // else the parent has decided
					target.eager = target.eager || target.traits.isSingleton()
				}
			}
		}
	}
}

// walk goes through the graph, depth first.
type walk struct {
	plan *plan
	path []*Component
	// unresolved are the problems of types that can't be had: who needs one of
	// them next is added to its problem.
	unresolved map[typeAndName]*Problem
}

type typeAndModule struct {
	t    reflect.Type
	from *module
}

type typeAndName struct {
	t    reflect.Type
	name string
}

func (w *walk) visit(c *Component) {
	c.state = visiting
	w.path = append(w.path, c)
	for i := range c.needs {
		w.resolve(c, i)
		n := &c.needs[i]
		if !n.ordered() {
			continue
		}
		for _, target := range n.targets {
			w.follow(c, i, target)
		}
	}
	c.state = visited
	w.path = w.path[:len(w.path)-1]
	w.plan.graph.order = append(w.plan.graph.order, c)
}

// follow visits what a component needs.
func (w *walk) follow(c *Component, index int, target *Component) {
	switch {
	case target.home != nil: // the parent has built it
	case target.state == unvisited:
		w.visit(target)
	case target.state == visiting && !c.needsAlready(target, index):
		w.cycle(target)
	}
	if c.traits.isSingleton() && !target.traits.isSingleton() {
		w.plan.report(captive(c, index, target))
	}
}

// resolve finds what a need stands for, or reports that it can't be had.
func (w *walk) resolve(c *Component, index int) {
	n := &c.needs[index]
	if n.hidden || c.making == assembled {
		return // its target is known
	}
	problem := w.plan.graph.satisfy(n, c, c.module)
	if problem == nil {
		return
	}
	c.failed = true
	steps := c.needSteps(index)
	key := typeAndName{n.wanted, n.name}
	if known := w.unresolved[key]; known != nil && known.Summary == problem.Summary {
		known.Steps = append(known.Steps, steps...)
		return
	}
	if errors.Is(problem, ErrAmbiguous) {
		problem.Steps = append(problem.Steps, Step{What: "needed by"})
	}
	problem.Steps = append(problem.Steps, steps...)
	w.unresolved[key] = problem
	w.plan.report(problem)
}

// cycle reports the components on the path from the first one to itself.
func (w *walk) cycle(first *Component) {
	start := len(w.path) - 1
	for w.path[start] != first {
		start--
	}
	for _, c := range w.path[start:] {
		c.failed = true
	}
	names, steps := circle(w.path[start:])
	hint := "move what both sides need into a component of its own, or have one side take " +
		instanceOf("environment.Lazy", first.typ, "") + ", which is looked up when it is used"
	if len(steps) == 1 {
		hint = "it is what satisfies its own need: ask for another type, such as that of what it wraps, or use environment.Decorate"
	}
	w.plan.report(&Problem{
		Kind: ErrCycle, Summary: "cycle " + names,
		Steps: append(steps, first.module.steps()...), Hint: hint,
	})
}

// circle describes components of which each needs the next, and the last the
// first.
func circle(path []*Component) (names string, steps []Step) {
	for _, c := range path {
		names += c.title() + " -> "
		steps = append(steps, Step{What: c.title(), Place: c.at()})
	}
	return names + path[0].title(), steps
}

// captive is the problem of a singleton that would keep something which lives
// shorter.
func captive(c *Component, index int, target *Component) *Problem {
	c.failed = true
	var hint string
	switch n := &c.needs[index]; {
	case n.kind == needList || n.kind == needMap:
		hint = "leave it out of the list, by a type of its own, or make " + c.title() + " transient too"
	case target.traits.lifetime == scoped:
		hint = "take " + instanceOf("environment.Lazy", n.wanted, "") + ", and call its GetContext with the context at hand"
	default:
		hint = "take " + instanceOf("environment.Lazy", n.wanted, "") + ", and call its Get when you need one"
	}
	return &Problem{
		Kind: ErrCaptive, Summary: "captive " + target.title() + ": it is " + target.traits.lifetimeName() +
			", and the singleton " + c.title() + " would keep one instance of it for ever",
		Steps: append(c.needSteps(index), Step{What: target.title(), Place: target.at()}),
		Hint:  hint,
	}
}

// missing tells why a type can't be had.
func (g *graph) missing(t reflect.Type, name string, from *module) *Problem {
	what := reflectx.Name(t)
	if name != "" {
		what += " \"" + name + "\""
	}
	return &Problem{
		Kind: ErrMissing, Summary: "missing " + what + ", needed by",
		Hint: g.missingHint(t, name, from), Excluded: g.excludedFor(t),
	}
}

// ambiguous tells who could be meant. The asker may be nil.
func ambiguous(t reflect.Type, candidates []*Component, asker *Component) *Problem {
	meant := candidates[0]
	if meant == asker { // as a decorator is
		meant = candidates[1]
	}
	problem := &Problem{Kind: ErrAmbiguous, Summary: "ambiguous " + reflectx.Name(t) + ": several components implement it"}
	if !isInterface(t) {
		problem.Summary = "ambiguous " + reflectx.Name(t) + ": several components are of this type"
	}
	named, primary := 0, 0
	for _, c := range candidates {
		problem.Steps = append(problem.Steps, Step{What: "candidate " + c.title(), Place: c.at()})
		if c.traits.name != "" {
			named++
		}
		if c.traits.primary {
			primary++
		}
	}
	chosen := reflectx.Name(meant.typ)
	switch {
	case primary > 1:
		problem.Hint = "several are environment.Primary(): leave it to one"
	case named == len(candidates):
		problem.Hint = "ask for one by its name, such as `inject:\"name=" + meant.traits.name + "\"`, or make one environment.Primary()"
	case meant.typ != t:
		problem.Hint = "ask for the one you mean, such as " + chosen + ", or make one environment.Primary()"
	default:
		problem.Hint = "give them names by environment.Named, or make one environment.Primary()"
	}
	return problem
}
