package eventing

import (
	"fmt"
	"reflect"
)

// Validator is what an event may implement, on the value or on the pointer: it
// is asked before the event is sent and after it was decoded, each time behind
// the last pipeline. An event that isn't valid isn't sent: the error of
// SendEvent wraps [ErrInvalid] and Validate's own. One that has come is
// dead-lettered, without a call of the listener.
type Validator interface {
	Validate() error
}

var validatorType = reflect.TypeFor[Validator]()

// validation tells, once for a type of events, how an event is asked.
type validation int

const (
	never     validation = iota
	byValue              // both a value and a pointer have the method
	byPointer            // only a pointer has it
)

func validationOf(t reflect.Type) validation {
	switch {
	case t.Implements(validatorType):
		return byValue
	case reflect.PointerTo(t).Implements(validatorType):
		return byPointer
	}
	return never
}

// validate asks an event that is to be sent: a value, or a pointer to one.
func (d *EventDescriptor) validate(event any) error {
	if d.validation == never {
		return nil
	}
	validator, ok := event.(Validator)
	if !ok {
		// A value, whose method wants a pointer: the type is known only to
		// reflect. That is the one case which costs a copy.
		pointer := reflect.New(d.Type)
		pointer.Elem().Set(reflect.ValueOf(event))
		if validator, ok = reflect.TypeAssert[Validator](pointer); !ok {
			return nil
		}
	}
	return ask(validator, d.Name)
}

// validateDecoded asks an event that has come, a pointer.
func validateDecoded(event any, name string) error {
	validator, ok := event.(Validator)
	if !ok {
		return nil
	}
	return Permanent(ask(validator, name))
}

// ask turns a panic of the user's method into an error.
func ask(validator Validator, name string) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = newPanicError(value)
		}
		if err != nil {
			err = &invalidError{name, err}
		}
	}()
	return validator.Validate()
}

// invalidError leads to Validate's error, whose type a dead letter tells.
type invalidError struct {
	event string
	err   error
}

func (e *invalidError) Error() string {
	return fmt.Sprintf("validate event %q: %v: %v", e.event, ErrInvalid, e.err)
}

func (e *invalidError) Unwrap() error        { return e.err }
func (e *invalidError) Is(target error) bool { return target == ErrInvalid }
