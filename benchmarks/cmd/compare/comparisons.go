package main

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aspyx-go/aspyx/benchmarks"
)

// The sides, as the tables name them.
const (
	aspyx          = "aspyx"
	floor          = "floor"
	watermill      = "watermill"
	watermillAsync = "watermill async"
	dig            = "dig"
	digDefault     = "dig default"
	fx             = "fx"
	do             = "do"
	doNamed        = "do named"
)

func comparisons() []*comparison {
	return append(slices.Concat(loads(), brokered(), originals()),
		fairness("Fairness: median latency of a listener, its events back to back", 0),
		fairness("Fairness: median latency of a listener, an event each 100 µs", 100*time.Microsecond),
		backlog(),
		getting("Get a singleton of a container of 101", benchmarks.Get),
		getting("Get a singleton of a container of 101, on all CPUs", benchmarks.GetParallel),
		implementers("Find the implementer of each interface, per component", benchmarks.Implementers),
		implementers("Find all implementers of each interface, per component", benchmarks.ImplementerLists),
		declared(),
		booting(benchmarks.Diamond),
		booting(benchmarks.Deep),
		booting(benchmarks.Wide),
	)
}

func getting(title string, bench func(benchmarks.Source) func(*testing.B)) *comparison {
	return &comparison{
		title: title,
		sides: []*side{
			{name: aspyx, bench: bench(benchmarks.FromAspyx)},
			{name: do, bench: bench(benchmarks.FromDo)},
			{name: dig, bench: bench(benchmarks.FromDig)},
		},
		claims: []claim{ratio(do, aspyx).atLeast(5), ratio(dig, aspyx), allocations(aspyx).atMost(0)},
	}
}

// implementers boots twice as many components as it says: those that implement
// and those that need. Four times as many that took four times as long each
// would be quadratic.
func implementers(title string, bench func(int) func(*testing.B)) *comparison {
	c := &comparison{title: title}
	name := func(count int) string { return fmt.Sprintf("%d of %d", count, count/4) }
	for _, count := range []int{100, 200, 400} {
		c.sides = append(c.sides, &side{name: name(count), bench: bench(count), parts: 2 * count})
	}
	c.claims = []claim{ratio(name(200), name(100)).atMost(1.5), ratio(name(400), name(100)).atMost(2)}
	return c
}

// leastRatio is how much faster than the fastest other a boot of 100 is to be.
const leastRatio = 3

func declared() *comparison {
	c := &comparison{
		title:  "Boot a container of 100 declared components",
		claims: []claim{fastest([]string{dig, digDefault, fx, do, doNamed}, aspyx).atLeast(leastRatio)},
	}
	add := func(name string, container benchmarks.Container) {
		c.sides = append(c.sides, &side{name: name, bench: benchmarks.Boot(container, benchmarks.Declared, 100)})
	}
	add(aspyx, benchmarks.Aspyx)
	add(dig, benchmarks.Dig)
	add(digDefault, benchmarks.DigDefault)
	add(fx, benchmarks.Fx)
	add(do, benchmarks.Do)
	add(doNamed, benchmarks.DoNamed)
	add(floor, benchmarks.Floor)
	return c
}

// booting boots graphs of growing size. The components are made by reflection.
func booting(shape benchmarks.Shape) *comparison {
	c := &comparison{title: fmt.Sprintf("Boot containers of growing size (%v), per component", shape)}
	name := func(container string, size int) string { return fmt.Sprintf("%s %d", container, size) }
	for _, size := range []int{10, 100, 1000, 10_000} {
		add := func(container string, bench benchmarks.Container) string {
			s := &side{name: name(container, size), bench: benchmarks.Boot(bench, shape, size), parts: size}
			c.sides = append(c.sides, s)
			return s.name
		}
		ours := add(aspyx, benchmarks.Aspyx)
		others := []string{add(dig, benchmarks.Dig), add(fx, benchmarks.Fx), add(doNamed, benchmarks.DoNamed)}
		if size <= 1000 { // it is quadratic
			others = append(others, add(digDefault, benchmarks.DigDefault))
		}
		add(floor, benchmarks.Floor)
		of := fastest(others, ours)
		if size == 100 {
			of = of.atLeast(leastRatio)
		}
		c.claims = append(c.claims, of)
	}
	// Linear: a component costs the same in a large container. Half as much
	// again is left to the caches and the collector.
	for _, size := range []int{1000, 10_000} {
		c.claims = append(c.claims, ratio(name(aspyx, size), name(aspyx, 100)).atMost(1.5))
	}
	return c
}
