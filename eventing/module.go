package eventing

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/environment/config"
	"github.com/aspyx-go/aspyx/errhandler"
	"github.com/aspyx-go/aspyx/reflectx"
)

// Module is the part of a module that makes events, listeners and pipelines
// work: it adds an [*EventManager] to the environment, finds what the other
// parts register, and starts and stops it all.
//
// The source tells where the events go: the Config of a transport, a
// *memory.Broker, or [Configured]. Without one, the container must provide a
// [Provider]. [Use] replaces it at boot.
func Module(source ...Source) environment.Part {
	chosen := moduleSource{}
	if len(source) > 0 {
		chosen.source = source[0]
	}
	chosen.tooMany = len(source) > 1
	return environment.Module("eventing", environment.Contribute(chosen), extension)
}

// RegisterEvent makes T an event, for types that can't embed [Event] because
// they are generated or another module's.
func RegisterEvent[T any](options ...EventOption) environment.Part {
	return environment.Contribute(EventOf[T](options...))
}

// WithPolicy gives the listener L a failure policy in code, in place of the
// options in its tag: see [PolicyFor].
func WithPolicy[L any](policy Policy) environment.Part {
	return environment.Contribute(PolicyFor[L](policy))
}

type moduleSource struct {
	source  Source
	tooMany bool
}

// extension is one value for all modules, so that an environment has one.
var extension = environment.Extend(glue{})

// glue is what the container knows of eventing.
type glue struct{}

// Extend implements [environment.Extension].
func (glue) Extend(inspection *environment.Inspection) {
	registry := newRegistry()
	registerEvents(inspection, registry)
	registerPolicies(inspection, registry)
	var listeners, pipelines []*environment.Component
	for _, component := range inspection.Components() {
		for _, marker := range component.Markers() {
			var err error
			switch {
			case isListenerMarker(marker.Type):
				if err = mustBePointer(component); err == nil {
					err = registry.addListener(marker, component.Type(), component.Place())
				}
				listeners = append(listeners, component)
			case isPipelineMarker(marker.Type):
				if err = mustBePointer(component); err == nil {
					err = registry.addPipeline(marker, component.Type())
				}
				pipelines = append(pipelines, component)
			default:
				continue
			}
			inspection.Claim(component, marker.Type)
			if err != nil {
				inspection.Report(component, err, "")
			}
		}
	}
	if err := registry.checkPolicies(); err != nil {
		inspection.Report(nil, err, "")
	}
	managers := inspection.Add(managerPart(inspection))
	if len(managers) != 1 {
		return // the container has one already, and says so
	}
	handlers := errorHandlers(inspection)
	inbox := theOnly(inspection, reflect.TypeFor[Inbox](), "keep one of them")
	if err := registry.checkInbox(len(inbox) > 0); err != nil {
		inspection.Report(nil, err, "")
	}
	needs := slices.Concat(managers, listeners, pipelines, handlers, inbox)
	inspection.Add(environment.Assemble("eventing", needs,
		func(_ context.Context, env *environment.Environment, built []any) (*dispatcher, error) {
			m, ok := built[0].(*EventManager)
			if !ok {
				return nil, fmt.Errorf("%T is no event manager", built[0])
			}
			m.onFail = env.Stop
			built = built[1:]
			others := built[len(listeners)+len(pipelines):]
			if err := m.take(others); err != nil {
				return nil, err
			}
			return &dispatcher{m}, m.wire(registry, built[:len(listeners)], built[len(listeners):len(built)-len(others)])
		}))
}

// take takes what the container has for the manager, beside listeners and
// pipelines.
func (m *EventManager) take(components []any) (err error) {
	var handlers []errhandler.Handler
	for _, component := range components {
		switch part := component.(type) {
		case *errhandler.Manager:
			m.config.ErrorHandlers = part
		case errhandler.Handler:
			handlers = append(handlers, part)
		case Inbox:
			m.config.Inbox = part
		}
	}
	if len(handlers) > 0 {
		m.config.ErrorHandlers, err = errhandler.New(handlers...)
	}
	return err
}

// registerEvents adds all events before the first listener is read.
func registerEvents(inspection *environment.Inspection, registry *registry) {
	for _, contribution := range environment.Contributions[EventDefinition](inspection) {
		descriptor, err := contribution.Value.describe()
		if err == nil {
			err = registry.addEvent(descriptor, contribution.Place)
		}
		if err != nil {
			inspection.Report(nil, fmt.Errorf("%w (%s)", err, contribution.Place), "")
		}
	}
	for _, component := range inspection.Components() {
		for _, marker := range component.Markers() {
			if !isEventMarker(marker.Type) {
				continue
			}
			inspection.Claim(component, marker.Type)
			if err := registry.addEventType(marker, component.Struct(), component.Place()); err != nil {
				inspection.Report(component, err, "")
			}
			if len(component.Markers()) == 1 {
				inspection.RecordOnly(component)
			}
		}
	}
}

func registerPolicies(inspection *environment.Inspection, registry *registry) {
	for _, contribution := range environment.Contributions[ListenerPolicy](inspection) {
		if err := registry.addPolicy(contribution.Value, contribution.Place); err != nil {
			inspection.Report(nil, err, "")
		}
	}
}

// errorHandlers returns the handlers of errors by type that the modules provide,
// or the one component that has them all.
func errorHandlers(inspection *environment.Inspection) []*environment.Component {
	all := theOnly(inspection, reflect.TypeFor[*errhandler.Manager](), "make one of the handlers of both")
	var single []*environment.Component
	for _, component := range inspection.Components() {
		if component.Type() == reflect.TypeFor[errhandler.Handler]() {
			single = append(single, component)
		}
	}
	if len(all) > 0 && len(single) > 0 {
		inspection.Report(single[0], fmt.Errorf("eventing takes single errhandler.Handlers or one *errhandler.Manager, and there is one (%s)", all[0].Place()),
			"add the handler to the manager")
		return all
	}
	return slices.Concat(all, single)
}

// theOnly returns the component of a type of which eventing takes one, if there
// is one.
func theOnly(inspection *environment.Inspection, t reflect.Type, hint string) []*environment.Component {
	var found []*environment.Component
	for _, component := range inspection.Components() {
		if !component.Type().AssignableTo(t) {
			continue
		}
		if found = append(found, component); len(found) > 1 {
			inspection.Report(component, fmt.Errorf("eventing takes one %s, and there is another (%s)", t, found[0].Place()), hint)
			return found[:1]
		}
	}
	return found
}

func mustBePointer(component *environment.Component) error {
	if component.Type().Kind() == reflect.Pointer {
		return nil
	}
	return fmt.Errorf("constructor returns %s: return *%s", reflectx.Name(component.Type()), reflectx.Name(component.Type()))
}

// managerPart makes the manager from the chosen source, or from a Provider of
// the container.
func managerPart(inspection *environment.Inspection) environment.Part {
	modules := environment.Contributions[moduleSource](inspection)
	chosen := modules[0].Value.source
	for _, other := range modules {
		if other.Value.tooMany {
			inspection.Report(nil, fmt.Errorf("eventing.Module takes one source (%s)", other.Place), "")
		}
	}
	for _, other := range modules[1:] {
		inspection.Report(nil, fmt.Errorf("eventing.Module is listed twice: %s and %s", modules[0].Place, other.Place),
			"keep one in a variable and list that, or only one")
	}
	if use, ok := environment.SettingOf[useSource](inspection); ok {
		chosen = use.Source
		if chosen == nil {
			inspection.Report(nil, errors.New("eventing.Use was given nil"), "")
		}
	}
	manager, server := readSettings(inspection)
	finish := func(provider Provider) (*EventManager, func(context.Context) error, error) {
		m, err := newManager(provider, manager)
		if err != nil {
			return nil, nil, err
		}
		return m, m.close, nil
	}
	if chosen == nil {
		if server != "" {
			inspection.Report(nil, errors.New("eventing.ServerName can't reach a provider that the container provides"), "set the name where the provider is made")
		}
		return environment.Provide(finish)
	}
	return environment.Provide(func(values *config.Values) (*EventManager, func(context.Context) error, error) {
		provider, err := chosen.Open(Settings{
			ServerName: server, Logger: manager.Logger,
			Property: func(key string) (string, error) { return property(values, key) },
		})
		if err != nil {
			return nil, nil, fmt.Errorf("open provider: %w", err)
		}
		return finish(provider)
	})
}

// property reads a value of the configuration that may be missing.
func property(values *config.Values, key string) (string, error) {
	value, err := config.Get[string](values, key)
	if errors.Is(err, config.ErrMissing) {
		return "", nil
	}
	return value, err
}

// dispatcher starts and stops the manager at the right moments: it depends on
// the manager, all listeners and all pipelines, and so is built last and
// stopped first, while they can still work.
type dispatcher struct{ manager *EventManager }

// OnInit connects and declares the queues: events that others send in their
// OnRunning wait there.
func (d *dispatcher) OnInit(ctx context.Context) error { return d.manager.open(ctx) }

// OnRunning attaches the listeners.
func (d *dispatcher) OnRunning(ctx context.Context) error { return d.manager.attach(ctx) }

// OnStopping ends intake and waits for the handlers.
func (d *dispatcher) OnStopping(ctx context.Context) error { return d.manager.drain(ctx) }
