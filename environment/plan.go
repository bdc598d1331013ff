package environment

import (
	"github.com/aspyx-go/aspyx/environment/config"
	"github.com/aspyx-go/aspyx/reflectx"
)

// plan is what a module and the options of a boot come to before anything is
// built: components, the order of building them, and all that is wrong.
type plan struct {
	name          string
	settings      *settings
	config        *config.Values
	loaded        map[*declaration]bool
	declared      []*Component // by parts, and not yet admitted to the graph
	decorators    []*decorator
	tags          []fieldTag
	graph         *graph
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
		graph:    newGraph(),
		tags:     standardTags(),
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
	p.loaded = make(map[*declaration]bool, 2*len(start.parts))
	p.declared = make([]*Component, 0, len(start.parts))
	p.configure()
	p.adoptParent()
	p.load(root, nil)
	p.admit()
	p.inherit()
	p.extend()
	p.overrideInterfaces()
	p.decorate()
	p.checkMarkers()
	p.checkUnused()
	for _, c := range p.graph.components {
		p.readNeeds(c)
		p.checkTraits(c)
	}
	p.arrange()
	return p
}

// configure loads the configuration.
func (p *plan) configure() {
	values, err := loadConfig(p.settings.sources)
	if err != nil {
		p.report(&Problem{Kind: ErrConfig, Summary: "configuration", Err: err})
	}
	if parent := p.settings.parent; parent != nil {
		values = values.WithParent(parent.config)
		for feature := range parent.features {
			p.settings.features[feature] = true
		}
	}
	p.config = values
}

// loadConfig loads the sources. One of the user's own may panic.
func loadConfig(sources []config.Source) (values *config.Values, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = newPanicError(value)
		}
	}()
	return config.Load(sources...)
}

// err returns the report of all problems, or nil where there are none.
func (p *plan) err() error {
	if len(p.problems) == 0 {
		return nil
	}
	return &BootError{Module: p.name, Problems: p.problems, graph: p.graph}
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

// admit takes what was declared and exists into the graph, each type and name
// once, and applies the overrides of exactly these types. It returns the
// components that are new.
func (p *plan) admit() []*Component {
	var admitted, late []*Component
	p.graph.expect(len(p.declared))
	for _, c := range p.declared {
		if c.isLate() {
			late = append(late, c)
		} else {
			admitted = p.admitOne(c, admitted)
		}
	}
	for _, c := range late {
		admitted = p.admitOne(c, admitted)
	}
	p.declared = nil
	for _, o := range p.settings.overrides {
		if c := p.graph.overridden(o); c != nil && !o.used {
			o.replace(p, c)
		}
	}
	return admitted
}

func (p *plan) admitOne(c *Component, admitted []*Component) []*Component {
	if !c.exists(p) {
		p.graph.excluded = append(p.graph.excluded, c)
		return admitted
	}
	known := p.graph.known(c.typ, c.traits.name, c.within, c.traits.private)
	switch {
	case known == nil && p.acceptable(c):
		p.graph.add(c)
		c.readMarkers()
		return append(admitted, c)
	case known == nil:
	case c.making == registered && known.declaredAs() == registered && (c.plain || known.plain):
		p.graph.refine(known, c)
	default:
		p.report(&Problem{
			Kind: ErrDuplicate, Summary: "duplicate " + c.title(),
			Steps: append(known.steps("first "+known.describe()), c.steps("again "+c.describe())...),
			Hint:  "remove one, tell them apart by environment.Named, or replace the first on purpose with " + instanceOf("environment.Override", c.typ, ""),
		})
	}
	return admitted
}

// acceptable reports types that can't be components, since the environment
// itself stands for them.
func (p *plan) acceptable(c *Component) bool {
	if c.typ != contextType && c.typ != environmentType && c.typ != configType {
		return true
	}
	p.report(&Problem{
		Kind: ErrInvalid, Summary: "invalid component " + reflectx.Name(c.typ),
		Steps: c.steps(c.describe()), Hint: ownHint(c.typ),
	})
	return false
}
