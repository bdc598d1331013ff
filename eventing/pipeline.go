package eventing

import (
	"context"
	"fmt"
	"reflect"
	"strconv"

	"github.com/aspyx-go/aspyx/reflectx"
)

// EnvelopePipeline sees each event on its way, on both sides:
//
//	SendEvent → Send 1 → … → Send n → encode → broker
//	from there → Handle 1 → … → Handle n → decode → On
//
// A pipeline embeds [AbstractEnvelopePipeline] and has Send, Handle or both;
// the side that it lacks passes through. It goes on with ProceedSend or
// ProceedHandle, with another context if it likes, and sees the result.
// Returning an error instead stops the event; returning [Drop] ends it without
// one. Both methods must be safe for concurrent use.
type EnvelopePipeline interface {
	// Send is called for each event that is sent. ProceedSend returns when the
	// event was handed over in order; how that ended is told to
	// [Envelope.OnOutcome].
	Send(ctx context.Context, envelope *Envelope, event *EventDescriptor) error

	// Handle is called for each attempt to handle an event.
	Handle(ctx context.Context, envelope *Envelope, listener *EventListenerDescriptor) error
}

type (
	sendSide interface {
		Send(ctx context.Context, envelope *Envelope, event *EventDescriptor) error
	}
	handleSide interface {
		Handle(ctx context.Context, envelope *Envelope, listener *EventListenerDescriptor) error
	}
)

// AbstractEnvelopePipeline makes a struct that embeds it a pipeline. The tag
// is optional:
//
//	type Session struct {
//		eventing.AbstractEnvelopePipeline `pipeline:"order=10"`
//	}
//
// Its option:
//   - order=…: a whole number, default 0. The pipeline with the lowest is the
//     outermost, on both sides: first on the way to the broker and first on
//     the way to the listener. Equal ones keep the order of registration.
type AbstractEnvelopePipeline struct {
	reflectx.Marker `marker:"eventing.Module"`
}

var (
	pipelineMarker = reflect.TypeFor[AbstractEnvelopePipeline]()
	pipelineTag    = reflectx.NewTagSpec("pipeline", "order=")
	sendSideType   = reflect.TypeFor[sendSide]()
	handleSideType = reflect.TypeFor[handleSide]()
)

// ProceedSend goes on with the next pipeline, and after the last hands the
// event over to the provider. In a unit test of a pipeline, where there is
// nothing to go on with, it returns nil.
func (*AbstractEnvelopePipeline) ProceedSend(ctx context.Context, envelope *Envelope, event *EventDescriptor) error {
	return envelope.proceedSend(ctx, event)
}

// ProceedHandle goes on with the next pipeline, and after the last calls the
// listener. In a unit test of a pipeline, where there is nothing to go on
// with, it returns nil.
func (*AbstractEnvelopePipeline) ProceedHandle(ctx context.Context, envelope *Envelope, listener *EventListenerDescriptor) error {
	return envelope.proceedHandle(ctx, listener)
}

func isPipelineMarker(t reflect.Type) bool { return t == pipelineMarker }

// describePipeline reads a type, *struct, that embeds AbstractEnvelopePipeline,
// and returns its order.
func describePipeline(marker reflectx.EmbeddedMarker, t reflect.Type) (order int, err error) {
	options, _, err := pipelineTag.Parse(marker.Field.Tag)
	if err != nil {
		return 0, fmt.Errorf("pipeline %s: %w", reflectx.Name(t), err)
	}
	if text, ok := options["order"]; ok {
		if order, err = strconv.Atoi(text); err != nil {
			return 0, fmt.Errorf("pipeline %s: option order=%s must be a whole number", reflectx.Name(t), text)
		}
	}
	send, hasSend := t.MethodByName("Send")
	handle, hasHandle := t.MethodByName("Handle")
	name := t.Elem().Name()
	wantSend := fmt.Sprintf("func (*%s) Send(context.Context, *eventing.Envelope, *eventing.EventDescriptor) error", name)
	wantHandle := fmt.Sprintf("func (*%s) Handle(context.Context, *eventing.Envelope, *eventing.EventListenerDescriptor) error", name)
	switch {
	case hasSend && !t.Implements(sendSideType):
		return 0, fmt.Errorf("pipeline %s has the wrong method: it must be %s, not %s", reflectx.Name(t), wantSend, signature(send, t))
	case hasHandle && !t.Implements(handleSideType):
		return 0, fmt.Errorf("pipeline %s has the wrong method: it must be %s, not %s", reflectx.Name(t), wantHandle, signature(handle, t))
	case !hasSend && !hasHandle:
		return 0, fmt.Errorf("pipeline %s has neither Send nor Handle: add %s, or %s", reflectx.Name(t), wantSend, wantHandle)
	}
	return order, nil
}

// chain is a composed sequence of pipelines. It is the same for all events.
type chain struct {
	senders  []sendSide
	handlers []handleSide
}

// run is the state of one walk along a chain. It lives in the envelope, so that
// pipelines hold no state and may be shared.
type run struct {
	chain     *chain
	position  int
	proceeded bool
	sending   *sending // the end of a send chain
	invoke    invoke   // the end of a handle chain
}

func (e *Envelope) proceedSend(ctx context.Context, event *EventDescriptor) error {
	if e.err != nil {
		return e.err
	}
	r := &e.run
	if r.chain == nil {
		return nil
	}
	if r.position == len(r.chain.senders) {
		r.proceeded = true
		return r.sending.handOver(ctx, e)
	}
	at := r.position
	r.position = at + 1
	defer func() { r.position = at }() // also on a panic, after which an outer one may proceed again
	return r.chain.senders[at].Send(ctx, e, event)
}

func (e *Envelope) proceedHandle(ctx context.Context, listener *EventListenerDescriptor) error {
	if e.err != nil {
		return e.err
	}
	r := &e.run
	if r.chain == nil {
		return nil
	}
	if r.position == len(r.chain.handlers) {
		r.proceeded = true
		return r.invoke(ctx, e)
	}
	at := r.position
	r.position = at + 1
	defer func() { r.position = at }() // see proceedSend
	return r.chain.handlers[at].Handle(ctx, e, listener)
}
