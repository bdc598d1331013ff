package benchmarks

import (
	"context"
	"reflect"
	"testing"

	"github.com/samber/do/v2"
	"go.uber.org/dig"
	"go.uber.org/fx"

	"github.com/aspyx-go/aspyx/environment"
)

// Container declares all components of a graph and builds them.
type Container func(ctx context.Context, g *graph) error

// Boot returns a benchmark that has the container boot such a graph. It fails
// unless each component was built once each time.
func Boot(container Container, shape Shape, components int) func(*testing.B) {
	return func(b *testing.B) {
		b.Helper()
		g := graphOf(shape, components)
		b.ReportAllocs()
		for b.Loop() {
			check(b, container(b.Context(), g))
		}
		check(b, g.check(b.N))
	}
}

// Aspyx boots a module. The environment isn't shut down: its components hold
// nothing.
func Aspyx(ctx context.Context, g *graph) error {
	parts := make([]environment.Part, 0, len(g.constructors))
	for _, constructor := range g.constructors {
		parts = append(parts, environment.Provide(constructor))
	}
	_, err := environment.Boot(ctx, environment.Module("graph", parts...))
	return err
}

// Floor calls the constructors in their order by reflection, with the components
// made so far, and does nothing else: what a container that takes any function
// can't do without.
func Floor(_ context.Context, g *graph) error {
	made := make([]reflect.Value, len(g.constructors))
	for i, constructor := range g.constructors {
		in := make([]reflect.Value, len(g.needs[i]))
		for k, need := range g.needs[i] {
			in[k] = made[need]
		}
		made[i] = reflect.ValueOf(constructor).Call(in)[0]
	}
	return nil
}

// Dig has dig look for cycles once, by DeferAcyclicVerification, and build all
// by asking for the component that needs all others.
func Dig(_ context.Context, g *graph) error {
	return bootDig(g, dig.DeferAcyclicVerification())
}

// DigDefault is [Dig] as it is without the option: it looks for cycles with
// each Provide, which makes it quadratic.
func DigDefault(_ context.Context, g *graph) error {
	return bootDig(g)
}

func bootDig(g *graph, options ...dig.Option) error {
	container := dig.New(options...)
	for _, constructor := range g.constructors {
		if err := container.Provide(constructor); err != nil {
			return err
		}
	}
	return container.Invoke(g.ask)
}

// Fx makes an application with fx's NopLogger and all constructors in one
// Provide, and an Invoke that asks for the component that needs all others. The
// application isn't started: no component has a hook.
func Fx(_ context.Context, g *graph) error {
	return fx.New(fx.NopLogger, fx.Provide(g.constructors...), fx.Invoke(g.ask)).Err()
}

// Do declares the components by their types, as is usual in do, for which the
// graph must be Declared. The constructor of each asks for what it needs.
func Do(_ context.Context, g *graph) error {
	injector := do.New()
	for _, provide := range g.provide {
		provide(injector)
	}
	_, err := do.Invoke[*t99](injector)
	return err
}

// DoNamed declares the components by name, since do's usual functions need a
// type parameter for each. It spares do to find a name for the type. All are of
// one type and made by one function, without reflection.
func DoNamed(_ context.Context, g *graph) error {
	injector := do.New()
	for i, needs := range g.needs {
		do.ProvideNamed(injector, g.names[i], func(i2 do.Injector) (*node, error) {
			g.made[i]++
			for _, need := range needs {
				if _, err := do.InvokeNamed[*node](i2, g.names[need]); err != nil {
					return nil, err
				}
			}
			return &node{i}, nil
		})
	}
	_, err := do.InvokeNamed[*node](injector, g.names[len(g.names)-1])
	return err
}

// node is a component of do, and what the declared ones are made of.
type node struct{ number int }
