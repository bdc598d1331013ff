package eventing

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"

	"github.com/aspyx-go/aspyx/reflectx"
)

// Subscribe has on called for each event T that is sent from now on, until
// [Subscription.Unsubscribe] or the manager's stop. When it returns nil, an
// event that is sent next reaches on. T is an event that the manager knows, or
// a struct that embeds [Event]: then it is known from now on, for sending too.
// On is to a subscription what [Handler] is to a listener: retries, time-outs,
// dead letters and pipelines work alike.
//
// Without [As] the subscription is temporary: it has a queue of its own, which
// ends with it, or with the process. All temporary subscriptions of an event
// share one address of dead letters, DLQ.<event>.temporary, which stays.
//
// The error wraps [ErrNotRunning] before the manager has started and
// [ErrClosed] once it stops. It says what is wrong with the options, or is the
// provider's; then no subscription is left.
func Subscribe[T any](ctx context.Context, manager *EventManager, on func(ctx context.Context, event T) error, options ...SubscribeOption) (*Subscription, error) {
	b := Listener[T]{}.binding()
	n := &newcomer{
		describe: func(r *registry, _ bool) (*EventDescriptor, error) { return r.eventOf(b.event, "") },
		decode:   func(*EventDescriptor) func(Codec, []byte) (any, error) { return b.decode },
	}
	if on != nil {
		n.invoke, _ = b.bind(handlerFunc[T](on))
	}
	s, err := manager.subscribe(ctx, n, options)
	if err != nil {
		return nil, fmt.Errorf("subscribe to %s: %w", reflectx.Name(b.event), err)
	}
	return s, nil
}

// SubscribeName is [Subscribe] for an event by its name, and for its envelopes:
// the body isn't decoded. The manager needn't know the event; where it does,
// [Envelope.Event] still decodes on demand. Else that is a [*DecodeError], also
// for pipelines.
func SubscribeName(ctx context.Context, manager *EventManager, event string, on func(ctx context.Context, envelope *Envelope) error, options ...SubscribeOption) (*Subscription, error) {
	n := &newcomer{
		describe: func(r *registry, durable bool) (*EventDescriptor, error) { return r.eventNamed(event, durable) },
		decode:   decodeKnown,
		invoke:   on,
	}
	s, err := manager.subscribe(ctx, n, options)
	if err != nil {
		return nil, fmt.Errorf("subscribe to %q: %w", event, err)
	}
	return s, nil
}

// handlerFunc makes a function a handler.
type handlerFunc[T any] func(ctx context.Context, event T) error

func (f handlerFunc[T]) On(ctx context.Context, event T) error { return f(ctx, event) }

// eventNamed returns an event by its name, also one that isn't known.
func (r *registry) eventNamed(name string, durable bool) (*EventDescriptor, error) {
	if entry, ok := r.names[name]; ok {
		return entry.descriptor, nil
	}
	if err := checkName("event", name); err != nil {
		return nil, err
	}
	if strings.HasPrefix(name, DeadLetterPrefix) {
		return nil, fmt.Errorf("%q is an address of dead letters: use DeadLetters", name)
	}
	return &EventDescriptor{Name: name, Durable: durable, Priority: DefaultPriority}, nil
}

// decodeKnown decodes an event whose type only its descriptor knows.
func decodeKnown(event *EventDescriptor) func(Codec, []byte) (any, error) {
	return func(codec Codec, body []byte) (any, error) {
		if event.Type == nil {
			return nil, errors.New("the manager doesn't know the event's type")
		}
		value := reflect.New(event.Type).Interface()
		return value, codec.Decode(body, value)
	}
}

// temporary is the name of the listener in the queues of subscriptions without
// a name.
const temporary = "temporary"

// queueListener is the listener's name as its queue has it. Those of temporary
// subscriptions differ by the server only, so that all have one address of dead
// letters.
func (d *EventListenerDescriptor) queueListener() string {
	if d.temporary {
		return temporary
	}
	return d.Name
}

// newcomer is a subscription that is being made.
type newcomer struct {
	describe func(r *registry, durable bool) (*EventDescriptor, error)
	decode   func(event *EventDescriptor) func(Codec, []byte) (any, error)
	invoke   invoke

	listener EventListenerDescriptor // as far as the options say it
	durable  bool
	metadata map[string]string
}

// read reads the options.
func (n *newcomer) read(options []SubscribeOption) error {
	n.listener = EventListenerDescriptor{Concurrency: 1, Policy: DefaultPolicy}
	var errs []error
	for _, option := range options {
		errs = append(errs, option(n))
	}
	if n.invoke == nil {
		errs = append(errs, errors.New("the function is nil"))
	}
	d := &n.listener
	if d.Name == "" {
		if d.Group != "" || n.durable || d.Once {
			errs = append(errs, errors.New("InGroup, DurableQueue and Once are for a queue that stays: give the subscription a name, by As"))
		}
		d.Name, d.temporary = temporary+"-"+NewID().String(), true
	}
	d.Policy = d.Policy.effective()
	return errors.Join(append(errs, d.Policy.check())...)
}

// subscribe makes a subscription, or leaves nothing behind.
func (m *EventManager) subscribe(ctx context.Context, n *newcomer, options []SubscribeOption) (*Subscription, error) {
	if err := n.read(options); err != nil {
		return nil, err
	}
	if err := m.state.sendable(); err != nil {
		return nil, err
	}
	entry, err := m.directory.enlist(n, m.publishEvents)
	if err != nil {
		return nil, err
	}
	s, err := m.newSubscription(entry.descriptor, n.decode(entry.descriptor.Event))
	s.invoke = n.invoke
	if err = errors.Join(err, m.checkNewcomer(s), s.listener.checkInbox(m.config.Inbox != nil)); err == nil {
		s.dynamic, s.metadata = true, maps.Clone(n.metadata)
		err = m.step(ctx, "a subscription", s.settleIn)
	}
	if err != nil {
		s.halt(ErrClosed)
		m.directory.strike(entry)
		return nil, err
	}
	return &Subscription{subscription: s, entry: entry}, nil
}

// settleIn declares the queue and attaches to it.
func (s *subscription) settleIn(ctx context.Context) error {
	err := s.manager.provider.Declare(ctx, []Queue{s.queue})
	if err != nil {
		err = fmt.Errorf("declare its queue: %w", err)
	} else if err = s.start(ctx); err != nil {
		err = fmt.Errorf("attach to its queue: %w", err)
	}
	if err == nil || !s.listener.temporary {
		return err // nobody knows who else has a queue with a name
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.manager.config.SendTimeout)
	defer cancel()
	return errors.Join(err, s.manager.provider.Remove(ctx, s.queue))
}
