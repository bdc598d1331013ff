package eventing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aspyx-go/aspyx/errhandler"
	"github.com/aspyx-go/aspyx/reflectx"
)

// Config configures an [EventManager] that is made without the container. Its
// zero value works, for a manager that neither sends nor listens.
type Config struct {
	// Events are the events that are sent and have no listener here.
	Events []EventDefinition

	// Listeners are pointers to structs that embed [Listener] or
	// [BatchListener].
	Listeners []any

	// Pipelines are pointers to structs that embed
	// [AbstractEnvelopePipeline].
	Pipelines []any

	// Policies are the failure policies in code, by [PolicyFor]. Other
	// listeners have the policy of their tag.
	Policies []ListenerPolicy

	// ErrorHandlers, unless nil, sees the error of each failed attempt before
	// the policy does. What it returns counts: nil means that the error is
	// handled, and the event acknowledged.
	ErrorHandlers *errhandler.Manager

	// Codec encodes the events that have no codec of their own (see
	// [EncodedBy]). Nil means [JSON].
	Codec Codec

	// Codecs are further codecs that listeners read. Which one it is says the
	// content type of a message; without one it is the codec that the event
	// is sent with. Of two codecs of one type the event's comes first, then
	// Codec, then Codecs in their order.
	Codecs []Codec

	// Logger is where the manager logs what nobody else is told. Nil means
	// [slog.Default].
	Logger *slog.Logger

	// Inbox remembers what was handled, for the listeners with the option
	// once: see [Listener]. Nil means that there must be none.
	Inbox Inbox

	// Observers are told what the manager does. See [Observer].
	Observers []Observer

	// MaxBodyBytes is how many bytes an event's body may have, as it is sent and
	// as it comes. To send a larger one is [ErrTooLarge]; one that comes isn't
	// decoded, but dead-lettered with that reason. Zero means
	// [DefaultMaxBodyBytes]. It can't be disabled. Providers have bounds of their
	// own, for what comes too: who raises this above 10 MiB raises
	// amqp.Config.MaxMessageBytes too.
	MaxBodyBytes int64

	// SendTimeout limits a send whose context has no deadline. Zero means 30
	// seconds. It can't be disabled; give a context with a later deadline.
	SendTimeout time.Duration

	// StopTimeout limits Stop, whatever its context. Zero means 30 seconds.
	// It can't be disabled.
	StopTimeout time.Duration
}

const (
	defaultSendTimeout = 30 * time.Second
	defaultStopTimeout = 30 * time.Second
)

// EventManager sends events and hands them to listeners. Make one by
// [NewEventManager], or have the container make it by [Module]. It is safe for
// concurrent use; the zero value is not usable.
type EventManager struct {
	provider Provider
	config   Config
	onFail   func(error) // told once of a failure that ends the work

	// Written before the start, then only read.
	chain        *chain
	queues       []Queue      // of the listeners at boot
	capabilities Capabilities // of the provider, once it has started

	events    atomic.Pointer[map[reflect.Type]*EventDescriptor] // each map is only read
	roster    roster
	directory directory

	state state

	quarantine *quarantine

	outcomes outcomes // of SendAsync
	readings readings // of dead letters
	hands    hands    // of listeners with once

	base context.Context //nolint:containedctx // of all handlers; ended with ErrStopping by a stop's time limit
	halt context.CancelCauseFunc

	stopping  context.Context //nolint:containedctx // ends when a stop begins: then no batch waits for more events
	beginStop context.CancelFunc

	life    lifecycle
	watch   sync.WaitGroup        // begun under the lock of life
	failure atomic.Pointer[error] // the first that nothing here heals
}

// NewEventManager returns a manager that sends and receives through provider,
// without a container. The error joins all that is wrong with the listeners,
// pipelines and events. Call Start before the first send.
func NewEventManager(provider Provider, config Config) (*EventManager, error) {
	r := newRegistry()
	var errs []error
	for _, definition := range config.Events {
		descriptor, err := definition.describe()
		if err == nil {
			err = r.addEvent(descriptor, "")
		}
		errs = append(errs, err)
	}
	for _, policy := range config.Policies {
		errs = append(errs, r.addPolicy(policy, ""))
	}
	for _, listener := range config.Listeners {
		errs = append(errs, withMarker(listener, isListenerMarker, "listener", "Listener[T] or BatchListener[T]",
			func(marker reflectx.EmbeddedMarker, t reflect.Type) error {
				return r.addListener(marker, t, "")
			}))
	}
	for _, pipeline := range config.Pipelines {
		errs = append(errs, withMarker(pipeline, isPipelineMarker, "pipeline", "AbstractEnvelopePipeline", r.addPipeline))
	}
	errs = append(errs, r.checkPolicies(), r.checkInbox(config.Inbox != nil))
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("make event manager: %w", err)
	}
	m, err := newManager(provider, config)
	if err != nil {
		return nil, err
	}
	if err := m.wire(r, config.Listeners, config.Pipelines); err != nil {
		return nil, fmt.Errorf("make event manager: %w", err)
	}
	return m, nil
}

// withMarker finds the marker of a listener or pipeline.
func withMarker(value any, wanted func(reflect.Type) bool, kind, marker string, use func(reflectx.EmbeddedMarker, reflect.Type) error) error {
	t := reflect.TypeOf(value)
	if t == nil || t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct || reflect.ValueOf(value).IsNil() {
		return fmt.Errorf("%s must be a non-nil pointer to a struct, not %s", kind, reflectx.Name(t))
	}
	if _, err := reflectx.Markers(t.Elem()); err != nil {
		return err
	}
	found, ok := findMarker(t.Elem(), wanted)
	if !ok {
		return fmt.Errorf("%s %s must embed eventing.%s", kind, reflectx.Name(t), marker)
	}
	return use(found, t)
}

func newManager(provider Provider, config Config) (*EventManager, error) {
	if provider == nil {
		return nil, errors.New("make event manager: the provider is nil")
	}
	if config.SendTimeout < 0 || config.StopTimeout < 0 {
		return nil, errors.New("make event manager: SendTimeout and StopTimeout must not be negative")
	}
	if config.MaxBodyBytes < 0 {
		return nil, fmt.Errorf("make event manager: MaxBodyBytes is %d, it must be positive, or 0 for %d", config.MaxBodyBytes, DefaultMaxBodyBytes)
	}
	if slices.ContainsFunc(config.Observers, func(o Observer) bool { return o == nil }) {
		return nil, errors.New("make event manager: an observer is nil: leave it out")
	}
	config.MaxBodyBytes = cmp.Or(config.MaxBodyBytes, DefaultMaxBodyBytes)
	if config.Codec == nil {
		config.Codec = JSON
	}
	if _, err := newReaders(append([]Codec{config.Codec}, config.Codecs...)...); err != nil {
		return nil, fmt.Errorf("make event manager: %w", err)
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	if config.SendTimeout == 0 {
		config.SendTimeout = defaultSendTimeout
	}
	if config.StopTimeout == 0 {
		config.StopTimeout = defaultStopTimeout
	}
	m := &EventManager{
		provider: provider, config: config,
		quarantine: newQuarantine(), outcomes: outcomes{room: make(chan struct{}, sendWindow)},
	}
	m.base, m.halt = context.WithCancelCause(context.Background())
	m.readings.context, m.readings.cancel = context.WithCancelCause(m.base)
	m.stopping, m.beginStop = context.WithCancel(m.base)
	return m, nil
}

// wire takes what the registry knows, with the instances of its listeners and
// pipelines in the same order.
func (m *EventManager) wire(r *registry, listeners, pipelines []any) error {
	m.directory.registry = r
	m.publishEvents(r)
	m.chain = r.chain(pipelines)
	errs := []error{checkServerName(m.provider.ServerName())}
	for i, entry := range r.listeners {
		s, err := m.newSubscription(entry.descriptor, entry.binding.decode)
		if !entry.binding.bindTo(s, listeners[i]) {
			err = errors.Join(err, fmt.Errorf("listener %T is no %s", listeners[i], reflectx.Name(entry.binding.handler)))
		}
		if _, ok := r.names[entry.descriptor.deadLetters()]; ok {
			err = errors.Join(err, fmt.Errorf("listener %T has its dead letters in %q, which is the name of an event", listeners[i], entry.descriptor.deadLetters()))
		}
		errs = append(errs, err)
		m.roster.add(s)
		m.queues = append(m.queues, s.queue)
	}
	return errors.Join(errs...)
}

// publishEvents makes the events of the registry known to senders.
func (m *EventManager) publishEvents(r *registry) {
	events := make(map[reflect.Type]*EventDescriptor, len(r.events))
	for t, entry := range r.events {
		events[t] = entry.descriptor
	}
	m.events.Store(&events)
}

// fail tells the owner, once, of a failure that nothing here heals.
func (m *EventManager) fail(err error) {
	if !m.failure.CompareAndSwap(nil, &err) {
		return
	}
	m.config.Logger.LogAttrs(m.base, slog.LevelError, "eventing has failed", slog.Any("error", err))
	if m.onFail != nil {
		m.onFail(err)
	}
}

// Health returns nil when the manager runs, its provider is connected and all
// listeners work; else an error that says all that is wrong, and with which
// listener.
func (m *EventManager) Health(context.Context) error {
	if err := m.state.sendable(); err != nil {
		return err
	}
	errs := []error{m.provider.Err()}
	if failure := m.failure.Load(); failure != nil {
		if errors.Is(*failure, errs[0]) { // it says that and more
			errs = nil
		}
		errs = append(errs, *failure)
	}
	var known error
	if healthy, ok := m.provider.(Healthy); ok {
		known = healthy.Health()
		errs = append(errs, known)
	}
	for _, s := range m.roster.all() {
		errs = append(errs, s.health(known))
	}
	return errors.Join(errs...)
}

// ServerName returns the name of this server, or "" where it has none.
func (m *EventManager) ServerName() string { return m.provider.ServerName() }

func (m *EventManager) logPanic(ctx context.Context, where string, value any) {
	m.config.Logger.LogAttrs(ctx, slog.LevelError, "panic", slog.String("in", where),
		slog.Any("value", value), slog.String("stack", string(debug.Stack())))
}
