package eventing

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/aspyx-go/aspyx/reflectx"
)

var (
	errSendTimeout = fmt.Errorf("eventing: send timeout: %w", context.DeadlineExceeded)
	errSendGoexit  = errors.New("a pipeline or codec has ended the goroutine that sends by runtime.Goexit")
)

// SendEvent sends an event, a value of an event type or a non-nil pointer to
// one, and returns nil once the broker has confirmed it, or a pipeline has
// dropped it. Concurrent callers don't wait for one another. Without a
// deadline in ctx the send timeout of the manager applies.
//
// The error wraps [ErrNotSent], [ErrUnconfirmed] or [ErrRejected] for what
// became of it at the transport, and [ErrUnroutable] too where a mandatory event
// (see [WithMandatory]) has no queue; [ErrNotEvent], [ErrInvalid], [ErrTooLarge],
// [ErrHeader], [ErrOption] and [ErrNotProceeded], and the errors of codec and
// pipelines, for what never got that far; [ErrNotRunning] before the start and
// [ErrClosed] after the stop.
func (m *EventManager) SendEvent(ctx context.Context, event any, options ...SendOption) error {
	s := m.begin(ctx, event, options, false)
	return s.finish() //nolint:contextcheck // it has the context since begin
}

// SendEvents sends many events, in their order, without waiting for each one's
// confirmation before the next is sent. T may be any, for events of different
// types. It goes on after a failure; the error joins an [*IndexError] for each
// event that wasn't confirmed.
func SendEvents[T any](ctx context.Context, manager *EventManager, events []T, options ...SendOption) (err error) {
	// The window slides: when it is full, the oldest is waited for only.
	window := make([]*sending, min(sendWindow, len(events)))
	begun, finished := 0, 0
	var errs []error
	finish := func(until int) { //nolint:contextcheck // each has its context since begin
		// Confirmations come in order, mostly: who waits for the last one first is
		// woken once.
		window[(until-1)%len(window)].await()
		for finished < until {
			index := finished
			finished++
			if err := window[index%len(window)].finish(); err != nil {
				errs = append(errs, &IndexError{Index: index, Err: err})
			}
		}
	}
	defer func() { // also where a pipeline ends the goroutine
		if finished < begun {
			finish(begun)
		}
		err = errors.Join(errs...)
	}()
	for i := range events {
		if begun-finished == len(window) {
			finish(finished + 1)
		}
		window[i%len(window)] = manager.begin(ctx, events[i], options, len(events) > 1)
		begun++
	}
	return nil
}

// sendWindow is how many events of SendEvents are unconfirmed at once, at
// most. Providers bound that too; this bounds memory.
const sendWindow = 1024

// sending is one event between the hand-over and the confirmation.
type sending struct {
	envelope Envelope
	ctx      lazyContext
	manager  *EventManager
	event    *EventDescriptor
	err      error // of what came before the hand-over, or of the chain
	submit   error // of the last hand-over
	receipt  Receipt
}

// begin walks the chain up to the hand-over. The options may be those of
// several events.
func (m *EventManager) begin(ctx context.Context, event any, options []SendOption, several bool) *sending {
	s := &sending{manager: m}
	if s.err = m.state.sendable(); s.err != nil {
		return s
	}
	if s.event, s.err = m.descriptorOf(event); s.err != nil {
		return s
	}
	now := time.Now()
	s.ctx.Context, s.ctx.halt = ctx, m.base //nolint:fatcontext // one link, once
	if _, ok := ctx.Deadline(); !ok {
		s.ctx.deadline, s.ctx.cause = now.Add(m.config.SendTimeout), errSendTimeout
	}
	e := &s.envelope
	e.event, e.codec = event, s.event.sender(m.config.Codec)
	e.message = &Message{
		ID: newID(now), Event: s.event.Name, ContentType: e.codec.ContentType(), Time: now, Durable: s.event.Durable,
		TTL: s.event.TTL, Priority: PriorityLevel(s.event.Priority),
	}
	e.headers = begunBy(ctx)
	id := e.message.ID
	e.run = run{chain: m.chain, sending: s}
	for _, option := range options {
		option(e)
	}
	if s.event.key != nil && e.message.Key == "" {
		var err error
		if e.message.Key, err = s.event.keyOf(event); err != nil {
			e.refuse(err)
		}
	}
	if err := e.message.checkOptions(); err != nil {
		e.refuse(err)
	}
	m.checkOptions(&s.ctx, e) //nolint:contextcheck // it has the context
	if several && e.message.ID != id {
		e.refuse(fmt.Errorf("%w: WithID gives one id to several events: send each by itself", ErrOption))
	}
	returned := false
	defer func() { //nolint:contextcheck // it has the context
		if !returned { // a pipeline ends the goroutine: nobody else is going to tell the outcome
			s.err = newPanicError(errSendGoexit)
			_ = s.finish()
		}
	}()
	s.err = s.walk() //nolint:contextcheck // it has the context
	returned = true
	return s
}

// walk calls the chain and turns a panic into an error.
func (s *sending) walk() (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("send event %q: %w", s.event.Name, newPanicError(value))
		}
	}()
	return s.envelope.proceedSend(&s.ctx, s.event)
}

// handOver is the end of the chain: it encodes and submits.
func (s *sending) handOver(ctx context.Context, e *Envelope) error {
	if s.receipt != nil {
		return fmt.Errorf("send event %q: a pipeline has proceeded twice", s.event.Name)
	}
	if err := errors.Join(checkHeaders(e.headers), s.event.validate(e.event)); err != nil {
		return err
	}
	body, err := e.Body()
	if err == nil {
		err = s.manager.checkSize(s.event.Name, body)
	}
	if err != nil {
		return err
	}
	message := e.message
	message.Headers, message.Body = e.headers, body
	e.shared = true
	if message.Durable {
		message.DuplicateID = message.ID.String()
	}
	s.receipt, s.submit = s.manager.provider.Submit(ctx, message)
	return s.submit
}

// finish waits for the confirmation and tells the outcome.
func (s *sending) finish() error {
	if s.ctx.Context == nil {
		return s.err // nothing was begun
	}
	defer s.ctx.release()
	err := s.outcome()
	s.tell(err)
	return err
}

// tell tells the pipelines and the observers of the outcome.
func (s *sending) tell(err error) {
	if err != nil {
		s.event.counters.failed.Add(1)
	}
	defer s.observe(err) // also when a pipeline's function ends the goroutine
	s.manager.tell(&s.ctx, &s.envelope, err)
}

// await waits for the confirmation, and keeps it for who asks later.
func (s *sending) await() {
	if s.receipt == nil {
		return
	}
	if err := s.receipt.Wait(&s.ctx); err != nil {
		s.receipt = failed{err}
	} else {
		s.receipt = Confirmed
	}
}

// failed is the receipt of a message that is known not to be confirmed.
type failed struct{ err error }

func (f failed) Wait(context.Context) error { return f.err }

func (s *sending) outcome() error {
	var confirmed error
	if s.receipt != nil {
		confirmed = s.receipt.Wait(&s.ctx)
		if confirmed != nil {
			confirmed = fmt.Errorf("send event %q: %w", s.event.Name, confirmed)
		} else {
			s.event.counters.sent.Add(1)
		}
	}
	switch {
	case errors.Is(s.err, Drop):
		s.event.counters.dropped.Add(1)
		return confirmed
	case s.err != nil && s.submit != nil:
		return fmt.Errorf("send event %q: %w", s.event.Name, s.err)
	case s.err != nil:
		return errors.Join(s.err, confirmed)
	case s.submit != nil: // a pipeline has swallowed it: it wasn't sent all the same
		return fmt.Errorf("send event %q: %w", s.event.Name, s.submit)
	case !s.envelope.run.proceeded:
		return fmt.Errorf("send event %q: %w", s.event.Name, ErrNotProceeded)
	}
	return confirmed
}

// descriptorOf finds the event's descriptor: by the type of the value, or of
// what it points to.
func (m *EventManager) descriptorOf(event any) (*EventDescriptor, error) {
	t, events := reflect.TypeOf(event), *m.events.Load()
	if descriptor, ok := events[t]; ok {
		return descriptor, nil
	}
	if t == nil {
		return nil, fmt.Errorf("%w: nil", ErrNotEvent)
	}
	if t.Kind() == reflect.Pointer {
		if descriptor, ok := events[t.Elem()]; ok {
			if reflect.ValueOf(event).IsNil() {
				return nil, fmt.Errorf("%w: a nil %s", ErrNotEvent, reflectx.Name(t))
			}
			return descriptor, nil
		}
	}
	if s, ok := reflectx.StructOf(t); ok {
		if _, ok := findMarker(s, isEventMarker); ok {
			return nil, fmt.Errorf("%w: %s isn't registered: add environment.Register[%s]() to a module, or eventing.EventOf to Config.Events",
				ErrNotEvent, reflectx.Name(s), reflectx.Name(s))
		}
	}
	return nil, fmt.Errorf("%w: %s: embed eventing.Event in it, or add eventing.RegisterEvent", ErrNotEvent, reflectx.Name(t))
}
