package eventing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"runtime/debug"
	"sync"
	"time"

	"github.com/aspyx-go/aspyx/reflectx"
)

// Config configures an [EventManager] that is made without the container. Its
// zero value works, for a manager that neither sends nor listens.
type Config struct {
	// Events are the events that are sent and have no listener here.
	Events []EventDefinition

	// Listeners are pointers to structs that embed [Listener].
	Listeners []any

	// Pipelines are pointers to structs that embed
	// [AbstractEnvelopePipeline].
	Pipelines []any

	// Codec encodes and decodes all events. Nil means [JSON].
	Codec Codec

	// Logger is where the manager logs what nobody else is told. Nil means
	// [slog.Default].
	Logger *slog.Logger

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
	events        map[reflect.Type]*EventDescriptor
	chain         *chain
	subscriptions []*subscription
	queues        []Queue

	state state
	stats counters

	base context.Context //nolint:containedctx // of all handlers; ended with ErrStopping by a stop's time limit
	halt context.CancelCauseFunc

	watch    sync.WaitGroup
	failOnce sync.Once
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
	for _, listener := range config.Listeners {
		errs = append(errs, withMarker(listener, isListenerMarker, "listener", "Listener[T]",
			func(marker reflectx.EmbeddedMarker, t reflect.Type) error {
				return r.addListener(marker, t, "")
			}))
	}
	for _, pipeline := range config.Pipelines {
		errs = append(errs, withMarker(pipeline, isPipelineMarker, "pipeline", "AbstractEnvelopePipeline", r.addPipeline))
	}
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
	if config.Codec == nil {
		config.Codec = JSON
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
	m := &EventManager{provider: provider, config: config}
	m.base, m.halt = context.WithCancelCause(context.Background())
	return m, nil
}

// wire takes what the registry knows, with the instances of its listeners and
// pipelines in the same order.
func (m *EventManager) wire(r *registry, listeners, pipelines []any) error {
	m.events = make(map[reflect.Type]*EventDescriptor, len(r.events))
	for t, entry := range r.events {
		m.events[t] = entry.descriptor
	}
	m.chain = r.chain(pipelines)
	var errs []error
	for i, entry := range r.listeners {
		queue, err := entry.descriptor.queue(m.provider.ServerName())
		if err == nil && queue.Server != "" {
			err = checkName("server", queue.Server)
		}
		invoke, ok := entry.binding.bind(listeners[i])
		if !ok {
			err = errors.Join(err, fmt.Errorf("listener %T is no %s", listeners[i], reflectx.Name(entry.binding.handler)))
		}
		errs = append(errs, err)
		m.subscriptions = append(m.subscriptions, &subscription{
			manager: m, listener: entry.descriptor, queue: queue,
			invoke: invoke, decode: entry.binding.decode,
		})
		m.queues = append(m.queues, queue)
	}
	return errors.Join(errs...)
}

// Start connects, declares the queues and attaches the listeners. When it
// returns nil, an event that is sent next reaches each of them. After an error
// everything is closed again; a manager starts only once. A broker that can't
// be reached is an error that wraps [ErrUnavailable].
func (m *EventManager) Start(ctx context.Context) error {
	if err := m.state.move(created, opening); err != nil {
		return err
	}
	if err := m.connect(ctx); err != nil {
		return errors.Join(err, m.close(ctx))
	}
	if err := m.attach(ctx); err != nil {
		return errors.Join(err, m.Stop(ctx))
	}
	return nil
}

// Stop takes no further events, lets the handlers finish, who may still send,
// and closes the connections. When ctx is done, or after the StopTimeout,
// whatever is still busy is cancelled with the cause [ErrStopping], and given
// back to its queue uncounted. A second call does nothing.
func (m *EventManager) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, m.config.StopTimeout)
	defer cancel()
	return errors.Join(m.drain(ctx), m.close(ctx))
}

// open is the first half of Start, where the container calls attach later.
func (m *EventManager) open(ctx context.Context) error {
	if err := m.state.move(created, opening); err != nil {
		return err
	}
	return m.connect(ctx)
}

// connect connects and declares: from here on events can be sent.
func (m *EventManager) connect(ctx context.Context) error {
	if err := m.provider.Start(ctx); err != nil {
		return fmt.Errorf("connect to %s: %w", m.provider.Name(), err)
	}
	if err := m.provider.Declare(ctx, m.queues); err != nil {
		return fmt.Errorf("declare queues: %w", err)
	}
	m.watch.Go(func() {
		<-m.provider.Done()
		if err := m.provider.Err(); !errors.Is(err, ErrClosed) {
			m.fail(err)
		}
	})
	return m.state.move(opening, running)
}

// attach begins to consume.
func (m *EventManager) attach(ctx context.Context) error {
	for _, s := range m.subscriptions {
		if err := s.start(ctx); err != nil {
			return fmt.Errorf("attach listener %q: %w", s.listener.Name, err)
		}
	}
	return nil
}

// close refuses further sends, flushes and disconnects.
func (m *EventManager) close(ctx context.Context) error {
	if !m.state.close() {
		return nil
	}
	// Sends that the stop's time limit has caught must not outlive it.
	release := context.AfterFunc(ctx, func() { m.halt(ErrStopping) })
	defer release()
	err := m.provider.Stop(ctx)
	m.halt(ErrStopping)
	m.watch.Wait()
	if err != nil {
		return fmt.Errorf("disconnect from %s: %w", m.provider.Name(), err)
	}
	return nil
}

// fail tells the owner, once, of a failure that nothing here heals.
func (m *EventManager) fail(err error) {
	m.failOnce.Do(func() {
		m.config.Logger.LogAttrs(m.base, slog.LevelError, "eventing has failed", slog.Any("error", err))
		if m.onFail != nil {
			m.onFail(err)
		}
	})
}

// Health returns nil when the manager runs, its provider is connected and no
// listener is held up; else an error that says all that is wrong.
func (m *EventManager) Health(context.Context) error {
	if err := m.state.sendable(); err != nil {
		return err
	}
	errs := []error{m.provider.Err()}
	for _, s := range m.subscriptions {
		errs = append(errs, s.health())
	}
	return errors.Join(errs...)
}

// ServerName returns the name of this server, or "" where it has none.
func (m *EventManager) ServerName() string { return m.provider.ServerName() }

func (m *EventManager) logPanic(ctx context.Context, where string, value any) {
	m.config.Logger.LogAttrs(ctx, slog.LevelError, "panic", slog.String("in", where),
		slog.Any("value", value), slog.String("stack", string(debug.Stack())))
}
