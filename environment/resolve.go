package environment

import (
	"cmp"
	"reflect"
	"slices"

	"github.com/aspyx-go/aspyx/reflectx"
)

// candidates returns the components that a type stands for, as who asks from
// the module may see them: those of exactly that type; else those that say so
// by As; else, for an interface with methods, all that implement it; else what
// the parent environment has. An empty name means any.
func (g *graph) candidates(t reflect.Type, name string, from *module) []*Component {
	if found := visible(g.byType[t], name, from); len(found) > 0 {
		return found
	}
	if found := visible(g.bound(t), name, from); len(found) > 0 {
		return found
	}
	if found := visible(g.implementers(t), name, from); len(found) > 0 {
		return found
	}
	if g.parent != nil {
		return g.parent.candidates(t, name, from)
	}
	return nil
}

// bound returns the components that say by As that they are a T, but for those
// for which a decorator stands.
func (g *graph) bound(t reflect.Type) []*Component {
	hides := func(c *Component) bool { return c.isDecoratedAs(t) }
	if found := g.byBinding[t]; !slices.ContainsFunc(found, hides) {
		return found
	}
	return slices.DeleteFunc(slices.Clone(g.byBinding[t]), hides)
}

// visible returns those of the components that have the name and may be seen
// from the module.
func visible(components []*Component, name string, from *module) []*Component {
	hides := func(c *Component) bool { return !c.visible(name, from) }
	if !slices.ContainsFunc(components, hides) {
		return components
	}
	return slices.DeleteFunc(slices.Clone(components), hides)
}

// all returns every component that a list of the type has, in its order. The
// parent's come behind, but for those that are shadowed.
func (g *graph) all(t reflect.Type, from *module) []*Component {
	var found []*Component
	seen := map[*Component]bool{}
	for _, level := range [][]*Component{g.byType[t], g.byBinding[t], g.implementers(t)} {
		for _, c := range level {
			if c.visible("", from) && !c.recordOnly && !c.isDecoratedAs(t) && !seen[c] {
				found, seen[c] = append(found, c), true
			}
		}
	}
	slices.SortFunc(found, func(a, b *Component) int {
		return cmp.Or(cmp.Compare(a.traits.order, b.traits.order), cmp.Compare(a.rank, b.rank))
	})
	if g.parent == nil {
		return found
	}
	own := len(found)
	for _, c := range g.parent.all(t, from) {
		shadowed := slices.ContainsFunc(found[:own], func(mine *Component) bool {
			return mine.typ == c.typ && mine.traits.name == c.traits.name
		})
		if !shadowed {
			found = append(found, c)
		}
	}
	return found
}

// visible tells whether the component has the name and may be seen from the
// module.
func (c *Component) visible(name string, from *module) bool {
	return !c.wrapped && (name == "" || c.traits.name == name) && (!c.traits.private || c.within == from)
}

// isDecoratedAs tells whether a decorator stands for the component where that
// type, or a smaller interface, is asked for.
func (c *Component) isDecoratedAs(t reflect.Type) bool {
	return slices.ContainsFunc(c.decorated, func(d reflect.Type) bool { return d == t || isInterface(t) && d.Implements(t) })
}

// choose picks the one of several candidates that is meant without a word: the
// only one, the only one that is private to who asks, the only primary one, the
// only one without a name.
func choose(candidates []*Component) *Component {
	if len(candidates) == 1 {
		return candidates[0]
	}
	for _, preferred := range []func(*Component) bool{
		func(c *Component) bool { return c.traits.private }, // else it wasn't visible
		func(c *Component) bool { return c.traits.primary },
		func(c *Component) bool { return c.traits.name == "" },
	} {
		var chosen *Component
		count := 0
		for _, c := range candidates {
			if preferred(c) {
				chosen, count = c, count+1
			}
		}
		if count == 1 {
			return chosen
		}
		if count > 1 {
			return nil
		}
	}
	return nil
}

// implementers returns the components that implement an interface, in the order
// of registration. Everything implements one without methods, so that nothing
// is found for it.
func (g *graph) implementers(t reflect.Type) []*Component {
	if t.Kind() != reflect.Interface || t.NumMethod() == 0 {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	known := g.implementing[t]
	if known == nil {
		known = &implementing{}
		g.implementing[t] = known
	}
	for ; known.seen < len(g.components); known.seen++ {
		if c := g.components[known.seen]; c.typ.Implements(t) {
			known.components = append(known.components, c)
		}
	}
	if slices.ContainsFunc(known.components, func(c *Component) bool { return !c.stands(t) }) {
		return slices.DeleteFunc(slices.Clone(known.components), func(c *Component) bool { return !c.stands(t) })
	}
	return known.components
}

// implementing remembers who of the first components implements an interface.
type implementing struct {
	seen       int
	components []*Component
}

// stands tells whether the component is offered for an interface that it
// implements.
func (c *Component) stands(t reflect.Type) bool {
	return c.offered() && !c.wrapped && !c.isDecoratedAs(t)
}

// satisfy finds the components for a need. Where there are none or too many it
// returns the problem, without steps.
func (g *graph) satisfy(n *need, asker *Component, from *module) *Problem {
	switch n.kind {
	case needList, needMap:
		if len(g.candidates(n.typ, n.name, from)) == 0 {
			return g.satisfyAll(n, from)
		}
		n.kind, n.wanted = needOne, n.typ // somebody provides exactly this type
	case needOne, needLazy:
	case needContext, needEnvironment, needConfig, needValue:
		if n.name != "" {
			return nameless(n.typ)
		}
		return nil
	}
	if inner := newNeed(n.wanted); n.wrap != nil && (inner.kind != needOne || inner.wrap != nil) {
		return &Problem{
			Kind: ErrInvalid, Summary: "invalid " + reflectx.Name(n.typ) + ": it is always there, or can't be wrapped",
			Hint: "ask for " + reflectx.Name(n.wanted) + " itself",
		}
	}
	target, candidates := g.chooseFor(n, from)
	switch {
	case target == nil && len(candidates) > 0:
		return ambiguous(n.wanted, candidates, asker)
	case target == nil && n.optional, target != nil && target.recordOnly && n.optional:
		return nil
	case target == nil || target.recordOnly:
		return g.missing(n.wanted, n.name, from)
	}
	n.one[0] = target
	n.targets = n.one[:]
	return nil
}

// chooseFor returns the component for a need of one, or who could be meant. Of
// many that implement an interface it chooses once.
func (g *graph) chooseFor(n *need, from *module) (target *Component, candidates []*Component) {
	if n.name == "" {
		g.mu.Lock()
		target = g.chosen[typeAndModule{n.wanted, from}]
		g.mu.Unlock()
		if target != nil {
			return target, nil
		}
	}
	candidates = g.candidates(n.wanted, n.name, from)
	target = choose(candidates)
	if target != nil && n.name == "" && len(candidates) > 1 {
		g.mu.Lock()
		g.chosen[typeAndModule{n.wanted, from}] = target
		g.mu.Unlock()
	}
	return target, candidates
}

// satisfyAll finds the components for a list or a map.
func (g *graph) satisfyAll(n *need, from *module) *Problem {
	if n.name != "" {
		return nameless(n.typ)
	}
	n.targets = g.all(n.wanted, from)
	switch {
	case len(n.targets) == 0 && !isInterface(n.wanted) && !n.optional:
		return g.missing(n.typ, n.name, from)
	case n.kind == needMap:
		return sameKey(n)
	}
	return nil
}

// nameless is the problem of a name where there is nothing to be named.
func nameless(t reflect.Type) *Problem {
	return &Problem{
		Kind: ErrInvalid, Summary: "invalid name for " + reflectx.Name(t) + ": only single components have names",
		Hint: "remove the name",
	}
}

// sameKey reports two components of one key in a map.
func sameKey(n *need) *Problem {
	byKey := make(map[string]*Component, len(n.targets))
	for _, c := range n.targets {
		if other := byKey[c.key()]; other != nil {
			return &Problem{
				Kind: ErrAmbiguous, Summary: "ambiguous " + reflectx.Name(n.typ) + ": two components have the key \"" + c.key() + "\"",
				Steps: []Step{{What: other.title(), Place: other.at()}, {What: c.title(), Place: c.at()}},
				Hint:  "name them apart with environment.Named",
			}
		}
		byKey[c.key()] = c
	}
	return nil
}
