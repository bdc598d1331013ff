package environment

import (
	"strconv"

	"github.com/aspyx-go/aspyx/reflectx"
)

// plan is what a module and the options of a boot come to before anything is
// built: components, the order of building them, and all that is wrong.
type plan struct {
	name          string
	settings      *settings
	loaded        map[*declaration]bool
	declared      []*Component // by parts, and not yet admitted to the graph
	graph         graph
	extensions    []extension
	contributions []*contribution
	problems      []*Problem

	// extending is the extension that is being run: what it adds stands where
	// the extension was listed.
	extending *extension
}

// newPlan loads the module, runs its extensions and makes the graph. It calls
// no user code.
func newPlan(root Part, options []Option) *plan {
	p := &plan{
		settings: newSettings(options),
		loaded:   make(map[*declaration]bool),
		graph:    newGraph(),
	}
	p.problems = p.settings.problems
	start, ok := root.(*modulePart)
	if !ok {
		p.report(&Problem{
			Kind: ErrInvalid, Summary: "invalid module: what is to be booted must come from environment.Module",
			Hint: `write environment.Module("shop", …) around the parts`,
		})
		return p
	}
	p.name = start.name
	p.load(root, nil)
	p.admit()
	p.extend()
	p.overrideInterfaces()
	p.checkMarkers()
	p.checkUnused()
	for _, c := range p.graph.components {
		p.readFields(c)
	}
	p.arrange()
	return p
}

// err returns the report of all problems, or nil where there are none.
func (p *plan) err() error {
	if len(p.problems) == 0 {
		return nil
	}
	return &BootError{Module: p.name, Problems: p.problems}
}

func (p *plan) report(problem *Problem) {
	p.problems = append(p.problems, problem)
}

// load takes in a part unless it has been already.
func (p *plan) load(part Part, m *module) {
	if d := part.declared(); !p.loaded[d] {
		p.loaded[d] = true
		part.collect(p, m)
	}
}

// originOf tells where the part was declared.
func (p *plan) originOf(d *declaration, m *module) origin {
	if p.extending != nil {
		return p.extending.origin
	}
	return origin{place: &d.place, module: m}
}

// admit takes what was declared into the graph, each type once, and applies
// the overrides of exactly these types. It returns the components that are new.
func (p *plan) admit() []*Component {
	var admitted []*Component
	for _, c := range p.declared {
		known := p.graph.byType[c.typ]
		switch {
		case known == nil && p.acceptable(c):
			p.graph.add(c)
			c.readMarkers()
			admitted = append(admitted, c)
		case known == nil || c.making == registered && known.declaredAs() == registered:
		default:
			p.report(&Problem{
				Kind: ErrDuplicate, Summary: "duplicate " + reflectx.Name(c.typ),
				Steps: append(known.steps("first "+known.describe()), c.steps("again "+c.describe())...),
				Hint:  "remove one, or replace the first on purpose with " + instanceOf("environment.Override", c.typ, ""),
			})
		}
	}
	p.declared = nil
	for _, o := range p.settings.overrides {
		if c := p.graph.byType[o.typ]; c != nil && !o.used {
			o.replace(p, c)
		}
	}
	return admitted
}

// acceptable reports types that can't be components, since the environment
// itself stands for them.
func (p *plan) acceptable(c *Component) bool {
	if c.typ != contextType && (c.typ != environmentType || c.making != registered) {
		return true
	}
	p.report(&Problem{
		Kind: ErrInvalid, Summary: "invalid component " + reflectx.Name(c.typ),
		Steps: c.steps(c.describe()), Hint: ownHint(c.typ),
	})
	return false
}

// describe tells how the component came in.
func (c *Component) describe() string {
	switch c.making {
	case registered:
		return "registered"
	case provided:
		return "provided by " + c.constructor.String()
	case supplied:
		return "supplied"
	case assembled:
		return "assembled as " + strconv.Quote(c.name)
	}
	return ""
}
