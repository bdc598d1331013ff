package environment_test

import (
	"context"
	"reflect"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
)

// chain is a module of n components, each of a type of its own; number i
// depends on i-1 and i/2.
func chain(n int) environment.Part {
	types := make([]reflect.Type, n)
	parts := make([]environment.Part, n)
	for i := range n {
		types[i] = reflect.PointerTo(reflect.StructOf([]reflect.StructField{
			{Name: "F" + strconv.Itoa(i), Type: reflect.TypeFor[int]()},
		}))
		var in []reflect.Type
		if i > 0 {
			in = []reflect.Type{types[i-1], types[i/2]}
		}
		signature := reflect.FuncOf(in, []reflect.Type{types[i]}, false)
		constructor := reflect.MakeFunc(signature, func([]reflect.Value) []reflect.Value {
			return []reflect.Value{reflect.New(types[i].Elem())}
		})
		parts[i] = environment.Provide(constructor.Interface())
	}
	return environment.Module("chain", parts...)
}

func BenchmarkBoot(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		module := chain(n)
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := environment.Boot(context.Background(), module); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/component")
		})
	}
}

func BenchmarkValidate(b *testing.B) {
	module := chain(100)
	b.ReportAllocs()
	for b.Loop() {
		if err := environment.Validate(module); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	env := environment.New(environment.Module("m", environment.Provide(newSQL)))
	b.Run("type", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			environment.Get[*SQLRepository](env)
		}
	})
	b.Run("interface", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			environment.Get[Repository](env)
		}
	})
}

//nolint:paralleltest // AllocsPerRun counts the allocations of all goroutines
func TestGetAllocatesNothing(t *testing.T) {
	env := boot(t, environment.Module("m", environment.Provide(newSQL)))
	require.Zero(t, testing.AllocsPerRun(100, func() {
		environment.Get[*SQLRepository](env)
		environment.Get[Repository](env)
	}))
}

func TestLongChain(t *testing.T) {
	t.Parallel()
	require.NoError(t, environment.Validate(chain(1000)))
}
