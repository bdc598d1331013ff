package eventing

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/aspyx-go/aspyx/reflectx"
)

// Event makes a struct that embeds it an event. The tag is optional:
//
//	type OrderPlaced struct {
//		eventing.Event `event:"name=order.placed,durable"`
//		ID             string `json:"id"`
//	}
//
// Its options:
//   - name=…: the event's name, and so its address on the broker; the type's
//     name where it is missing. A generic type needs one.
//   - durable: events and queues survive a restart of the broker, and events
//     wait for a listener that is away.
//   - broadcast: every server gets the event in a queue of its own, whatever
//     its listeners say.
//   - ttl=…: the time to live, from 1ms to 1176h: see [TTL].
//   - priority=…: from 0 to 9, default 4: see [Priority].
//   - key=…: the field that holds the event's key, like Customer.ID: events of
//     one key are handled in order. See [Key].
//
// An event may have a method Validate: see [Validator].
type Event struct {
	reflectx.Marker `marker:"eventing.Module"`
}

var (
	eventMarker = reflect.TypeFor[Event]()
	eventTag    = reflectx.NewTagSpec("event", "name=", "durable", "broadcast", "ttl=", "priority=", "key=")
)

// EventDescriptor describes a type of events. It must not be changed.
type EventDescriptor struct {
	// Name is the event's name, unique in its manager.
	Name string
	// Type is the event's struct type. It is nil where [SubscribeName] listens
	// to an event that the manager doesn't know.
	Type reflect.Type
	// Durable events survive a restart of the broker.
	Durable bool
	// Broadcast events reach every server.
	Broadcast bool
	// TTL is the time to live of an event; zero means forever.
	TTL time.Duration
	// Priority is from 0, the lowest, to 9.
	Priority int
	// Key is the field that holds the event's key, by its path; empty means
	// that the events have no order by a key.
	Key string
	// Codec encodes the event; nil means the manager's.
	Codec Codec

	key        *keyField // nil without Key
	validation validation
	counters   *eventCounters
	err        error // of its options, until it is complete
}

// unsaid is the priority of an event until somebody has said one.
const unsaid = -1

// EventOption is an option of [RegisterEvent] and [EventOf].
type EventOption func(*EventDescriptor)

// Name names the event; see [Event].
func Name(name string) EventOption { return func(d *EventDescriptor) { d.Name = name } }

// Durable makes the event durable; see [Event].
func Durable() EventOption { return func(d *EventDescriptor) { d.Durable = true } }

// Broadcast makes the event a broadcast; see [Event].
func Broadcast() EventOption { return func(d *EventDescriptor) { d.Broadcast = true } }

// TTL gives the event a time to live: where a queue still has it when so much
// time has passed since it was sent, the broker drops it. What a listener has
// begun with is not affected, nor its retries and dead letters, and what was
// fetched ahead for a listener is handled too. From 1ms to 49 days. [WithTTL]
// has another one for one send.
func TTL(d time.Duration) EventOption {
	return func(descriptor *EventDescriptor) {
		if err := checkTTL(d); err != nil {
			descriptor.err = errors.Join(descriptor.err, fmt.Errorf("option TTL(%v) %w", d, err))
		}
		descriptor.TTL = d
	}
}

// Priority sets the event's priority, from 0, the lowest, to 9; the default is
// [DefaultPriority]. Brokers with priorities deliver what waits in a queue in
// their order; see the provider's documentation. [WithPriority] has another one
// for one send.
func Priority(n int) EventOption {
	return func(d *EventDescriptor) {
		if err := checkPriority(n); err != nil {
			d.err = errors.Join(d.err, fmt.Errorf("option Priority(%d) %w", n, err))
		}
		d.Priority = n
	}
}

// EventDefinition names a type of events. The zero value is not one; see
// [EventOf].
type EventDefinition struct {
	eventType reflect.Type
	options   []EventOption
}

// EventOf defines T as an event, for [Config].Events. A type that embeds
// [Event] says its options in its tag and takes none here but [EncodedBy]; one
// that can't, as it is generated or another module's, takes them here.
func EventOf[T any](options ...EventOption) EventDefinition {
	return EventDefinition{eventType: reflect.TypeFor[T](), options: options}
}

func (d EventDefinition) describe() (*EventDescriptor, error) {
	if d.eventType == nil {
		return nil, errors.New("event definition is empty: use EventOf")
	}
	if d.eventType.Kind() != reflect.Struct {
		return nil, fmt.Errorf("event %s must be a struct type", reflectx.Name(d.eventType))
	}
	if _, err := reflectx.Markers(d.eventType); err != nil {
		return nil, err // it would pass for a foreign type
	}
	descriptor := &EventDescriptor{Priority: unsaid}
	for _, option := range d.options {
		option(descriptor)
	}
	codec := descriptor.Codec
	if codec != nil {
		if _, err := newReader(codec); err != nil {
			return nil, fmt.Errorf("event %s: %w", reflectx.Name(d.eventType), err)
		}
	}
	if marker, ok := findMarker(d.eventType, isEventMarker); ok {
		descriptor.Codec = nil
		if *descriptor == (EventDescriptor{Priority: unsaid}) {
			return describeEncoded(marker, d.eventType, codec)
		}
		return nil, fmt.Errorf("event %s embeds eventing.Event: say its options in the tag, not with RegisterEvent", reflectx.Name(d.eventType))
	}
	descriptor.Type = d.eventType
	if err := descriptor.complete(); err != nil {
		return nil, err
	}
	return descriptor, nil
}

func describeEncoded(marker reflectx.EmbeddedMarker, t reflect.Type, codec Codec) (*EventDescriptor, error) {
	descriptor, err := describeEvent(marker, t)
	if err != nil {
		return nil, err
	}
	descriptor.Codec = codec
	return descriptor, nil
}

// describeEvent reads a type that embeds Event.
func describeEvent(marker reflectx.EmbeddedMarker, t reflect.Type) (*EventDescriptor, error) {
	options, _, err := eventTag.Parse(marker.Field.Tag)
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", reflectx.Name(t), err)
	}
	descriptor := &EventDescriptor{
		Name:      options["name"],
		Type:      t,
		Durable:   options.Has("durable"),
		Broadcast: options.Has("broadcast"),
		Priority:  unsaid,
		Key:       options["key"],
	}
	descriptor.err = errors.Join(descriptor.readTTL(options), descriptor.readPriority(options))
	if err := descriptor.complete(); err != nil {
		return nil, err
	}
	return descriptor, nil
}

func (d *EventDescriptor) readTTL(options reflectx.Options) error {
	text, ok := options["ttl"]
	if !ok {
		return nil
	}
	var err error
	if d.TTL, err = time.ParseDuration(text); err == nil {
		err = checkTTL(d.TTL)
	} else {
		err = errors.New("must be a duration like 30s or 24h")
	}
	if err != nil {
		return fmt.Errorf("option ttl=%s %w", text, err)
	}
	return nil
}

func (d *EventDescriptor) readPriority(options reflectx.Options) error {
	text, ok := options["priority"]
	if !ok {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		n = -1
	}
	if err := checkPriority(n); err != nil {
		return fmt.Errorf("option priority=%s %w", text, err)
	}
	d.Priority = n
	return nil
}

func (d *EventDescriptor) complete() error {
	d.validation, d.counters = validationOf(d.Type), &eventCounters{}
	if d.Priority == unsaid {
		d.Priority = DefaultPriority
	}
	if d.Name == "" {
		name, ok := reflectx.SimpleName(d.Type)
		if !ok {
			return errors.Join(d.err, fmt.Errorf("event %s is an instance of a generic type: give it a name in its tag", reflectx.Name(d.Type)))
		}
		d.Name = name
	}
	err := checkName("event", d.Name)
	if d.Key != "" {
		var keyErr error
		d.key, keyErr = findKey(d.Type, d.Key)
		err = errors.Join(err, keyErr)
	}
	if d.err != nil {
		err, d.err = errors.Join(err, d.err), nil
	}
	if err == nil && strings.HasPrefix(d.Name, DeadLetterPrefix) {
		err = fmt.Errorf("event name %q begins with %q, like the addresses of dead letters: choose another", d.Name, DeadLetterPrefix)
	}
	if err != nil {
		return fmt.Errorf("event %s: %w", reflectx.Name(d.Type), err)
	}
	return nil
}

func isEventMarker(t reflect.Type) bool { return t == eventMarker }

// findMarker returns the marker of t that is wanted.
func findMarker(t reflect.Type, wanted func(reflect.Type) bool) (reflectx.EmbeddedMarker, bool) {
	markers, _ := reflectx.Markers(t) // what is misplaced is the caller's to report
	for _, marker := range markers {
		if wanted(marker.Type) {
			return marker, true
		}
	}
	return reflectx.EmbeddedMarker{}, false
}
