package config

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// maxDepth limits how deep sections and lists are nested, so that nobody's
// file can exhaust the stack.
const maxDepth = 100

var textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()

// node is a value of a tree, or a section. It never changes once it is built.
type node struct {
	name     string           // as the source spells it
	value    any              // of a leaf: text, bool, number, []any, or a Go value as it was given
	children map[string]*node // of a section, by folded name
}

// section tells whether the node has others below it; a missing one has not.
func (n *node) section() bool { return n != nil && n.children != nil }

// sorted returns the children in the order of their names.
func (n *node) sorted() []*node {
	return slices.SortedFunc(maps.Values(n.children), func(a, b *node) int {
		if a.name < b.name {
			return -1
		}
		return 1 // no two are equal
	})
}

// plain returns the value as callers get it: their own, without nodes.
func plain(value any) any {
	switch value := value.(type) {
	case *node:
		if !value.section() {
			return plain(value.value)
		}
		section := make(map[string]any, len(value.children))
		for _, child := range value.children {
			section[child.name] = plain(child)
		}
		return section
	case []any:
		list := make([]any, len(value))
		for i, element := range value {
			list[i] = plain(element)
		}
		return list
	default:
		return value
	}
}

// builder makes the tree of one source.
type builder struct {
	inside map[span]bool // the maps and lists that are being read, to find cycles
	depth  int
}

type span struct {
	pointer uintptr
	length  int
}

func newTree(content map[string]any) (*node, error) {
	root := &node{children: map[string]*node{}}
	b := &builder{inside: map[span]bool{}}
	return root, b.fill(root, "", reflect.ValueOf(content))
}

// fill adds the entries of a map to a section, in the order of their names.
func (b *builder) fill(section *node, path string, m reflect.Value) error {
	if err := b.enter(m); err != nil {
		return err
	}
	defer b.leave(m)
	entries := make(map[string]any, m.Len())
	for key, value := range m.Seq2() {
		name, err := nameOf(key)
		if err != nil {
			return fmt.Errorf("in section %q: %w", path, err)
		}
		if _, twice := entries[name]; twice {
			return twiceError(path, name, name)
		}
		entries[name] = value.Interface()
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		names := strings.Split(name, ".")
		if slices.Contains(names, "") {
			errs = append(errs, fmt.Errorf("the key %q has an empty name", strings.TrimPrefix(path+"."+name, ".")))
			continue
		}
		errs = append(errs, b.add(section, path, names, reflect.ValueOf(entries[name])))
	}
	return errors.Join(errs...)
}

// add puts a value below a section, making those between them.
func (b *builder) add(section *node, path string, names []string, value reflect.Value) error {
	value = indirect(value)
	if !value.IsValid() {
		return nil // null is as good as absent
	}
	name, rest := names[0], names[1:]
	child, there := section.children[fold(name)]
	inner := len(rest) > 0 || isMap(value)
	switch {
	case there && child.section() != inner:
		return fmt.Errorf("%s is both a value and a section", below(path, name))
	case there && (!inner || child.name != name):
		return twiceError(path, child.name, name)
	case !there:
		child = &node{name: name}
		section.children[fold(name)] = child
	}
	if inner && child.children == nil {
		child.children = map[string]*node{}
	}
	path = below(path, name)
	switch {
	case len(rest) > 0:
		return b.add(child, path, rest, value)
	case inner:
		return b.fill(child, path, value)
	}
	leaf, err := b.leaf(path, value)
	child.value = leaf
	return err
}

// leaf returns a value as trees hold it.
func (b *builder) leaf(path string, value reflect.Value) (any, error) {
	value = indirect(value)
	switch {
	case !value.IsValid():
		return nil, nil //nolint:nilnil // null in a list
	case isMap(value):
		section := &node{children: map[string]*node{}}
		return section, b.fill(section, path, value)
	case !isList(value):
		return value.Interface(), nil
	case value.Type().Elem().Kind() == reflect.Uint8:
		text := make([]byte, value.Len())
		reflect.Copy(reflect.ValueOf(text), value)
		return string(text), nil
	}
	if err := b.enter(value); err != nil {
		return nil, err
	}
	defer b.leave(value)
	list := make([]any, value.Len())
	var errs []error
	for i := range list {
		element, err := b.leaf(fmt.Sprintf("%s[%d]", path, i), value.Index(i))
		list[i] = element
		errs = append(errs, err)
	}
	return list, errors.Join(errs...)
}

// enter notes that a map or list is being read.
func (b *builder) enter(v reflect.Value) error {
	b.depth++
	if b.depth > maxDepth {
		return fmt.Errorf("nested deeper than %d levels", maxDepth)
	}
	if s, ok := spanOf(v); ok {
		if b.inside[s] {
			return errors.New("a map or a list contains itself")
		}
		b.inside[s] = true
	}
	return nil
}

func (b *builder) leave(v reflect.Value) {
	b.depth--
	if s, ok := spanOf(v); ok {
		delete(b.inside, s)
	}
}

// spanOf tells which memory a map or list shares with others. Empty ones may
// share theirs by chance.
func spanOf(v reflect.Value) (span, bool) {
	if v.Kind() == reflect.Array || v.Len() == 0 {
		return span{}, false
	}
	return span{v.Pointer(), v.Len()}, true
}

// indirect returns what is behind interfaces, and nothing for any kind of nil.
func indirect(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Func, reflect.Chan:
		if v.IsNil() {
			return reflect.Value{}
		}
	default:
	}
	return v
}

// isMap tells whether a value is a section; types that have a text of their
// own are values.
func isMap(v reflect.Value) bool {
	return v.Kind() == reflect.Map && !v.Type().Implements(textMarshaler)
}

func isList(v reflect.Value) bool {
	list := v.Kind() == reflect.Slice || v.Kind() == reflect.Array
	return list && !v.Type().Implements(textMarshaler)
}

// nameOf returns the name that the key of a map stands for: YAML has numbers
// and bools as keys too.
func nameOf(key reflect.Value) (string, error) {
	key = indirect(key)
	switch {
	case !key.IsValid():
		return "", errors.New("a key is null")
	case key.Kind() == reflect.String:
		return key.String(), nil
	case key.CanInt(), key.CanUint(), key.Kind() == reflect.Bool:
		return fmt.Sprint(key.Interface()), nil
	default:
		return "", fmt.Errorf("a key is a %s: write text", key.Type())
	}
}

func twiceError(path, first, second string) error {
	if first == second {
		return fmt.Errorf("%s is set twice", below(path, first))
	}
	return fmt.Errorf("%s and %s are the same key: remove one", below(path, first), below(path, second))
}

// isNumber tells whether a value is a number, which that of JSON is by type.
func isNumber(value any) bool {
	v := reflect.ValueOf(value)
	_, ok := value.(json.Number)
	return ok || v.CanInt() || v.CanUint() || v.CanFloat()
}
