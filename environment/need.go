package environment

import (
	"context"
	"fmt"
	"reflect"

	"github.com/aspyx-go/aspyx/environment/config"
	"github.com/aspyx-go/aspyx/reflectx"
)

// need is one thing that a component takes: for a field or a parameter.
type need struct {
	kind     needKind
	typ      reflect.Type // of the field or parameter
	wanted   reflect.Type // of the components: typ without Lazy, Optional, [] or map
	name     string       // empty means any
	optional bool         // absence is no problem
	hidden   bool         // its target is the one that a decorator wraps

	parameter int32 // of the constructor
	field     []int // of the registered struct, or of the parameter; nil means the whole parameter

	wrap    wrapper      // of Lazy and Optional
	targets []*Component // set when the graph is made, to one where there is only one
	one     [1]*Component
	source  valueSource // of needs that no component satisfies
}

// needKind is what a need is satisfied by.
type needKind uint8

const (
	needOne needKind = iota + 1
	needLazy
	needList
	needMap
	needContext
	needEnvironment
	needConfig
	needValue // source tells it
)

// valueSource computes a value that comes from a tag.
type valueSource func(ctx context.Context, into reflect.Value) error

var (
	contextType     = reflect.TypeFor[context.Context]()
	environmentType = reflect.TypeFor[*Environment]()
	configType      = reflect.TypeFor[*config.Values]()
	ownPackage      = environmentType.Elem().PkgPath()
)

// newNeed reads what a type asks for.
func newNeed(t reflect.Type) need {
	n := need{kind: needOne, typ: t, wanted: t}
	switch t.Kind() {
	case reflect.Interface:
		if t == contextType {
			n.kind = needContext
		}
	case reflect.Pointer:
		switch t {
		case environmentType:
			n.kind = needEnvironment
		case configType:
			n.kind = needConfig
		}
	case reflect.Struct:
		if t.PkgPath() == ownPackage {
			if w, ok := reflectx.Zero[wrapper](t); ok {
				return *wrappedNeed(t, w)
			}
		}
	case reflect.Slice:
		n.kind, n.wanted = needList, t.Elem()
	case reflect.Map:
		if t.Key().Kind() == reflect.String && t.Key().PkgPath() == "" {
			n.kind, n.wanted = needMap, t.Elem()
		}
	default:
	}
	return n
}

// wrappedNeed is apart so that the needs of others stay off the heap.
func wrappedNeed(t reflect.Type, w wrapper) *need {
	n := &need{kind: needOne, typ: t, wanted: t, wrap: w}
	w.describe(n)
	return n
}

// target is the only component that satisfies the need, or nil.
func (n *need) target() *Component {
	if len(n.targets) == 1 && (n.kind == needOne || n.kind == needLazy) {
		return n.targets[0]
	}
	return nil
}

// ordered tells whether what satisfies the need has to be built before.
func (n *need) ordered() bool { return n.kind == needOne || n.kind == needList || n.kind == needMap }

// get returns the value of the need for one instance that is being made.
func (n *need) get(ctx context.Context, env *Environment) (reflect.Value, error) {
	switch n.kind {
	case needOne:
		if n.wrap == nil && len(n.targets) == 1 {
			return n.targets[0].obtain(ctx)
		}
		return n.maybe(ctx)
	case needLazy:
		if len(n.targets) == 0 { // optional
			return reflect.Zero(n.typ), nil
		}
		return n.wrap.fill(&lazyNeed{env, n}), nil
	case needList:
		return n.list(ctx)
	case needMap:
		return n.table(ctx)
	case needContext:
		return contextValue(ctx), nil
	case needEnvironment:
		return reflect.ValueOf(env), nil
	case needConfig:
		return reflect.ValueOf(env.config), nil
	case needValue:
		into := reflect.New(n.typ).Elem()
		return into, n.source(ctx, into)
	}
	return reflect.Value{}, fmt.Errorf("environment: need of unknown kind %d", n.kind)
}

// contextValue returns the context as a value of the interface's type.
func contextValue(ctx context.Context) reflect.Value { return reflect.ValueOf(&ctx).Elem() }

// maybe is the value of an optional need.
func (n *need) maybe(ctx context.Context) (reflect.Value, error) {
	if len(n.targets) == 0 {
		return reflect.Zero(n.typ), nil
	}
	value, err := n.targets[0].obtain(ctx)
	if err != nil || n.wrap == nil {
		return value, err
	}
	return n.wrap.fill(value.Interface()), nil
}

func (n *need) list(ctx context.Context) (reflect.Value, error) {
	list := reflect.MakeSlice(n.typ, 0, len(n.targets))
	for _, target := range n.targets {
		value, err := target.obtain(ctx)
		if err != nil {
			return reflect.Value{}, err
		}
		list = reflect.Append(list, value)
	}
	return list, nil
}

func (n *need) table(ctx context.Context) (reflect.Value, error) {
	table := reflect.MakeMapWithSize(n.typ, len(n.targets))
	for _, target := range n.targets {
		value, err := target.obtain(ctx)
		if err != nil {
			return reflect.Value{}, err
		}
		table.SetMapIndex(reflect.ValueOf(target.key()), value)
	}
	return table, nil
}

// key is the component's key in maps: its name, else that of its type.
func (c *Component) key() string {
	if c.traits.name != "" {
		return c.traits.name
	}
	t := c.typ
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if name, ok := reflectx.SimpleName(t); ok {
		return name
	}
	return reflectx.Name(t)
}
