package eventing

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"github.com/aspyx-go/aspyx/reflectx"
)

// Listener makes a struct that embeds it a listener of the event T. The struct
// must have the method of [Handler]; the tag is optional:
//
//	type Billing struct {
//		eventing.Listener[OrderPlaced] `listener:"name=billing,retries=5"`
//	}
//
//	func (b *Billing) On(ctx context.Context, event OrderPlaced) error { … }
//
// Its options:
//   - name=…: the listener's name, and so the name of its queue; the type's
//     name where it is missing. Processes that run the same listener share the
//     queue and compete.
//   - group=…: names the shared queue in place of the listener.
//   - per_process: every server has a queue of its own, so that each of them
//     gets every event.
//   - concurrency=…: how many events are handled at once in this process,
//     default 1. With 1 they are handled in order, as long as none fails.
//   - retries=…: how often a failed event is tried again before it is
//     dead-lettered, default 3; 0 means never.
//   - backoff=…: the pause before the first retry, default 100ms. It doubles
//     with each, up to a minute, and is at most a day.
//   - once: an event that was handled is acknowledged when it comes again, and
//     neither the pipelines nor the listener are called. It needs an [Inbox],
//     and trusts the senders' ids: what a foreign sender gives the id of
//     another event is taken for that one, and what has no id is never known.
//   - timeout=…: after which time the handler's context is done. Default none.
//
// [WithPolicy] and [PolicyFor] take the place of retries, backoff and timeout,
// and say more.
type Listener[T any] struct {
	reflectx.Marker `marker:"eventing.Module"`
}

// Handler is what a listener of the event T implements. On is called with a
// context that is done when the handler's time is up or the stop's time limit
// has passed, and from which [EnvelopeFrom] returns the envelope.
//
// Returning nil acknowledges the event. An error, or a panic, goes to the
// failure policy: see the options of [Listener], [Permanent] and [RetryAfter].
// On is called concurrently where the listener has concurrency.
type Handler[T any] interface {
	On(ctx context.Context, event T) error
}

// EventListenerDescriptor describes a listener. It must not be changed.
type EventListenerDescriptor struct {
	// Name is the listener's name, unique in its manager.
	Name string
	// Type is the listener's type, a pointer to a struct. It is nil for the
	// functions of [Subscribe] and [SubscribeName].
	Type reflect.Type
	// Event is the event it listens to.
	Event *EventDescriptor
	// Group, unless empty, names the listener's shared queue.
	Group string
	// PerProcess gives every server a queue of its own.
	PerProcess bool
	// Concurrency is how many events, or batches, are handled at once, 1 or
	// more.
	Concurrency int
	// BatchSize is how many events a batch has at most; zero means that the
	// listener gets one event at a time.
	BatchSize int
	// BatchAge is how long the first event of a batch waits for the others.
	BatchAge time.Duration
	// Once has the [Inbox] keep out what was handled before.
	Once bool
	// Policy is what happens to an event whose handling fails.
	Policy Policy

	temporary bool // a subscription without a name of its own
}

// subject names the listener in errors, where its type says more than its name.
func (d *EventListenerDescriptor) subject() string {
	if d.Type == nil {
		return fmt.Sprintf("subscription %q", d.Name)
	}
	return "listener " + reflectx.Name(d.Type)
}

// invoke calls the listener with the envelope's event.
type invoke func(ctx context.Context, envelope *Envelope) error

// binding is what a Listener[T] knows of T: the one place where the type
// parameter is erased.
type binding struct {
	event     reflect.Type
	argument  reflect.Type // of On
	handler   reflect.Type
	bind      func(listener any) (invoke, bool)
	bindBatch func(listener any) (invokeBatch, bool) // in place of bind
	decode    func(codec Codec, body []byte) (any, error)
}

type listenerMarker interface{ binding() binding }

func (Listener[T]) binding() binding {
	return binding{
		event:    reflect.TypeFor[T](),
		argument: reflect.TypeFor[T](),
		handler:  reflect.TypeFor[Handler[T]](),
		bind: func(listener any) (invoke, bool) {
			handler, ok := listener.(Handler[T])
			return func(ctx context.Context, envelope *Envelope) error {
				event, err := envelope.decoded()
				if err != nil {
					return err
				}
				return handler.On(ctx, *event.(*T)) //nolint:forcetypeassert // made by decode below
			}, ok
		},
		decode: func(codec Codec, body []byte) (any, error) {
			// Always a fresh value: goccy keeps what null should clear.
			event := new(T)
			return event, codec.Decode(body, event)
		},
	}
}

func isListenerMarker(t reflect.Type) bool {
	_, ok := reflectx.Zero[listenerMarker](t)
	return ok
}

var listenerTag = reflectx.NewTagSpec("listener",
	"name=", "group=", "per_process", "concurrency=", "retries=", "backoff=", "timeout=", "once", "size=", "age=")

// describeListener reads a type, *struct, that embeds a Listener or
// BatchListener. The event is filled in by the registry.
func describeListener(marker reflectx.EmbeddedMarker, t reflect.Type) (*EventListenerDescriptor, error) {
	wrap := func(err error) error { return fmt.Errorf("listener %s: %w", reflectx.Name(t), err) }
	options, _, err := listenerTag.Parse(marker.Field.Tag)
	if err != nil {
		return nil, wrap(err)
	}
	descriptor := &EventListenerDescriptor{
		Name:        options["name"],
		Type:        t,
		Group:       options["group"],
		PerProcess:  options.Has("per_process"),
		Concurrency: 1,
		Once:        options.Has("once"),
		Policy:      DefaultPolicy,
	}
	err = errors.Join(
		countOption(options, "concurrency", 1, &descriptor.Concurrency),
		countOption(options, "retries", 0, &descriptor.Policy.Retries),
		durationOption(options, "backoff", &descriptor.Policy.Backoff),
		durationOption(options, "timeout", &descriptor.Policy.Timeout),
	)
	err = errors.Join(err, descriptor.describeBatch(options, isBatchMarker(marker.Type)))
	if descriptor.Name == "" {
		name, ok := reflectx.SimpleName(t.Elem())
		if !ok {
			err = errors.Join(err, errors.New("it is an instance of a generic type: give it a name in its tag"))
		}
		descriptor.Name = name
	}
	if descriptor.Name != "" {
		err = errors.Join(err, checkName("listener", descriptor.Name))
	}
	if descriptor.Group != "" {
		err = errors.Join(err, checkName("group", descriptor.Group))
	}
	if err != nil {
		return nil, wrap(err)
	}
	return descriptor, nil
}

// maxCount bounds concurrency and retries: more is a slip of the pen.
const maxCount = 10_000

func countOption(options reflectx.Options, name string, least int, into *int) error {
	text, ok := options[name]
	if !ok {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > maxCount {
		return fmt.Errorf("option %s=%s must be a whole number from %d to %d", name, text, least, maxCount)
	}
	*into = n
	return nil
}

func durationOption(options reflectx.Options, name string, into *time.Duration) error {
	text, ok := options[name]
	if !ok {
		return nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return fmt.Errorf("option %s=%s must be a positive duration like 250ms or 5s", name, text)
	}
	*into = d
	return nil
}

// checkOn tells whether t has the listener's method, and if not, which one it
// must have and which near miss it has.
func checkOn(t reflect.Type, b binding) error {
	if t.Implements(b.handler) {
		return nil
	}
	want := fmt.Sprintf("func (*%s) On(context.Context, %s) error", t.Elem().Name(), reflectx.Name(b.argument))
	if method, ok := t.MethodByName("On"); ok {
		return fmt.Errorf("listener %s has the wrong method: it must be %s, not %s", reflectx.Name(t), want, signature(method, t))
	}
	return fmt.Errorf("listener %s has no method On: add %s", reflectx.Name(t), want)
}

// signature prints a method as it was declared.
func signature(method reflect.Method, t reflect.Type) string {
	text := "func (*" + t.Elem().Name() + ") " + method.Name + "("
	for i := 1; i < method.Type.NumIn(); i++ {
		if i > 1 {
			text += ", "
		}
		text += reflectx.Name(method.Type.In(i))
	}
	text += ")"
	switch method.Type.NumOut() {
	case 0:
		return text
	case 1:
		return text + " " + reflectx.Name(method.Type.Out(0))
	}
	text += " ("
	for i := range method.Type.NumOut() {
		if i > 0 {
			text += ", "
		}
		text += reflectx.Name(method.Type.Out(i))
	}
	return text + ")"
}
