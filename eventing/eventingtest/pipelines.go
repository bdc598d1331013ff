package eventingtest

import (
	"context"
	"errors"
	"sync"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// pipelineCases prove promise 6. What pipelines do is the manager's work; that
// their headers cross the wire, and that each event passes them once, is the
// provider's.
func pipelineCases() []Case {
	return []Case{
		newCase(6, "pipelines run in order on both sides", pipelinesRunInOrder),
		newCase(6, "a pipeline stops or drops an event", pipelineStopsOrDrops),
		newCase(6, "a pipeline replaces the context and changes headers", pipelineChanges),
	}
}

// half is one side of a pipeline.
type half func(ctx context.Context, envelope *eventing.Envelope, proceed func(context.Context) error) error

// step is what a pipeline does; a nil half proceeds.
type step struct{ send, handle half }

func (p step) Send(ctx context.Context, envelope *eventing.Envelope, event *eventing.EventDescriptor) error {
	var abstract eventing.AbstractEnvelopePipeline
	proceed := func(ctx context.Context) error { return abstract.ProceedSend(ctx, envelope, event) }
	if p.send == nil {
		return proceed(ctx)
	}
	return p.send(ctx, envelope, proceed)
}

func (p step) Handle(ctx context.Context, envelope *eventing.Envelope, listener *eventing.EventListenerDescriptor) error {
	var abstract eventing.AbstractEnvelopePipeline
	proceed := func(ctx context.Context) error { return abstract.ProceedHandle(ctx, envelope, listener) }
	if p.handle == nil {
		return proceed(ctx)
	}
	return p.handle(ctx, envelope, proceed)
}

// The pipelines, in their order.
type (
	outer struct {
		eventing.AbstractEnvelopePipeline `pipeline:"order=-5"`
		step
	}
	middle struct {
		eventing.AbstractEnvelopePipeline
		step
	}
	inner struct {
		eventing.AbstractEnvelopePipeline `pipeline:"order=7"`
		step
	}
)

// trace writes down what runs.
type trace struct {
	mu    sync.Mutex
	lines []string
}

func (t *trace) add(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = append(t.lines, line)
}

func (t *trace) around(name string) half {
	return func(ctx context.Context, _ *eventing.Envelope, proceed func(context.Context) error) error {
		t.add(name + " begins")
		defer t.add(name + " ends")
		return proceed(ctx)
	}
}

func pipelinesRunInOrder(s *scene) {
	var sending, handling trace
	traced := func(name string) step {
		return step{send: sending.around(name), handle: handling.around(name)}
	}
	sender := s.start(process{
		// Registered in another order than they run.
		pipelines: []any{&inner{step: traced("inner")}, &outer{step: traced("outer")}, &middle{step: traced("middle")}},
	})
	reached := make(chan struct{}, 2)
	receiver := s.start(process{
		pipelines: []any{&middle{step: traced("middle")}, &inner{step: traced("inner")}, &outer{step: traced("outer")}},
		listeners: []any{&once{reaction: func(context.Context, sample) error {
			handling.add("listener")
			reached <- struct{}{}
			return nil
		}}},
	})
	s.send(sender, 0, 1)
	want := []string{"outer begins", "middle begins", "inner begins", "inner ends", "middle ends", "outer ends"}
	assert.Equal(s, want, sending.lines, "on sending")
	s.wait("the listener is called", reached)
	s.stop(receiver) // waits for the handler
	s.requireEmpty(s.queue("once"))
	want = []string{"outer begins", "middle begins", "inner begins", "listener", "inner ends", "middle ends", "outer ends"}
	assert.Equal(s, want, handling.lines, "on handling")
}

const (
	stoppedInSend = iota
	droppedInSend
	stoppedInHandle
	droppedInHandle
	passed
)

var errStopped = errors.New("stopped by a pipeline")

func pipelineStopsOrDrops(s *scene) {
	end := func(stopped, dropped int) half {
		return func(ctx context.Context, envelope *eventing.Envelope, proceed func(context.Context) error) error {
			event, err := envelope.Event()
			if err != nil {
				return err
			}
			number := numberOf(event)
			switch number {
			case stopped:
				return errStopped
			case dropped:
				return eventing.Drop
			}
			return proceed(ctx)
		}
	}
	guard := step{send: end(stoppedInSend, droppedInSend), handle: end(stoppedInHandle, droppedInHandle)}
	manager := s.start(process{
		pipelines: []any{&middle{step: guard}},
		listeners: []any{&once{reaction: s.note("once")}},
	})
	require.ErrorIs(s, manager.SendEvent(s.limit(), sample{stoppedInSend}), errStopped)
	require.NoError(s, manager.SendEvent(s.limit(), sample{droppedInSend}))
	s.send(manager, stoppedInHandle, 3)
	s.fence(manager, "once")
	s.stop(manager)
	assert.Equal(s, []int{passed}, s.handled("once"))
	assert.Equal(s, uint64(2), manager.Stats().Dropped)
	assert.Equal(s, stoppedInHandle, s.number(&eventing.Delivery{Message: s.deadLetter("once")}), "the event that is dead-lettered")
	s.requireEmpty(s.queue("once"))
}

// numberOf reads an event in a pipeline: a value on sending, a pointer on
// handling.
func numberOf(event any) int {
	switch event := event.(type) {
	case sample:
		return event.Number
	case *sample:
		return event.Number
	default:
		return fenceNumber
	}
}

type contextKey struct{}

func pipelineChanges(s *scene) {
	replace := step{
		send: func(ctx context.Context, envelope *eventing.Envelope, proceed func(context.Context) error) error {
			envelope.Set("kept", "by outer")
			envelope.Set("changed", "by outer")
			return proceed(context.WithValue(ctx, contextKey{}, "sending"))
		},
		handle: func(ctx context.Context, envelope *eventing.Envelope, proceed func(context.Context) error) error {
			envelope.Set("local", "by outer")
			return proceed(context.WithValue(ctx, contextKey{}, envelope.Get("changed")+" and outer"))
		},
	}
	change := step{send: func(ctx context.Context, envelope *eventing.Envelope, proceed func(context.Context) error) error {
		value, _ := ctx.Value(contextKey{}).(string)
		envelope.Set("changed", envelope.Get("changed")+", then inner while "+value)
		return proceed(ctx)
	}}
	seen := make(chan []string, 1)
	manager := s.start(process{
		pipelines: []any{&outer{step: replace}, &inner{step: change}},
		listeners: []any{&once{reaction: func(ctx context.Context, _ sample) error {
			envelope := eventing.EnvelopeFrom(ctx)
			value, _ := ctx.Value(contextKey{}).(string)
			seen <- []string{envelope.Get("kept"), envelope.Get("changed"), envelope.Get("local"), value}
			return nil
		}}},
	})
	s.send(manager, 0, 1)
	assert.Equal(s, []string{
		"by outer", "by outer, then inner while sending", "by outer", "by outer, then inner while sending and outer",
	}, await(s, "the event is handled", seen))
}
