package environment

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/aspyx-go/aspyx/reflectx"
)

// excludedFor lists the components that would have been found, were it not for
// their conditions.
func (g *graph) excludedFor(t reflect.Type) []Step {
	var steps []Step
	for _, c := range g.excluded {
		if c.typ == t || slices.Contains(c.traits.as, t) || isInterface(t) && c.typ.Implements(t) {
			steps = append(steps, Step{What: "excluded " + c.title() + ": " + c.why, Place: c.at()})
		}
	}
	return steps
}

// missingHint says what to do about a type that nothing provides.
func (g *graph) missingHint(t reflect.Type, name string, from *module) string {
	if len(g.byType[t]) > 0 && g.byType[t][0].recordOnly {
		return recordedHint(g.byType[t][0])
	}
	if hint := ownHint(t); hint != "" {
		return hint
	}
	if hint, ok := g.invisibleHint(t, name, from); ok {
		return hint
	}
	if hint, ok := g.similarHint(t); ok && len(g.excludedFor(t)) == 0 {
		return hint
	}
	what := reflectx.Name(t)
	switch {
	case len(g.excludedFor(t)) > 0:
		return "see to a condition of what is excluded, or provide another"
	case t.Kind() == reflect.Pointer && isParams(t.Elem()):
		return "take the parameter structure by value"
	case t.Kind() == reflect.Interface && t.NumMethod() == 0:
		return what + " has no methods, so that every type implements it: provide or supply exactly this type"
	case t.Kind() == reflect.Interface:
		return "nothing implements it: add environment.Provide(…) of a type that does"
	case t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct:
		return "add " + instanceOf("environment.Register", t.Elem(), "()") + ", or environment.Provide with a constructor of it"
	default:
		return "add environment.Supply with such a value, or environment.Provide with a constructor of it"
	}
}

// invisibleHint is about components of the type that have another name, or are
// private to another module.
func (g *graph) invisibleHint(t reflect.Type, name string, from *module) (hint string, ok bool) {
	var names []string
	for _, c := range slices.Concat(g.byType[t], g.byBinding[t], g.implementers(t)) {
		switch {
		case c.traits.private && c.within != from && (name == "" || name == c.traits.name):
			return c.title() + " (" + c.at() + ") is private to module " + strconv.Quote(c.Module()) +
				": ask for it there, or remove environment.Private()", true
		case name != "" && c.traits.name != "":
			names = append(names, c.traits.name)
		case name != "":
			hint = c.title() + " (" + c.at() + ") has no name: ask without one, or add environment.Named(" + strconv.Quote(name) + ")"
		}
	}
	if nearest, found := reflectx.Nearest(name, names); found {
		return "did you mean the name " + strconv.Quote(nearest) + "?", true
	}
	if len(names) > 0 {
		return "there are the names " + strings.Join(names, ", "), true
	}
	return hint, hint != ""
}

// overrideHint says what to override instead.
func (g *graph) overrideHint(t reflect.Type) string {
	if hint := ownHint(t); hint != "" {
		return hint
	}
	if hint, ok := g.similarHint(t); ok {
		return hint
	}
	return "nothing defines it: add environment.Provide to the module"
}

// ownHint is about types that the environment itself stands for.
func ownHint(t reflect.Type) string {
	switch t {
	case contextType:
		return "a context isn't a component: constructors and hooks get that of the boot or the stop as a parameter"
	case environmentType, environmentType.Elem():
		return "the environment is always there: take *environment.Environment"
	case configType, configType.Elem():
		return "the configuration is always there: take *config.Values, and give environment.Config at boot"
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
	if pointers := g.byType[reflect.PointerTo(t)]; len(pointers) > 0 {
		if pointers[0].recordOnly {
			return recordedHint(pointers[0]), true
		}
		return didYouMean(pointers[0]), true
	}
	if t.Kind() == reflect.Pointer && len(g.candidates(t.Elem(), "", nil)) > 0 {
		return "did you mean " + reflectx.Name(t.Elem()) + "?", true
	}
	if hint, ok := g.listHint(t); ok {
		return hint, true
	}
	for _, c := range g.components {
		switch {
		case c.recordOnly && isInterface(t) && c.typ.Implements(t):
			return recordedHint(c), true
		case !c.offered():
		case isInterface(t) && c.typ.Kind() != reflect.Interface && reflect.PointerTo(c.typ).Implements(t):
			return "*" + reflectx.Name(c.typ) + " implements it, but " + reflectx.Name(c.typ) + " is what there is: provide the pointer", true
		case isInterface(c.typ) && t.Implements(c.typ):
			return "it may be what is provided as " + c.title() + ": ask for that interface, or provide the type itself", true
		}
	}
	return g.similarName(t)
}

// listHint is about lists and maps: of what they hold, or of the pointer to it.
func (g *graph) listHint(t reflect.Type) (hint string, ok bool) {
	if list := g.byType[reflect.SliceOf(t)]; len(list) > 0 {
		return didYouMean(list[0]), true
	}
	if t.Kind() != reflect.Slice && t.Kind() != reflect.Map {
		return "", false
	}
	if pointers := g.byType[reflect.PointerTo(t.Elem())]; len(pointers) > 0 {
		prefix := strings.TrimSuffix(reflectx.Name(t), reflectx.Name(t.Elem()))
		return "did you mean " + prefix + reflectx.Name(pointers[0].typ) + "?", true
	}
	return "a list or map holds the components of type " + reflectx.Name(t.Elem()) + ": there is none", true
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
