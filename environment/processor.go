package environment

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/aspyx-go/aspyx/reflectx"
)

// PostProcessor is a component that sees every other instance when it was made,
// before anybody gets it, and may replace it. Post-processors and what they
// depend on are made before all others, and aren't processed themselves. Several
// run in their [Order], then in that of registration.
//
// Of a replaced instance no hooks are called: they are the replacement's. A
// post-processor sees what its own environment makes, and must be built at boot.
type PostProcessor interface {
	// Process returns the instance, or what stands for it: something that can
	// be assigned to the component's type. An error fails the construction.
	// It must be safe for concurrent use: lazy components are made at any time.
	Process(ctx context.Context, component *Component, instance any) (any, error)
}

var processorType = reflect.TypeFor[PostProcessor]()

// putProcessorsFirst moves the post-processors and what they need to the front
// of the order of building.
func (g *graph) putProcessorsFirst() {
	first := map[*Component]bool{}
	var mark func(c *Component)
	mark = func(c *Component) {
		if first[c] || c.home != nil {
			return
		}
		first[c] = true
		for i := range c.needs {
			if n := &c.needs[i]; n.ordered() {
				for _, target := range n.targets {
					mark(target)
				}
			}
		}
	}
	for _, c := range g.order {
		if c.processes() {
			g.processors = append(g.processors, c)
			mark(c)
		}
	}
	if len(g.processors) == 0 {
		return
	}
	slices.SortStableFunc(g.processors, func(a, b *Component) int {
		return cmp.Or(cmp.Compare(a.traits.order, b.traits.order), cmp.Compare(a.rank, b.rank))
	})
	slices.SortStableFunc(g.order, func(a, b *Component) int {
		switch {
		case first[a] == first[b]:
			return 0
		case first[a]:
			return -1
		default:
			return 1
		}
	})
	for c := range first {
		c.unprocessed = true
	}
}

// processes tells whether the component is a post-processor that is built at
// boot.
func (c *Component) processes() bool {
	return c.eager && !c.wrapped && !c.isDecoratedAs(processorType) && c.making != assembled && c.typ.Implements(processorType)
}

// process has the post-processors see what was made. It tells whether one has
// replaced it.
func (e *Environment) process(ctx context.Context, c *Component, made *instance) (replaced bool, err error) {
	if c.unprocessed {
		return false, nil
	}
	for _, of := range e.graph.processors {
		processor, ok := of.any.(PostProcessor)
		if !ok {
			continue
		}
		result, err := processor.Process(ctx, c, made.any)
		if err != nil {
			return replaced, fmt.Errorf("post-processor %s: %w", of.title(), err)
		}
		v := reflect.ValueOf(result)
		if reflectx.IsNil(v) || !v.Type().AssignableTo(c.typ) {
			return replaced, fmt.Errorf("post-processor %s returned %T, which is no %s", of.title(), result, reflectx.Name(c.typ))
		}
		replaced = replaced || !same(result, made.any)
		made.value, made.any = v, result
	}
	return replaced, nil
}

func same(a, b any) bool {
	return reflect.ValueOf(a).Comparable() && reflect.ValueOf(b).Comparable() && a == b
}
