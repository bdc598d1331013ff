// Package trace carries W3C Trace Context with events: the headers traceparent
// and tracestate, from the sender's context into the listener's.
//
// # How to use it
//
// [Pipeline] is a pipeline like any other:
//
//	environment.Register[trace.Pipeline]()
//
// Whatever makes spans puts the current one into the context by [With], and
// takes it out of a listener's context by [From]. This package makes no spans,
// and so needs no tracing library.
//
// # What it promises
//
// A trace context that comes is passed on as it was: to the listener, and to
// the events that the listener sends. One that breaks the specification
// (https://www.w3.org/TR/trace-context/) is treated as if it weren't there, as
// the specification asks: it never fails an event.
package trace
