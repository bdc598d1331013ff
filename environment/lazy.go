package environment

import (
	"context"
	"fmt"
	"reflect"

	"github.com/aspyx-go/aspyx/reflectx"
)

// Lazy is a dependency that is looked up when it is used: as a parameter or an
// injected field it doesn't count for the order of building, and so breaks a
// cycle. It is also how a singleton takes something that lives shorter. The
// zero value finds nothing.
type Lazy[T any] struct {
	found *lazyNeed
}

// lazyNeed is a need that waits to be asked for.
type lazyNeed struct {
	env  *Environment
	need *need
}

// Get returns the component, which is made first if it is lazy, transient or
// scoped. The error wraps [ErrBooting] while the environment is being built,
// [ErrStopped] where a lazy one would have to be made after the stop, or
// [ErrConstruct]. It is safe for concurrent use.
func (l Lazy[T]) Get() (T, error) {
	if l.found == nil {
		var none T
		return none, l.absent()
	}
	return l.GetContext(l.found.env.work)
}

// GetContext is Get, for a component that is scoped by the context.
func (l Lazy[T]) GetContext(ctx context.Context) (T, error) {
	var none T
	if l.found == nil {
		return none, l.absent()
	}
	value, err := l.found.get(ctx)
	if err != nil {
		return none, err
	}
	return value.(T), nil //nolint:forcetypeassert // resolved as a T when the graph was made
}

func (Lazy[T]) absent() error {
	return fmt.Errorf("get %s: there is none: the Lazy is optional, or wasn't injected", reflectx.Name(reflect.TypeFor[T]()))
}

func (l *lazyNeed) get(ctx context.Context) (any, error) {
	if !l.env.published.Load() {
		return nil, fmt.Errorf("get %s through Lazy: %w", reflectx.Name(l.need.wanted), ErrBooting)
	}
	value, err := l.need.targets[0].obtain(ctx)
	if err != nil {
		return nil, err
	}
	return value.Interface(), nil
}

// Optional is a dependency that may be absent, also by a condition. Only
// absence is optional: one that is there and fails is an error.
type Optional[T any] struct {
	// Value is the component, or the zero value where OK is false.
	Value T
	// OK tells whether there is one.
	OK bool
}

// Params makes a struct that embeds it a parameter structure: a constructor
// that takes it gets each exported field filled, as if it were a parameter. A
// field may be tagged inject, value, or by a tag of [Tag].
//
//	type RepositoryParams struct {
//		environment.Params
//		Database *sql.DB `inject:"name=orders"`
//		Table    string  `value:"orders.table,default=orders"`
//	}
//
//	func NewRepository(p RepositoryParams) *Repository
type Params struct{}

var paramsType = reflect.TypeFor[Params]()

// wrapper is implemented by the types that tell the container how to satisfy a
// need.
type wrapper interface {
	// describe says what the type asks for.
	describe(n *need)
	// fill returns the value for a field or parameter of the type.
	fill(with any) reflect.Value
}

func (Lazy[T]) describe(n *need) {
	inner := newNeed(reflect.TypeFor[T]())
	n.kind, n.wanted = needLazy, inner.typ
}

func (Lazy[T]) fill(with any) reflect.Value {
	found, _ := with.(*lazyNeed)
	return reflect.ValueOf(Lazy[T]{found})
}

func (Optional[T]) describe(n *need) { n.wanted, n.optional = reflect.TypeFor[T](), true }

func (Optional[T]) fill(with any) reflect.Value {
	value, ok := with.(T)
	return reflect.ValueOf(Optional[T]{Value: value, OK: ok})
}

// isParams tells whether the type is a parameter structure.
func isParams(t reflect.Type) bool {
	if t.Kind() != reflect.Struct {
		return false
	}
	for field := range t.Fields() {
		if field.Anonymous && field.Type == paramsType {
			return true
		}
	}
	return false
}
