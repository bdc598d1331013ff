package eventingtest

import (
	"reflect"
	"slices"

	"github.com/aspyx-go/aspyx/eventing"
)

// Publication is an event that was sent.
type Publication[T any] struct {
	// Event is what was given to SendEvent.
	Event T

	// Envelope has the event's id, headers and time. It must not be changed.
	Envelope *eventing.Envelope
}

// Consumption is an event that a listener has handled: it was acknowledged.
type Consumption[T any] struct {
	// Event is what was received.
	Event T

	// Listener is the listener's name.
	Listener string

	// Attempts is how many it took.
	Attempts int

	// Envelope has the event's id, headers and time. It must not be changed.
	Envelope *eventing.Envelope
}

// Letter is an event that a listener couldn't handle, and that was put aside.
type Letter[T any] struct {
	// Event is what was received. It is zero where that couldn't be decoded.
	Event T

	// Listener is the listener's name.
	Listener string

	// Attempts is how many were made.
	Attempts int

	// Err is the error of the last one.
	Err error

	// Envelope has the event's id, headers and time. It must not be changed.
	Envelope *eventing.Envelope
}

// Published returns the events of type T that were sent, in their order: by the
// test, and by what runs in the app. What a pipeline has dropped, or what has
// failed, wasn't sent.
func Published[T any](app *App) []Publication[T] {
	app.tb.Helper()
	checkType[T](app)
	app.journey.mu.Lock()
	defer app.journey.mu.Unlock()
	var found []Publication[T]
	for _, s := range app.journey.sends {
		if event, ok := s.event.(T); ok && s.done {
			found = append(found, Publication[T]{Event: event, Envelope: s.envelope})
		}
	}
	return found
}

// Consumed returns what the listeners of T have handled, in the order in which
// they have ended: an event with two listeners is there twice.
func Consumed[T any](app *App) []Consumption[T] {
	app.tb.Helper()
	var found []Consumption[T]
	for _, a := range attemptsAt[T](app, func(j *journey) []*attempt { return j.attempts }) {
		if event, ok := a.event.(T); ok && a.err == nil {
			found = append(found, Consumption[T]{Event: event, Listener: a.listener, Attempts: a.number, Envelope: a.envelope})
		}
	}
	return found
}

// DeadLettered returns what the listeners of T couldn't handle, in the order in
// which it was put aside. It stays when the dead letter is replayed.
func DeadLettered[T any](app *App) []Letter[T] {
	app.tb.Helper()
	var found []Letter[T]
	for _, a := range attemptsAt[T](app, func(j *journey) []*attempt { return j.letters }) {
		event, _ := a.event.(T)
		found = append(found, Letter[T]{Event: event, Listener: a.listener, Attempts: a.number, Err: a.err, Envelope: a.envelope})
	}
	return found
}

func attemptsAt[T any](app *App, of func(*journey) []*attempt) []*attempt {
	app.tb.Helper()
	checkType[T](app)
	app.journey.mu.Lock()
	defer app.journey.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(of(&app.journey)), func(a *attempt) bool { return a.kind != reflect.TypeFor[T]() })
}

// checkType refuses a type that nothing could be found for.
func checkType[T any](app *App) {
	app.tb.Helper()
	if t := reflect.TypeFor[T](); t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface {
		app.tb.Fatalf("eventingtest: look for events by their struct type, not by %v", t)
	}
}
