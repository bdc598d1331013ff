package eventing

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/aspyx-go/aspyx/reflectx"
)

// Key names the field that holds the event's key: events of one key are handled
// in order. It is an exported field of the event, or of a struct in it, as in
// "Customer.ID": a string, an integer or an [encoding.TextMarshaler]. An event
// whose field is empty, or a nil pointer, has no key, and no order. [WithKey]
// sets another key for one send.
//
// A listener of such an event tries a failed one again in place only, while the
// next ones of its key wait: its policy must fit in that. See [Policy].InPlace.
func Key(field string) EventOption {
	return func(d *EventDescriptor) {
		if field == "" {
			d.err = errors.Join(d.err, errors.New(`option Key("") must name a field`))
		}
		d.Key = field
	}
}

// WithKey sets the event's key, in place of its field's: see [Key]. A key has 1
// to [MaxKeyBytes] bytes of UTF-8 without NUL. Another one, or one for an event
// whose descriptor has no key, is an error that wraps [ErrOption].
func WithKey(key string) SendOption {
	return func(e *Envelope) {
		switch err := checkKey(key); {
		case e.run.sending == nil || e.run.sending.event.key == nil:
			e.refuse(fmt.Errorf("%w: WithKey(%q): event %q has no key: give it one by key=… in its tag, or by Key",
				ErrOption, abbreviate(key), e.EventName()))
		case err != nil:
			e.refuse(fmt.Errorf("%w: WithKey(%q) %w", ErrOption, abbreviate(key), err))
		default:
			e.message.Key = key
		}
	}
}

// Key returns the event's key, on both sides; empty where it has none.
func (e *Envelope) Key() string { return e.about().Key }

func checkKey(key string) error {
	if key == "" || len(key) > MaxKeyBytes || !utf8.ValidString(key) || strings.Contains(key, "\x00") {
		return fmt.Errorf("must have 1 to %d bytes of UTF-8 without NUL", MaxKeyBytes)
	}
	return nil
}

// isKeyed tells whether the listener handles events of one key in order.
func (d *EventListenerDescriptor) isKeyed() bool { return d.Event.key != nil }

// key is what the delivery's order goes by; empty where it has none. Such an
// event isn't delivered again later: it would come behind the next of its key.
func (h *handling) key() string {
	if !h.subscription.listener.isKeyed() {
		return ""
	}
	return h.delivery.Message.Key
}

// keyField is where the key of an event is, and how it becomes text.
type keyField struct {
	index []int
	text  func(field reflect.Value) (string, error)
}

// keyOf returns the key that an event, or what it points to, says itself.
func (d *EventDescriptor) keyOf(event any) (key string, err error) {
	defer func() {
		if value := recover(); value != nil { // of MarshalText
			err = newPanicError(value)
		}
		if err != nil {
			key, err = "", fmt.Errorf("field %s, the key of event %q: %w", d.Key, d.Name, err)
		}
	}()
	v := reflect.Indirect(reflect.ValueOf(event))
	if key, err = d.key.text(v.FieldByIndex(d.key.index)); err != nil || key == "" {
		return "", err
	}
	if err := checkKey(key); err != nil {
		return "", fmt.Errorf("%w: %q %w", ErrOption, abbreviate(key), err)
	}
	return key, nil
}

// findKey returns the field that a path leads to.
func findKey(t reflect.Type, path string) (*keyField, error) {
	var found keyField
	at := t
	for name := range strings.SplitSeq(path, ".") {
		if at.Kind() != reflect.Struct {
			return nil, fmt.Errorf("key %s: %s is no struct, so that it has no field %s", path, reflectx.Name(at), name)
		}
		field, ok := at.FieldByName(name)
		if !ok || !field.IsExported() {
			return nil, fmt.Errorf("key %s: %w", path, missingField(at, name))
		}
		if isBehindPointer(at, field.Index) {
			return nil, fmt.Errorf("key %s: field %s is behind an embedded pointer, which may be nil", path, name)
		}
		found.index, at = append(found.index, field.Index...), field.Type
	}
	if found.text = textOf(at); found.text == nil {
		return nil, fmt.Errorf("key %s has the type %s: it must be a string, an integer or an encoding.TextMarshaler", path, reflectx.Name(at))
	}
	return &found, nil
}

func missingField(t reflect.Type, name string) error {
	var all []string
	for _, field := range reflect.VisibleFields(t) {
		if field.IsExported() && !field.Anonymous {
			all = append(all, field.Name)
		}
	}
	hint := "it has " + strings.Join(all, ", ")
	if nearest, ok := reflectx.Nearest(name, all); ok {
		hint = "did you mean " + nearest + "?"
	} else if len(all) == 0 {
		hint = "it has none"
	}
	return fmt.Errorf("%s has no exported field %s: %s", reflectx.Name(t), name, hint)
}

// isBehindPointer tells whether an index leads through an embedded pointer.
func isBehindPointer(t reflect.Type, index []int) bool {
	for _, i := range index[:len(index)-1] {
		if t = t.Field(i).Type; t.Kind() == reflect.Pointer {
			return true
		}
	}
	return false
}

var textMarshalerType = reflect.TypeFor[encoding.TextMarshaler]()

// textOf returns how a value of the type becomes text, or nil.
func textOf(t reflect.Type) func(reflect.Value) (string, error) {
	if t.Implements(textMarshalerType) {
		return marshalText
	}
	switch t.Kind() {
	case reflect.String:
		return func(v reflect.Value) (string, error) { return v.String(), nil }
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(v reflect.Value) (string, error) { return strconv.FormatInt(v.Int(), 10), nil }
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return func(v reflect.Value) (string, error) { return strconv.FormatUint(v.Uint(), 10), nil }
	default:
		return nil
	}
}

func marshalText(v reflect.Value) (string, error) {
	if (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && v.IsNil() {
		return "", nil
	}
	marshaler, ok := reflect.TypeAssert[encoding.TextMarshaler](v)
	if !ok {
		return "", fmt.Errorf("%s is no encoding.TextMarshaler", reflectx.Name(v.Type()))
	}
	text, err := marshaler.MarshalText()
	return string(text), err
}

// checkOrder tells whether a keyed listener retries in place only: an event
// that is delivered again later would come behind the next of its key.
func (d *EventListenerDescriptor) checkOrder() error {
	if !d.isKeyed() {
		return nil
	}
	inPlace, pauses := d.Policy.inPlaceOnly()
	if inPlace {
		return nil
	}
	return fmt.Errorf("event %q has a key, so that a failed one is tried again in place only: the retries pause for %v or more, and %v of it is the most in place: "+
		"give it fewer retries or a shorter backoff, or raise Policy.InPlace (to %v at most)", d.Event.Name, pauses, max(d.Policy.InPlace, 0), maxInPlace)
}
