package trace

import (
	"context"
	"encoding/hex"
)

// Context is the position of a caller in a trace.
type Context struct {
	// TraceID identifies the whole trace. It isn't all zero.
	TraceID [16]byte

	// SpanID identifies the caller's span, the parent of what follows. It isn't
	// all zero.
	SpanID [8]byte

	// Flags are the trace flags; bit 0 is [Sampled].
	Flags byte

	// State is what tracing systems add, as the header tracestate has it. It
	// may be empty.
	State string
}

// Sampled is the flag that the caller may have recorded the trace.
const Sampled byte = 1

// IsValid tells whether the ids are set.
func (c Context) IsValid() bool { return c.TraceID != [16]byte{} && c.SpanID != [8]byte{} }

// Parent returns the header traceparent, in version 00, or "" where the context
// isn't valid.
func (c Context) Parent() string {
	if !c.IsValid() {
		return ""
	}
	text := make([]byte, parentLength)
	copy(text, "00-")
	hex.Encode(text[3:35], c.TraceID[:])
	text[35] = '-'
	hex.Encode(text[36:52], c.SpanID[:])
	text[52] = '-'
	hex.Encode(text[53:55], []byte{c.Flags})
	return string(text)
}

type contextKey struct{}

// With returns a context in which [From] finds the trace context, and from which
// the [Pipeline] sends it along. One that isn't valid ends the trace.
func With(ctx context.Context, c Context) context.Context {
	return context.WithValue(ctx, contextKey{}, c)
}

// From returns the trace context, and whether there is one.
func From(ctx context.Context) (Context, bool) {
	c, _ := ctx.Value(contextKey{}).(Context)
	return c, c.IsValid()
}
