package benchmarks

import "github.com/samber/do/v2"

// newDeclared makes a graph of types and constructors that are declared in
// code. Such a constructor is cheaper to call than one that was made by
// reflection, and do's usual functions, which take the type as a parameter, can
// provide it.
func newDeclared() *graph {
	g := graphFor(Declared, len(declarations))
	for i, declare := range declarations {
		declare(g, i)
	}
	g.ask = func(*t99) {}
	return g
}

func declare0[T ~struct{ number int }](g *graph, i int) {
	constructor := func() *T {
		g.made[i]++
		return &T{i}
	}
	g.constructors[i] = constructor
	g.provide[i] = func(injector do.Injector) {
		do.Provide(injector, func(do.Injector) (*T, error) { return constructor(), nil })
	}
}

func declare2[A, B, T ~struct{ number int }](g *graph, i int) {
	constructor := func(*A, *B) *T {
		g.made[i]++
		return &T{i}
	}
	g.constructors[i] = constructor
	g.provide[i] = func(injector do.Injector) {
		do.Provide(injector, func(i2 do.Injector) (*T, error) {
			a, err := do.Invoke[*A](i2)
			if err != nil {
				return nil, err
			}
			b, err := do.Invoke[*B](i2)
			if err != nil {
				return nil, err
			}
			return constructor(a, b), nil
		})
	}
}
