package benchmarks

import (
	"reflect"
	"testing"

	"github.com/aspyx-go/aspyx/environment"
	"go.uber.org/dig"
)

// BootAspyx returns a benchmark that declares a module with so many components
// and boots it.
func BootAspyx(components int) func(*testing.B) {
	g := newGraph(components)
	return func(b *testing.B) {
		b.Helper()
		b.ReportAllocs()
		for b.Loop() {
			parts := make([]environment.Part, 0, components)
			for _, constructor := range g.constructors {
				parts = append(parts, environment.Provide(constructor))
			}
			_, err := environment.Boot(b.Context(), environment.Module("graph", parts...))
			check(b, err)
		}
	}
}

// BootDig returns a benchmark that gives dig the same constructors and has it
// build them all, by asking for the component that needs all others. Cycles
// are looked for once, not with each Provide.
func BootDig(components int) func(*testing.B) {
	g := newGraph(components)
	built := false
	signature := reflect.FuncOf([]reflect.Type{g.last}, nil, false)
	ask := reflect.MakeFunc(signature, func(in []reflect.Value) []reflect.Value {
		built = in[0].Elem().Field(0).Int() == int64(components-1)
		return nil
	}).Interface()
	return func(b *testing.B) {
		b.Helper()
		b.ReportAllocs()
		for b.Loop() {
			container := dig.New(dig.DeferAcyclicVerification())
			for _, constructor := range g.constructors {
				check(b, container.Provide(constructor))
			}
			built = false
			check(b, container.Invoke(ask))
			if !built {
				b.Fatal("the last component was not built")
			}
		}
	}
}

// service is what Get is asked for.
type service struct{ name string }

// Get gets a singleton from an environment of 101 components.
func Get(b *testing.B) {
	b.Helper()
	parts := []environment.Part{environment.Provide(func() *service { return &service{name: "service"} })}
	for _, constructor := range newGraph(100).constructors {
		parts = append(parts, environment.Provide(constructor))
	}
	env, err := environment.Boot(b.Context(), environment.Module("get", parts...))
	check(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if environment.Get[*service](env).name == "" {
			b.Fatal("the service is empty")
		}
	}
	check(b, env.Shutdown(b.Context()))
}
