package environment

import (
	"reflect"
	"strings"

	"github.com/aspyx-go/aspyx/reflectx"
)

// missingHint says what to do about a type that nothing provides.
func (g *graph) missingHint(t reflect.Type) string {
	if c := g.byType[t]; c != nil && c.recordOnly {
		return recordedHint(c)
	}
	if hint := ownHint(t); hint != "" {
		return hint
	}
	if hint, ok := g.similarHint(t); ok {
		return hint
	}
	name := reflectx.Name(t)
	switch {
	case t.Kind() == reflect.Interface && t.NumMethod() == 0:
		return name + " has no methods, so that every type implements it: provide or supply exactly this type"
	case t.Kind() == reflect.Interface:
		return "nothing implements it: add environment.Provide(…) of a type that does"
	case t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct:
		return "add " + instanceOf("environment.Register", t.Elem(), "()") + ", or environment.Provide with a constructor of it"
	default:
		return "add environment.Supply with such a value, or environment.Provide with a constructor of it"
	}
}

// overrideHint says what to override instead.
func (g *graph) overrideHint(t reflect.Type) string {
	if hint := ownHint(t); hint != "" {
		return hint
	}
	if hint, ok := g.similarHint(t); ok {
		return hint
	}
	return "nothing defines it: add environment.Provide to the module, or drop the override"
}

// ownHint is about types that the environment itself stands for.
func ownHint(t reflect.Type) string {
	switch t {
	case contextType:
		return "a context isn't a component: constructors and hooks get that of the boot or the stop as a parameter"
	case environmentType, environmentType.Elem():
		return "an environment isn't one of its own components: take what is needed of it as dependencies"
	}
	return ""
}

func recordedHint(c *Component) string {
	return reflectx.Name(c.typ) + " is known, but never built: it only describes something, as an event does"
}

// similarHint looks for what the user may have meant: the pointer or the
// value, an interface behind a pointer, a type that all but implements the
// interface, an interface that the type may be hidden behind, a type of the
// same name in another package or of a similar name.
func (g *graph) similarHint(t reflect.Type) (hint string, ok bool) {
	if c := g.byType[reflect.PointerTo(t)]; c != nil {
		if c.recordOnly {
			return recordedHint(c), true
		}
		return didYouMean(c), true
	}
	if t.Kind() == reflect.Pointer {
		if c, _ := g.find(t.Elem()); c != nil {
			return "did you mean " + reflectx.Name(t.Elem()) + "?", true
		}
	}
	for _, c := range g.components {
		switch {
		case c.recordOnly && isInterface(t) && c.typ.Implements(t):
			return recordedHint(c), true
		case !c.offered():
		case isInterface(t) && c.typ.Kind() != reflect.Interface && reflect.PointerTo(c.typ).Implements(t):
			return "*" + c.title() + " implements it, but " + c.title() + " is what there is: provide the pointer", true
		case isInterface(c.typ) && t.Implements(c.typ):
			return "it may be what is provided as " + c.title() + ": ask for that interface, or provide the type itself", true
		}
	}
	return g.similarName(t)
}

func isInterface(t reflect.Type) bool {
	return t.Kind() == reflect.Interface && t.NumMethod() > 0
}

func (g *graph) similarName(t reflect.Type) (hint string, ok bool) {
	wanted, ok := simpleName(t)
	if !ok {
		return "", false
	}
	names := make([]string, 0, len(g.components))
	byName := make(map[string]*Component, len(g.components))
	for _, c := range g.components {
		name, ok := simpleName(c.typ)
		if !ok || !c.offered() {
			continue
		}
		if full := reflectx.FullName(c.typ); name == wanted && full == reflectx.FullName(t) {
			return "there is another " + full + " (" + c.at() + "): types that are declared in functions may share a name", true
		} else if name == wanted {
			return "there is " + full + " (" + c.at() + "), but what is asked for is " + reflectx.FullName(t), true
		}
		if byName[name] == nil {
			names, byName[name] = append(names, name), c
		}
	}
	if name, found := reflectx.Nearest(wanted, names); found {
		return didYouMean(byName[name]), true
	}
	return "", false
}

func simpleName(t reflect.Type) (string, bool) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.PkgPath() == "" {
		return "", false
	}
	return reflectx.SimpleName(t)
}

func didYouMean(c *Component) string {
	return "did you mean " + reflectx.Name(c.typ) + "?"
}

// isSpellable tells whether the type's name is Go: those of instances of
// generic types and of types that are declared in functions may not be.
func isSpellable(t reflect.Type) bool { return !strings.ContainsAny(reflectx.Name(t), "/·") }

// instanceOf shows how to write the generic function for the type. What follows
// the type argument is left out where that isn't Go.
func instanceOf(function string, t reflect.Type, rest string) string {
	if isSpellable(t) {
		return function + "[" + reflectx.Name(t) + "]" + rest
	}
	return function + " of " + reflectx.Name(t)
}
