package trace

import (
	"context"

	"github.com/aspyx-go/aspyx/eventing"
)

// The headers.
const (
	ParentHeader = "traceparent"
	StateHeader  = "tracestate"
)

// Pipeline passes the trace context along: on sending, from the context into the
// headers, and on handling, from the headers into the context. It is an outer
// one, so that the other pipelines have the trace context too.
type Pipeline struct {
	eventing.AbstractEnvelopePipeline `pipeline:"order=-1000"`
}

var _ eventing.EnvelopePipeline = (*Pipeline)(nil)

// Send sets the headers, where the context has a trace context, and unless the
// sender has set traceparent for this event.
func (p *Pipeline) Send(ctx context.Context, envelope *eventing.Envelope, event *eventing.EventDescriptor) error {
	c, ok := From(ctx)
	_, set := envelope.Lookup(ParentHeader)
	if ok && !set {
		envelope.Set(ParentHeader, c.Parent())
		if state := passable(c.State); state != "" {
			envelope.Set(StateHeader, state)
		}
	}
	return p.ProceedSend(ctx, envelope, event)
}

// Handle puts the trace context that has come into the context. A wrong one is
// treated as none.
func (p *Pipeline) Handle(ctx context.Context, envelope *eventing.Envelope, listener *eventing.EventListenerDescriptor) error {
	if parent, ok := envelope.Lookup(ParentHeader); ok {
		if c, err := Parse(parent, envelope.Get(StateHeader)); err == nil {
			ctx = With(ctx, c)
		}
	}
	return p.ProceedHandle(ctx, envelope, listener)
}
