package environment

import (
	"context"
	"fmt"
	"reflect"

	"github.com/aspyx-go/aspyx/reflectx"
)

// instance is what was built of a component.
type instance struct {
	value     reflect.Value
	any       any
	cleanup   reflectx.Cleanup
	hooks     bool // the environment runs the hooks
	abandoned bool // a hook may still be running
}

type assembler func(ctx context.Context, env *Environment, dependencies []any) (any, error)

// construct makes an instance. What it needs is made or found on the way; at
// boot the order of building has seen to it. What the constructor has returned
// is in made also when a post-processor then fails or panics, so that it can be
// undone.
func (c *Component) construct(ctx context.Context, env *Environment, made *instance) error {
	value, wraps, err := c.makeValue(ctx, env, made)
	if err != nil {
		return err
	}
	made.value, made.any = value, value.Interface()
	made.hooks = c.making != supplied && !wraps && hasAnyHook(made.any)
	replaced, err := env.process(ctx, c, made)
	if replaced {
		made.hooks = hasAnyHook(made.any)
	}
	return err
}

// makeValue makes the value, and tells whether a decorator has returned what it
// wraps.
func (c *Component) makeValue(ctx context.Context, env *Environment, made *instance) (value reflect.Value, wraps bool, err error) {
	switch c.making {
	case registered:
		value, err = c.constructStruct(ctx, env)
	case provided, decorating:
		var in []reflect.Value
		if in, err = c.arguments(ctx, env); err != nil {
			return value, false, err
		}
		value, made.cleanup, err = c.constructor.Call(in)
		wraps = err == nil && c.making == decorating && same(value.Interface(), in[0].Interface())
	case assembled:
		value, err = c.constructAssembled(ctx, env)
	case supplied:
		value = c.value
	}
	return value, wraps, err
}

// hasAnyHook tells whether the instance takes part in the life cycle.
func hasAnyHook(made any) bool {
	switch made.(type) {
	case Initializer, Runner, Stopper, Destroyer:
		return true
	}
	return false
}

// constructStruct fills the tagged fields of a new struct.
func (c *Component) constructStruct(ctx context.Context, env *Environment) (reflect.Value, error) {
	made := reflect.New(c.Struct())
	for i := range c.needs {
		n := &c.needs[i]
		value, err := n.get(ctx, env)
		if err != nil {
			return made, c.needError(n, err)
		}
		made.Elem().FieldByIndex(n.field).Set(value)
	}
	return made, nil
}

// arguments returns the values of the constructor's parameters.
func (c *Component) arguments(ctx context.Context, env *Environment) ([]reflect.Value, error) {
	in := make([]reflect.Value, len(c.constructor.In))
	for i := range c.needs {
		n := &c.needs[i]
		value, err := n.get(ctx, env)
		switch {
		case err != nil:
			return nil, c.needError(n, err)
		case n.field == nil:
			in[n.parameter] = value
			continue
		case !in[n.parameter].IsValid():
			in[n.parameter] = reflect.New(c.constructor.In[n.parameter]).Elem()
		}
		in[n.parameter].FieldByIndex(n.field).Set(value)
	}
	for i, t := range c.constructor.In {
		if !in[i].IsValid() {
			in[i] = reflect.Zero(t) // a parameter structure that asks for nothing
		}
	}
	return in, nil
}

func (c *Component) constructAssembled(ctx context.Context, env *Environment) (reflect.Value, error) {
	dependencies := make([]any, len(c.needs))
	for i := range c.needs {
		value, err := c.needs[i].get(ctx, env)
		if err != nil {
			return value, err
		}
		dependencies[i] = value.Interface()
	}
	made, err := c.assemble(ctx, env, dependencies)
	if err == nil && reflectx.IsNil(reflect.ValueOf(made)) {
		err = reflectx.ErrNil
	}
	return reflect.ValueOf(made), err
}

// needError says which field or parameter couldn't be had. Errors of other
// constructors say so themselves.
func (c *Component) needError(n *need, err error) error {
	if n.kind != needValue {
		return err
	}
	if c.making == registered {
		return fmt.Errorf("field %s: %w", c.Struct().FieldByIndex(n.field).Name, err)
	}
	return fmt.Errorf("field %s: %w", c.constructor.In[n.parameter].FieldByIndex(n.field).Name, err)
}

// owners are the instances whose hooks some component runs. They stand behind
// a pointer for the sake of printers, as instance does.
type owners struct{ instances map[any]struct{} }

// own decides which component runs the hooks of an instance that several of
// them share, or of equal values: the first. Supplied ones belong to the
// caller.
func (o *owners) own(made *instance) {
	id := identity(made.any)
	if id == nil {
		return
	}
	if o.has(made) {
		made.hooks = false
		return
	}
	if o.instances == nil {
		o.instances = map[any]struct{}{}
	}
	o.instances[id] = struct{}{}
}

// has tells whether some component runs the hooks of the instance.
func (o *owners) has(made *instance) bool {
	_, owned := o.instances[identity(made.any)]
	return owned
}

func (o *owners) forget(made *instance) { delete(o.instances, identity(made.any)) }

// identity returns what is the same for the same instance. It is nil where that
// can't be told: pointers to structs without fields may all be equal.
func identity(made any) any {
	switch v := reflect.ValueOf(made); {
	case v.Kind() == reflect.Map:
		return [2]any{v.Type(), v.Pointer()}
	case v.Kind() == reflect.Pointer && v.Type().Elem().Size() == 0:
		return nil
	case v.Comparable():
		return made
	}
	return nil
}
