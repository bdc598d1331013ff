package eventing

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/aspyx-go/aspyx/reflectx"
)

// registry holds what one manager knows of events, listeners and pipelines,
// and refuses what doesn't fit together. It is filled at boot and then only
// read.
type registry struct {
	events    map[reflect.Type]*eventEntry
	names     map[string]*eventEntry
	listeners []*listenerEntry
	pipelines []pipelineEntry
	policies  map[reflect.Type]*policyEntry // by the listener's struct
}

type eventEntry struct {
	descriptor *EventDescriptor
	place      string // file and line, where the container knows it
}

type listenerEntry struct {
	descriptor *EventListenerDescriptor
	binding    binding
	place      string
}

type pipelineEntry struct {
	order int
	t     reflect.Type
}

func newRegistry() *registry {
	return &registry{events: map[reflect.Type]*eventEntry{}, names: map[string]*eventEntry{}, policies: map[reflect.Type]*policyEntry{}}
}

// addEvent adds an event. The same type again is the same event.
func (r *registry) addEvent(descriptor *EventDescriptor, place string) error {
	if same, ok := r.events[descriptor.Type]; ok {
		return same.descriptor.encodedBy(descriptor.Codec)
	}
	if other, ok := r.names[descriptor.Name]; ok {
		return fmt.Errorf("two events are named %q: %s%s and %s%s; give one of them another name in its tag",
			descriptor.Name, reflectx.FullName(other.descriptor.Type), at(other.place), reflectx.FullName(descriptor.Type), at(place))
	}
	entry := &eventEntry{descriptor: descriptor, place: place}
	r.events[descriptor.Type], r.names[descriptor.Name] = entry, entry
	return nil
}

// addEventType adds an event that embeds Event.
func (r *registry) addEventType(marker reflectx.EmbeddedMarker, t reflect.Type, place string) error {
	descriptor, err := describeEvent(marker, t)
	if err != nil {
		return err
	}
	return r.addEvent(descriptor, place)
}

// addListener adds a listener, t is *struct, and the event it listens to.
func (r *registry) addListener(marker reflectx.EmbeddedMarker, t reflect.Type, place string) error {
	if entry, ok := r.policies[t.Elem()]; ok {
		entry.used = true
	}
	m, _ := reflectx.Zero[listenerMarker](marker.Type)
	b := m.binding()
	event, err := r.eventOf(b.event, place)
	if err != nil {
		return fmt.Errorf("listener %s: %w", reflectx.Name(t), err)
	}
	descriptor, err := describeListener(marker, t)
	if err := errors.Join(err, checkOn(t, b)); err != nil {
		return err
	}
	if descriptor.Policy, err = r.policyOf(t, descriptor.Policy); err != nil {
		return fmt.Errorf("listener %s: %w", reflectx.Name(t), err)
	}
	descriptor.Event = event
	if err := descriptor.checkOrder(); err != nil {
		return fmt.Errorf("listener %s: %w", reflectx.Name(t), err)
	}
	if descriptor.Group != "" && (descriptor.PerProcess || event.Broadcast) {
		return fmt.Errorf("listener %s has group=%s, which shares a queue, and is per process or listens to a broadcast, which doesn't: choose one",
			reflectx.Name(t), descriptor.Group)
	}
	entry := &listenerEntry{descriptor: descriptor, binding: b, place: place}
	for _, other := range r.listeners {
		if err := distinct(other, entry); err != nil {
			return err
		}
	}
	r.listeners = append(r.listeners, entry)
	return nil
}

// distinct tells whether the names of two listeners keep their queues apart.
func distinct(x, y *listenerEntry) error {
	both := func() string {
		return fmt.Sprintf("%s%s and %s%s; give one of them another name in its tag",
			reflectx.FullName(x.descriptor.Type), at(x.place), reflectx.FullName(y.descriptor.Type), at(y.place))
	}
	if x.descriptor.Name == y.descriptor.Name {
		return fmt.Errorf("two listeners are named %q: %s", y.descriptor.Name, both())
	}
	if letters := y.descriptor.deadLetters(); x.descriptor.deadLetters() == letters {
		return fmt.Errorf("two listeners have their dead letters in %q: %s", letters, both())
	}
	return nil
}

// deadLetters returns the address of the listener's dead letters.
func (d *EventListenerDescriptor) deadLetters() string {
	return Queue{Event: d.Event.Name, Listener: d.Name, DeadLetters: d.Policy.DeadLetters}.DeadLetter().Address()
}

// eventOf returns the event that a listener listens to, which needs no
// registration of its own if it embeds Event.
func (r *registry) eventOf(t reflect.Type, place string) (*EventDescriptor, error) {
	if entry, ok := r.events[t]; ok {
		return entry.descriptor, nil
	}
	if t.Kind() == reflect.Pointer {
		return nil, fmt.Errorf("events are values: write [%s], not [%s]", reflectx.Name(t.Elem()), reflectx.Name(t))
	}
	if _, err := reflectx.Markers(t); err != nil {
		return nil, err
	}
	marker, ok := findMarker(t, isEventMarker)
	if !ok {
		return nil, fmt.Errorf("%s is no event: embed eventing.Event in it, or add eventing.RegisterEvent[%s]() if it isn't yours",
			reflectx.Name(t), reflectx.Name(t))
	}
	if err := r.addEventType(marker, t, place); err != nil {
		return nil, err
	}
	return r.events[t].descriptor, nil
}

// addPipeline adds a pipeline, t is *struct.
func (r *registry) addPipeline(marker reflectx.EmbeddedMarker, t reflect.Type) error {
	order, err := describePipeline(marker, t)
	if err != nil {
		return err
	}
	r.pipelines = append(r.pipelines, pipelineEntry{order: order, t: t})
	return nil
}

// chain composes pipelines, given in the order of their entries.
func (r *registry) chain(pipelines []any) *chain {
	type ordered struct {
		order    int
		pipeline any
	}
	all := make([]ordered, len(pipelines))
	for i, pipeline := range pipelines {
		all[i] = ordered{r.pipelines[i].order, pipeline}
	}
	slices.SortStableFunc(all, func(a, b ordered) int { return a.order - b.order })
	c := &chain{}
	for _, o := range all {
		if s, ok := o.pipeline.(sendSide); ok {
			c.senders = append(c.senders, s)
		}
		if h, ok := o.pipeline.(handleSide); ok {
			c.handlers = append(c.handlers, h)
		}
	}
	return c
}

// queue returns the queue of a listener on this server.
func (d *EventListenerDescriptor) queue(server string) (Queue, error) {
	queue := Queue{Event: d.Event.Name, Listener: d.Name, Group: d.Group, Durable: d.Event.Durable, DeadLetters: d.Policy.DeadLetters}
	if !d.PerProcess && !d.Event.Broadcast {
		return queue, nil
	}
	if server == "" {
		return queue, fmt.Errorf("listener %s is per process, or listens to a broadcast: it needs a server name, in the provider's Config or by eventing.ServerName",
			reflectx.Name(d.Type))
	}
	queue.Server = server
	return queue, nil
}

func at(place string) string {
	if place == "" {
		return ""
	}
	return " (" + place + ")"
}
