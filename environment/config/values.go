package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Values is the merged configuration. It never changes and is safe for
// concurrent use. nil and the zero value are empty. It is never printed: fmt
// shows how many sources it has.
type Values struct {
	layers func() []*layer // a function, since printers can't look into it; later ones win
}

func newValues(layers []*layer) *Values {
	return &Values{layers: func() []*layer { return layers }}
}

// layer is one source as it was loaded.
type layer struct {
	name      string
	tree      *node // nil where the source has no keys
	variables map[string]string
	variable  func(key string) string // nil where the source has no variables
}

// Load reads the sources and merges them: later ones win, key by key. Without
// sources it is empty. The error joins one [*Error] of kind [ErrSource] for
// each source that can't be loaded; the values are nil then.
func Load(sources ...Source) (*Values, error) {
	layers := make([]*layer, 0, len(sources))
	var errs []error
	for i, source := range sources {
		if source == nil {
			errs = append(errs, sourceError(fmt.Sprintf("source %d", i+1), errors.New("it is nil: leave it out")))
			continue
		}
		l, err := newLayer(source)
		if err != nil {
			errs = append(errs, sourceError(source.Name(), err))
			continue
		}
		layers = append(layers, l)
	}
	if len(errs) > 0 {
		return nil, join(errs)
	}
	return newValues(layers), nil
}

func newLayer(source Source) (*layer, error) {
	content, err := source.Load()
	if err != nil {
		return nil, err
	}
	tree, err := newTree(content.Tree)
	if err != nil {
		return nil, err
	}
	if len(tree.children) == 0 {
		tree = nil
	}
	return &layer{
		name: source.Name(), tree: tree,
		variables: maps.Clone(content.Variables), variable: content.Variable,
	}, nil
}

// WithParent returns values which also have those of the parent, where they
// have none of their own. Either may be nil.
func (v *Values) WithParent(parent *Values) *Values {
	return newValues(slices.Concat(parent.all(), v.all()))
}

func (v *Values) all() []*layer {
	if v == nil || v.layers == nil {
		return nil
	}
	return v.layers()
}

// Has tells whether a source has the key, with a value or with keys below it.
// Of variables only that of the key itself counts.
func (v *Values) Has(key string) bool {
	f := v.find(key)
	return f.isLeaf || len(f.sections) > 0
}

// Lookup returns the value of the key and the name of its source. The value is
// as the source has it: a text, a bool, a number (a [json.Number] of JSON), a
// []any, or what was given to [Map]; a section is a merged map[string]any, whose
// source is the last that has a part of it. Variables are not merged into
// sections. Maps and lists are the caller's own.
//
// The value may be a secret.
func (v *Values) Lookup(key string) (value any, source string, ok bool) {
	f := v.find(key)
	switch {
	case f.isLeaf:
		return plain(f.leaf), f.source, true
	case len(f.sections) > 0:
		return plain(f.merged()), f.sections[0].layer.name, true
	default:
		return nil, "", false
	}
}

// Format prints how many sources there are and never a value.
func (v *Values) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprintf(state, "config.Values(%d sources)", len(v.all()))
}

// finding is what the sources have for one key.
type finding struct {
	isLeaf   bool
	leaf     any
	source   string
	variable bool      // the leaf is that of a variable, sections may lie behind it
	sections []section // those that win first
}

// section is the part that one source has of a section.
type section struct {
	node  *node
	layer *layer
}

func (v *Values) find(key string) finding {
	var f finding
	names := split(key)
	for _, l := range slices.Backward(v.all()) {
		first := !f.isLeaf && len(f.sections) == 0
		if text, source, ok := l.text(key); ok && first {
			f.leaf, f.source, f.isLeaf, f.variable = text, source, true, true
			first = false
		}
		n, hides := l.at(names)
		switch {
		case hides:
			return f
		case n.section():
			f.sections = append(f.sections, section{n, l})
		case n != nil && first:
			f.leaf, f.source, f.isLeaf = n.value, l.name, true
			return f
		case n != nil:
			return f
		}
	}
	return f
}

// text returns the variable of the key.
func (l *layer) text(key string) (text, source string, ok bool) {
	if l.variable == nil || key == "" {
		return "", "", false
	}
	name := l.variable(key)
	text, ok = l.variables[name]
	return text, l.name + " " + name, ok
}

// at returns the node of a key, or nil. It hides those of earlier sources where
// the tree has a value on the way.
func (l *layer) at(names []string) (n *node, hides bool) {
	if l.tree == nil {
		return nil, false
	}
	n = l.tree
	for _, name := range names {
		if !n.section() {
			return nil, true
		}
		child, ok := n.children[fold(name)]
		if !ok {
			return nil, false
		}
		n = child
	}
	return n, false
}

// merged returns one section of all parts.
func (f *finding) merged() *node {
	parts := make([]*node, len(f.sections))
	for i, s := range f.sections {
		parts[i] = s.node
	}
	return merge(parts)
}

// merge joins sections of which the first win.
func merge(parts []*node) *node {
	whole := &node{name: parts[0].name, children: map[string]*node{}}
	for _, part := range parts {
		for folded := range part.children {
			if whole.children[folded] != nil {
				continue
			}
			var inner []*node
			for _, other := range parts {
				child := other.children[folded]
				if child == nil {
					continue
				}
				if !child.section() {
					if inner == nil {
						whole.children[folded] = child
					}
					break
				}
				inner = append(inner, child)
			}
			if inner != nil {
				whole.children[folded] = merge(inner)
			}
		}
	}
	return whole
}

// hint tells where a missing key might be, else where it was looked for.
func (v *Values) hint(key string) string {
	var places []string
	for _, l := range v.all() {
		if near, ok := l.near(key); ok {
			return "did you mean " + near + " (" + l.name + ")?"
		}
		place := l.name
		if l.variable != nil {
			place += " " + l.variable(key)
		}
		if !slices.Contains(places, place) {
			places = append(places, place)
		}
	}
	if len(places) == 0 {
		return "there is no source"
	}
	return "looked in " + strings.Join(places, ", ")
}

// near returns what the source has that was probably meant by the key.
func (l *layer) near(key string) (string, bool) {
	var keys []string
	if l.tree != nil {
		l.tree.walk("", func(path string, _ *node) {
			if foldKey(path) != foldKey(key) { // one that is hidden by a later source
				keys = append(keys, path)
			}
		})
	}
	if near, ok := nearest(key, keys, "."); ok {
		return near, true
	}
	flat := func(key string) string { return strings.ReplaceAll(foldKey(key), ".", "") }
	for _, candidate := range keys {
		if flat(candidate) == flat(key) {
			return candidate, true
		}
	}
	if l.variable == nil {
		return "", false
	}
	own := l.variable(key)
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(l.variables)), func(name string) bool { return name == own })
	return nearest(own, names, "_")
}

// walk visits everything below a section, in the order of the keys.
func (n *node) walk(path string, visit func(path string, n *node)) {
	for _, child := range n.sorted() {
		key := below(path, child.name)
		visit(key, child)
		child.walk(key, visit)
	}
}
