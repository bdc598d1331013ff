package environment

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"

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
// [ErrAmbiguous] or, while env is still being built, [ErrBooting]. Where the
// component has to be made first, it may also wrap [ErrConstruct], [ErrCycle]
// (what is being made asks for itself), [ErrStopped] or [ErrNoScope].
func Find[T any](env *Environment) (T, error) {
	if env.published.Load() {
		if only := env.graph.byType[reflect.TypeFor[T]()]; len(only) == 1 && only[0].isPlain() {
			if value, ok := only[0].any.(T); ok {
				return value, nil
			}
		}
	}
	return find[T](env.work, env, "")
}

// isPlain tells whether everybody gets the one instance that was built at boot.
func (c *Component) isPlain() bool { return c.eager && !c.traits.private && !c.recordOnly }

// FindNamed returns the component of type T that [Named] has given the name.
func FindNamed[T any](env *Environment, name string) (T, error) {
	return find[T](env.work, env, name)
}

// GetContext is [Find] for components that are [Scoped]: it returns the one that
// belongs to the context, and also gives the context to the constructors of all
// that it has to make.
func GetContext[T any](ctx context.Context, env *Environment) (T, error) {
	return find[T](ctx, env, "")
}

func find[T any](ctx context.Context, env *Environment, name string) (T, error) {
	var none T
	t := reflect.TypeFor[T]()
	if !env.published.Load() {
		return none, fmt.Errorf("get %s: %w: take it as a dependency instead", reflectx.Name(t), ErrBooting)
	}
	instance, err := env.derive(ctx, t, name)
	if err != nil {
		return none, err
	}
	value, ok := instance.(T)
	if !ok {
		return none, fmt.Errorf("get %s: the component is a %T", reflectx.Name(t), instance)
	}
	return value, nil
}

// derive finds the component for a type that isn't simply that of one which was
// built at boot, as the same question was answered before.
func (e *Environment) derive(ctx context.Context, t reflect.Type, name string) (any, error) {
	var key any = t
	if name != "" {
		key = typeAndName{t, name}
	}
	known, ok := e.derived.Load(key)
	if !ok {
		n := newNeed(t)
		n.name = name
		if problem := e.graph.satisfy(&n, nil, nil); problem != nil {
			return nil, e.notFound(t, name, problem)
		}
		known = &n
		if name == "" || len(n.targets) > 0 { // names of what there isn't are without number
			known, _ = e.derived.LoadOrStore(key, &n)
		}
	}
	n, _ := known.(*need)
	if target := n.target(); target != nil && target.eager && n.wrap == nil {
		return target.any, nil
	}
	value, err := n.get(ctx, e)
	if err != nil {
		return nil, err
	}
	return value.Interface(), nil
}

// notFound makes a problem of wiring that of a question.
func (e *Environment) notFound(t reflect.Type, name string, problem *Problem) error {
	asked := reflectx.Name(t)
	if name != "" {
		asked += fmt.Sprintf(" %q", name)
	}
	what := problem.Summary
	switch {
	case errors.Is(problem, ErrMissing):
		what = "there is none"
	case errors.Is(problem, ErrAmbiguous):
		_, what, _ = strings.Cut(problem.Summary, ": ")
	}
	problem.Summary = fmt.Sprintf("get %s from environment %q: %s", asked, e.name, what)
	return problem
}
