package eventingtest

import (
	"errors"
	"reflect"
	"slices"
	"sync"

	"github.com/aspyx-go/aspyx/eventing"
)

// journey notes what has become of all events. The zero value is usable.
type journey struct {
	mu       sync.Mutex
	sends    []*send
	attempts []*attempt
	letters  []*attempt
}

// send is one event on its way to the broker.
type send struct {
	envelope *eventing.Envelope
	event    any // a value, not a pointer
	done     bool
}

// attempt is one attempt of one listener at one event.
type attempt struct {
	envelope *eventing.Envelope
	event    any // a value; nil where it couldn't be decoded
	kind     reflect.Type
	listener string
	number   int
	err      error
}

// sending takes the event's place in the order, which is known before others can
// see the event, and what it is: the sender may change it later.
func (j *journey) sending(envelope *eventing.Envelope, descriptor *eventing.EventDescriptor) *send {
	event, _ := envelope.Event() // on sending it is what was given
	s := &send{envelope: envelope, event: valueOf(event, descriptor.Type)}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.sends = append(j.sends, s)
	return s
}

func (j *journey) sent(s *send) {
	j.mu.Lock()
	defer j.mu.Unlock()
	s.done = true
}

func (j *journey) attempted(envelope *eventing.Envelope, listener *eventing.EventListenerDescriptor, err error) {
	event, _ := envelope.Event() // it was decoded before, or can't be
	a := &attempt{
		envelope: envelope, event: valueOf(event, listener.Event.Type), kind: listener.Event.Type,
		listener: listener.Name, number: envelope.Attempt(), err: err,
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.attempts = append(j.attempts, a)
}

// valueOf returns the value of the type, which may be given by a pointer.
func valueOf(event any, t reflect.Type) any {
	v := reflect.ValueOf(event)
	if v.IsValid() && v.Kind() == reflect.Pointer && v.Type().Elem() == t && !v.IsNil() {
		return v.Elem().Interface()
	}
	return event
}

// buried notes a dead letter, which the last attempt has led to.
func (j *journey) buried(message *eventing.Message) {
	var listener string
	for _, header := range message.Headers {
		if header.Key == eventing.HeaderPrefix+"listener" {
			listener = header.Value
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, a := range slices.Backward(j.attempts) {
		if a.listener == listener && a.envelope.ID() == message.ID {
			j.letters = append(j.letters, a)
			return
		}
	}
}

// lastFailures returns for each listener the last attempt, where it has failed.
func (j *journey) lastFailures() []*attempt {
	j.mu.Lock()
	defer j.mu.Unlock()
	var failed []*attempt
	seen := map[string]bool{}
	for _, a := range slices.Backward(j.attempts) {
		if !seen[a.listener] && a.err != nil && !errors.Is(a.err, eventing.Drop) {
			failed = append(failed, a)
		}
		seen[a.listener] = true
	}
	return failed
}
