package environment

import (
	"fmt"
	"reflect"

	"github.com/aspyx-go/aspyx/reflectx"
)

// Get returns the component of type T, found as a dependency is: by its exact
// type, else as the only one that implements the interface T. It panics with
// [Find]'s error if there is none. It takes no lock and allocates nothing, but
// for the first time that it finds an interface that no component needed.
func Get[T any](env *Environment) T {
	value, err := Find[T](env)
	if err != nil {
		panic(err)
	}
	return value
}

// Find is [Get], but returns an error that wraps [ErrMissing],
// [ErrAmbiguous] or, while env is still being built, [ErrBooting].
func Find[T any](env *Environment) (T, error) {
	t := reflect.TypeFor[T]()
	instances := env.instances.Load()
	if instances == nil {
		var none T
		return none, fmt.Errorf("get %s: %w: take it as a dependency instead", reflectx.Name(t), ErrBooting)
	}
	instance, ok := (*instances)[t]
	if !ok {
		var err error
		if instance, err = env.derive(t); err != nil {
			var none T
			return none, err
		}
	}
	value, ok := instance.(T)
	if !ok {
		return value, fmt.Errorf("get %s: the component is a %T", reflectx.Name(t), instance)
	}
	return value, nil
}

// derive finds the component for an interface that none was built for.
func (e *Environment) derive(t reflect.Type) (any, error) {
	if instance, ok := e.derived.Load(t); ok {
		return instance, nil
	}
	c, candidates := e.graph.find(t)
	if c != nil && !c.recordOnly {
		e.derived.Store(t, c.instance)
		return c.instance, nil
	}
	problem := e.graph.unresolvable(t, candidates, nil, nil)
	problem.Summary = fmt.Sprintf("get %s from environment %q: ", reflectx.Name(t), e.name)
	if len(candidates) > 1 {
		problem.Summary += "several components implement it"
		problem.Steps = problem.Steps[:len(candidates)]
	} else {
		problem.Summary += "there is none"
	}
	return nil, problem
}
