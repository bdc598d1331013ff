package benchmarks

import (
	"reflect"
	"strconv"
	"testing"

	"github.com/aspyx-go/aspyx/environment"
)

// Implementers returns a benchmark that boots so many components that each
// implement an interface of their own, and as many that need one of a quarter
// of these interfaces: for each of them one component is to be found among all.
func Implementers(implementers int) func(*testing.B) {
	return bootActors(implementers, func(number int) reflect.Type { return actors[number].role })
}

// ImplementerLists returns a benchmark like [Implementers], but of interfaces
// that four components implement each. Those who need one get a slice of all
// four.
func ImplementerLists(implementers int) func(*testing.B) {
	return bootActors(implementers, func(number int) reflect.Type { return reflect.SliceOf(actors[4*number].troupe) })
}

// bootActors boots actors, and as many components that need one of a quarter as
// many types.
func bootActors(count int, typeOf func(number int) reflect.Type) func(*testing.B) {
	return func(b *testing.B) {
		b.Helper()
		made := 0
		parts := make([]environment.Part, 0, 2*count)
		for _, actor := range actors[:count] {
			parts = append(parts, environment.Provide(actor.constructor))
		}
		for i := range count {
			parts = append(parts, environment.Provide(audience(typeOf(i%(count/4)), i, &made)))
		}
		b.ReportAllocs()
		for b.Loop() {
			_, err := environment.Boot(b.Context(), environment.Module("actors", parts...))
			check(b, err)
		}
		if made != b.N*count {
			b.Fatalf("%d components were made, want %d times %d", made, b.N, count)
		}
	}
}

// audience returns the constructor of a component that needs one of the type.
// It panics if that is a slice without four elements.
func audience(need reflect.Type, number int, made *int) any {
	t := reflect.PointerTo(reflect.StructOf([]reflect.StructField{{
		Name: "Need", Type: need, Tag: reflect.StructTag(`audience:"` + strconv.Itoa(number) + `"`),
	}}))
	signature := reflect.FuncOf([]reflect.Type{need}, []reflect.Type{t}, false)
	return reflect.MakeFunc(signature, func(in []reflect.Value) []reflect.Value {
		if need.Kind() == reflect.Slice && in[0].Len() != 4 {
			panic("there are " + strconv.Itoa(in[0].Len()) + " elements")
		}
		*made++
		instance := reflect.New(t.Elem())
		instance.Elem().Field(0).Set(in[0])
		return []reflect.Value{instance}
	}).Interface()
}

// An actor is the only one who plays its role, and one of four in its troupe.
type actor struct {
	constructor  any
	role, troupe reflect.Type
}

// The types of 400 actors differ in their parameters. (A type that is made by
// reflection can't have methods.)
type (
	role[A, B, C any]   interface{ Play(A, B, C) }
	troupe[A, B any]    interface{ Travel(A, B) }
	player[A, B, C any] struct{ _ byte }

	one   struct{}
	two   struct{}
	three struct{}
	four  struct{}
	five  struct{}
	six   struct{}
	seven struct{}
	eight struct{}
	nine  struct{}
	ten   struct{}
)

// Play implements the role.
func (*player[A, B, C]) Play(A, B, C) {}

// Travel implements the troupe.
func (*player[A, B, C]) Travel(A, B) {}

// actors are ordered by troupe.
var actors = func() []actor {
	var all []actor
	for _, some := range [][]actor{
		actorsOf[one](), actorsOf[two](), actorsOf[three](), actorsOf[four](), actorsOf[five](),
		actorsOf[six](), actorsOf[seven](), actorsOf[eight](), actorsOf[nine](), actorsOf[ten](),
	} {
		all = append(all, some...)
	}
	return all
}()

func actorsOf[A any]() []actor {
	var all []actor
	for _, some := range [][]actor{
		actorsIn[A, one](), actorsIn[A, two](), actorsIn[A, three](), actorsIn[A, four](), actorsIn[A, five](),
		actorsIn[A, six](), actorsIn[A, seven](), actorsIn[A, eight](), actorsIn[A, nine](), actorsIn[A, ten](),
	} {
		all = append(all, some...)
	}
	return all
}

func actorsIn[A, B any]() []actor {
	return []actor{actorAs[A, B, one](), actorAs[A, B, two](), actorAs[A, B, three](), actorAs[A, B, four]()}
}

func actorAs[A, B, C any]() actor {
	return actor{
		constructor: func() *player[A, B, C] { return new(player[A, B, C]) },
		role:        reflect.TypeFor[role[A, B, C]](),
		troupe:      reflect.TypeFor[troupe[A, B]](),
	}
}
