package environment

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/aspyx-go/aspyx/reflectx"
)

// Graph describes the components of an environment and what they need, in the
// order of registration. It prints as text; see also [Graph.WriteDOT],
// [Graph.WriteMermaid] and [Graph.WriteJSON]. It is the caller's.
type Graph struct {
	// Module is the name of the module that was booted.
	Module string `json:"module"`
	// Nodes are the components, those that conditions exclude at the end.
	Nodes []Node `json:"nodes"`
}

// Node is one component of a [Graph].
type Node struct {
	// Title is its type, followed by its name where it has one.
	Title string `json:"title"`
	// Module is the module that lists it.
	Module string `json:"module"`
	// Place is the file and line where it is listed.
	Place string `json:"place,omitempty"`
	// Origin tells how it is made: "registered", "provided by …".
	Origin string `json:"origin"`
	// Lifetime is singleton, lazy singleton, transient, per environment or
	// scoped.
	Lifetime string `json:"lifetime"`
	// Excluded tells which condition excludes it. Empty means that it exists.
	Excluded string `json:"excluded,omitempty"`
	// Unused tells that it is lazy and that nothing needs it: only Get makes
	// it.
	Unused bool `json:"unused,omitempty"`
	// Failed tells that the boot has failed at it.
	Failed bool `json:"failed,omitempty"`
	// Edges are what it needs.
	Edges []Edge `json:"edges,omitempty"`
}

// Edge is one need of a [Node].
type Edge struct {
	// For is the field, or the parameter by its number from 1.
	For string `json:"for"`
	// Type is what is asked for.
	Type string `json:"type"`
	// To is the index of the node that satisfies it. It is -1 where that is
	// nothing, or a component of the parent environment.
	To int `json:"to"`
	// Lazy edges don't count for the order of building.
	Lazy bool `json:"lazy,omitempty"`
	// Parent tells that a component of the parent environment satisfies it.
	Parent string `json:"parent,omitempty"`
}

// Graph describes the environment's components.
func (e *Environment) Graph() *Graph { return e.graph.describe(e.name) }

// Graph describes the components that could not be booted, as far as they were
// found.
func (e *BootError) Graph() *Graph {
	if e.graph == nil {
		return &Graph{Module: e.Module}
	}
	return e.graph.describe(e.Module)
}

func (g *graph) describe(module string) *Graph {
	described := &Graph{Module: module}
	index := make(map[*Component]int, len(g.components))
	needed := map[*Component]bool{}
	for i, c := range g.components {
		index[c] = i
		for _, n := range c.needs {
			for _, target := range n.targets {
				needed[target] = true
			}
		}
	}
	for _, c := range g.components {
		node := c.node()
		node.Failed = c.failed
		node.Unused = c.traits.lazily && !needed[c]
		for i := range c.needs {
			node.Edges = append(node.Edges, c.edges(&c.needs[i], index)...)
		}
		described.Nodes = append(described.Nodes, node)
	}
	for _, c := range g.excluded {
		node := c.node()
		node.Excluded = c.why
		described.Nodes = append(described.Nodes, node)
	}
	return described
}

func (c *Component) node() Node {
	return Node{
		Title: c.title(), Module: c.Module(), Place: c.at(), Origin: c.describe(), Lifetime: c.traits.lifetimeName(),
	}
}

func (c *Component) edges(n *need, index map[*Component]int) []Edge {
	if n.kind == needContext || n.kind == needEnvironment || n.kind == needConfig || n.kind == needValue {
		return nil
	}
	edge := Edge{For: c.needName(n), Type: reflectx.Name(n.asked()), To: -1, Lazy: n.kind == needLazy}
	if len(n.targets) == 0 {
		return []Edge{edge}
	}
	edges := make([]Edge, 0, len(n.targets))
	for _, target := range n.targets {
		one := edge
		if i, ok := index[target]; ok {
			one.To = i
		} else {
			one.Parent = target.title()
		}
		edges = append(edges, one)
	}
	return edges
}

// asked is the type without Lazy and Optional.
func (n *need) asked() reflect.Type {
	if n.wrap != nil {
		return n.wanted
	}
	return n.typ
}

// needName is the field or the number of the parameter.
func (c *Component) needName(n *need) string {
	switch {
	case c.making == registered:
		return c.Struct().FieldByIndex(n.field).Name
	case n.field != nil:
		return c.constructor.In[n.parameter].FieldByIndex(n.field).Name
	case n.hidden:
		return "decorated"
	case c.making == assembled:
		return "dependency"
	}
	return fmt.Sprintf("parameter %d", n.parameter+1)
}

// String draws the graph as text: each component with what it needs below it.
func (g *Graph) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "module %q: %d components\n", g.Module, len(g.Nodes))
	for _, node := range g.Nodes {
		fmt.Fprintf(&text, "%s  (%s, module %q", node.Title, node.Lifetime, node.Module)
		for _, mark := range node.marks() {
			text.WriteString(", " + mark)
		}
		text.WriteString(")\n")
		for _, edge := range node.Edges {
			fmt.Fprintf(&text, "  %s -> %s\n", edge.For, g.target(edge))
		}
	}
	return text.String()
}

func (n *Node) marks() []string {
	var marks []string
	if n.Excluded != "" {
		marks = append(marks, "excluded: "+n.Excluded)
	}
	if n.Unused {
		marks = append(marks, "unused")
	}
	if n.Failed {
		marks = append(marks, "failed")
	}
	return marks
}

func (g *Graph) target(edge Edge) string {
	target := "nothing of type " + edge.Type
	switch {
	case edge.To >= 0:
		target = g.Nodes[edge.To].Title
	case edge.Parent != "":
		target = edge.Parent + " of the parent"
	}
	if edge.Lazy {
		target += ", lazily"
	}
	return target
}

// WriteDOT writes the graph in the language of Graphviz, one cluster for each
// module. The error is that of the writer.
func (g *Graph) WriteDOT(w io.Writer) error {
	var text strings.Builder
	text.WriteString("digraph {\n\trankdir=LR;\n\tnode [shape=box];\n")
	for i, module := range g.modules() {
		fmt.Fprintf(&text, "\tsubgraph cluster_%d {\n\t\tlabel=%q;\n", i, module)
		for j, node := range g.Nodes {
			if node.Module == module {
				fmt.Fprintf(&text, "\t\tn%d [label=%q%s];\n", j, node.Title, node.dotStyle())
			}
		}
		text.WriteString("\t}\n")
	}
	for i, node := range g.Nodes {
		for _, edge := range node.Edges {
			switch {
			case edge.To >= 0 && edge.Lazy:
				fmt.Fprintf(&text, "\tn%d -> n%d [label=%q, style=dashed];\n", i, edge.To, edge.For)
			case edge.To >= 0:
				fmt.Fprintf(&text, "\tn%d -> n%d [label=%q];\n", i, edge.To, edge.For)
			}
		}
	}
	text.WriteString("}\n")
	_, err := io.WriteString(w, text.String())
	return err
}

func (n *Node) dotStyle() string {
	switch {
	case n.Failed:
		return ", color=red"
	case n.Excluded != "" || n.Unused:
		return ", style=dashed"
	}
	return ""
}

// WriteMermaid writes the graph in the language of Mermaid, which many viewers
// of Markdown draw. The error is that of the writer.
func (g *Graph) WriteMermaid(w io.Writer) error {
	var text strings.Builder
	text.WriteString("flowchart LR\n")
	for i, module := range g.modules() {
		fmt.Fprintf(&text, "  subgraph m%d[\"%s\"]\n", i, mermaidText(module))
		for j, node := range g.Nodes {
			if node.Module == module {
				fmt.Fprintf(&text, "    n%d[\"%s\"]\n", j, mermaidText(node.Title))
			}
		}
		text.WriteString("  end\n")
	}
	for i, node := range g.Nodes {
		for _, edge := range node.Edges {
			arrow := "-->"
			if edge.Lazy {
				arrow = "-.->"
			}
			if edge.To >= 0 {
				fmt.Fprintf(&text, "  n%d %s|\"%s\"| n%d\n", i, arrow, mermaidText(edge.For), edge.To)
			}
		}
		if node.Failed {
			fmt.Fprintf(&text, "  style n%d stroke:red\n", i)
		}
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// mermaidText escapes what ends a quoted text.
func mermaidText(text string) string { return strings.ReplaceAll(text, `"`, "#quot;") }

// WriteJSON writes the graph as JSON, by the fields of [Graph]. The error is
// that of the writer.
func (g *Graph) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(g)
}

// modules returns the modules' names, each once, in the order of the nodes.
func (g *Graph) modules() []string {
	var names []string
	seen := map[string]bool{}
	for _, node := range g.Nodes {
		if !seen[node.Module] {
			seen[node.Module] = true
			names = append(names, node.Module)
		}
	}
	return names
}
