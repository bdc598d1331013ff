package eventing

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aspyx-go/aspyx/reflectx"
)

// registry holds what one manager knows of events, listeners and pipelines,
// and refuses what doesn't fit together. It is filled at boot; later only the
// [directory] of the manager adds to it.
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
	leaves     bool // it is unsubscribed
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
	return r.enlist(&listenerEntry{descriptor: descriptor, binding: b, place: place})
}

// enlist adds a listener that is fully described.
func (r *registry) enlist(entry *listenerEntry) error {
	d := entry.descriptor
	if err := d.checkOrder(); err != nil {
		return fmt.Errorf("%s: %w", d.subject(), err)
	}
	if d.Group != "" && (d.PerProcess || d.Event.Broadcast) {
		return fmt.Errorf("%s has group=%s, which shares a queue, and is per process or listens to a broadcast, which doesn't: choose one",
			d.subject(), d.Group)
	}
	for _, other := range r.listeners {
		if err := distinct(other, entry); err != nil {
			return err
		}
	}
	r.listeners = append(r.listeners, entry)
	return nil
}

// checkInbox tells which listeners need an inbox, if there is none.
func (r *registry) checkInbox(there bool) error {
	var errs []error
	for _, entry := range r.listeners {
		errs = append(errs, entry.descriptor.checkInbox(there))
	}
	return errors.Join(errs...)
}

// distinct tells whether the names of two listeners keep their queues apart.
func distinct(x, y *listenerEntry) error {
	both := func() string {
		if y.descriptor.Type == nil {
			return fmt.Sprintf("%s and %s; give the subscription another name", x, y)
		}
		return fmt.Sprintf("%s and %s; give one of them another name in its tag", x, y)
	}
	if x.descriptor.Name == y.descriptor.Name {
		return fmt.Errorf("two listeners are named %q: %s", y.descriptor.Name, both())
	}
	if letters := y.descriptor.deadLetters(); x.descriptor.deadLetters() == letters && !shareDeadLetters(x.descriptor, y.descriptor) {
		return fmt.Errorf("two listeners have their dead letters in %q: %s", letters, both())
	}
	return nil
}

// shareDeadLetters tells whether the two may have one address of dead letters.
func shareDeadLetters(x, y *EventListenerDescriptor) bool {
	return x.temporary && y.temporary && x.Event.Name == y.Event.Name
}

// String tells a listener from others of its name.
func (e *listenerEntry) String() string {
	if e.descriptor.Type == nil {
		return e.descriptor.subject()
	}
	return reflectx.FullName(e.descriptor.Type) + at(e.place)
}

// deadLetters returns the address of the listener's dead letters.
func (d *EventListenerDescriptor) deadLetters() string {
	return Queue{Event: d.Event.Name, Listener: d.queueListener(), DeadLetters: d.Policy.DeadLetters}.DeadLetter().Address()
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
	slices.SortStableFunc(all, func(a, b ordered) int { return cmp.Compare(a.order, b.order) })
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
	queue := Queue{Event: d.Event.Name, Listener: d.queueListener(), Group: d.Group, Durable: d.Event.Durable, DeadLetters: d.Policy.DeadLetters}
	switch {
	case d.temporary:
		queue.Server, queue.Durable = strings.TrimPrefix(d.Name, temporary+"-"), false
		return queue, nil
	case !d.PerProcess && !d.Event.Broadcast:
		return queue, nil
	case server == "":
		return queue, fmt.Errorf("%s is per process, or listens to a broadcast: it needs a server name, in the provider's Config or by eventing.ServerName", d.subject())
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
