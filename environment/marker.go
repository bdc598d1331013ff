package environment

import (
	"fmt"

	"github.com/aspyx-go/aspyx/reflectx"
)

// readMarkers finds the markers of a component's struct.
func (c *Component) readMarkers() {
	c.markers, c.misplaced = nil, nil
	if t := c.Struct(); t != nil && c.making != assembled {
		c.markers, c.misplaced = reflectx.Markers(t)
	}
}

// checkMarkers reports the markers that no extension has claimed and those
// that stand where they count for nothing.
func (p *plan) checkMarkers() {
	for _, c := range p.graph.components {
		if c.misplaced != nil {
			p.report(&Problem{Kind: ErrMarker, Summary: "marker", Err: c.misplaced, Steps: c.steps(c.title())})
		}
		for i := range c.markers {
			marker := &c.markers[i]
			if c.handled(marker.Type) {
				continue
			}
			handler := marker.Handler
			if handler == "" {
				handler = "the module that handles it"
			}
			p.report(&Problem{
				Kind:    ErrMarker,
				Summary: fmt.Sprintf("marker %s of %s is not handled", reflectx.Name(marker.Type), c.title()),
				Steps:   c.steps(c.title()), Hint: "add " + handler,
			})
		}
	}
}
