package benchmarks

import (
	"testing"

	"github.com/samber/do/v2"
	"go.uber.org/dig"

	"github.com/aspyx-go/aspyx/environment"
)

// service is what Get is asked for, a singleton beside a hundred others.
type service struct{ name string }

func newService() *service { return &service{name: "service"} }

const others = 100

// Source returns a function that gets the service from a container which has
// built it, and the function that ends the container.
type Source func(b *testing.B) (get func() *service, end func())

// Get returns a benchmark of one goroutine that gets the service.
func Get(from Source) func(*testing.B) {
	return func(b *testing.B) {
		b.Helper()
		get, end := from(b)
		b.ReportAllocs()
		for b.Loop() {
			if get().name == "" {
				b.Fatal("the service is empty")
			}
		}
		end()
	}
}

// GetParallel returns a benchmark of as many goroutines as there are CPUs.
func GetParallel(from Source) func(*testing.B) {
	return func(b *testing.B) {
		b.Helper()
		get, end := from(b)
		b.ReportAllocs()
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if get().name == "" {
					b.Error("the service is empty")
				}
			}
		})
		b.StopTimer()
		end()
	}
}

// FromAspyx gets the service by environment.Get.
func FromAspyx(b *testing.B) (get func() *service, end func()) {
	b.Helper()
	parts := []environment.Part{environment.Provide(newService)}
	for _, constructor := range graphOf(Diamond, others).constructors {
		parts = append(parts, environment.Provide(constructor))
	}
	env, err := environment.Boot(b.Context(), environment.Module("get", parts...))
	check(b, err)
	return func() *service { return environment.Get[*service](env) },
		func() { check(b, env.Shutdown(b.Context())) }
}

// FromDo gets the service by do.Invoke.
func FromDo(b *testing.B) (get func() *service, end func()) {
	b.Helper()
	injector := do.New()
	do.Provide(injector, func(do.Injector) (*service, error) { return newService(), nil })
	g := graphOf(Diamond, others)
	for i := range g.names {
		do.ProvideNamed(injector, g.names[i], func(do.Injector) (*node, error) { return &node{i}, nil })
	}
	for _, name := range g.names {
		do.MustInvokeNamed[*node](injector, name)
	}
	return func() *service { return do.MustInvoke[*service](injector) },
		func() {
			if report := injector.Shutdown(); !report.Succeed {
				b.Error(report.Error())
			}
		}
}

// FromDig gets the service by dig's Invoke, the only way that dig has: the
// function that is invoked takes the service out.
func FromDig(b *testing.B) (get func() *service, end func()) {
	b.Helper()
	g := graphOf(Diamond, others)
	container := dig.New(dig.DeferAcyclicVerification())
	check(b, container.Provide(newService))
	for _, constructor := range g.constructors {
		check(b, container.Provide(constructor))
	}
	check(b, container.Invoke(g.ask))
	check(b, container.Invoke(func(*service) {}))
	return func() *service {
		var got *service
		check(b, container.Invoke(func(s *service) { got = s }))
		return got
	}, func() {}
}
