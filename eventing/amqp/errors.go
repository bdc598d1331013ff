package amqp

import (
	"errors"
	"fmt"
	"strings"

	"github.com/Azure/go-amqp"

	"github.com/aspyx-go/aspyx/eventing"
)

// ErrAuthentication is returned by Start, and by Health where the connection was
// lost and can't be made again, together with [eventing.ErrUnavailable], when the
// broker refuses user, password or certificate. A provider that has started goes
// on trying.
var ErrAuthentication = errors.New("amqp: authentication failed")

// maxReason is how many bytes of a broker's text an error repeats.
const maxReason = 500

// connectError is a connection that couldn't be made. It prints on one line.
type connectError struct {
	address string
	reason  string
	cause   error
}

func (e *connectError) Error() string {
	return fmt.Sprintf("%v: %s: %s", eventing.ErrUnavailable, e.address, e.reason)
}

func (e *connectError) Unwrap() []error { return []error{eventing.ErrUnavailable, e.cause} }

// describe returns the peer's reason where there is one, else the error's
// text, on one line.
func describe(err error) string {
	text := fmt.Sprint(err)
	if remote, ok := errors.AsType[*amqp.Error](err); ok {
		text = string(remote.Condition)
		if remote.Description != "" {
			text += ": " + remote.Description
		}
	}
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > maxReason {
		text = strings.ToValidUTF8(text[:maxReason], "") + "…"
	}
	return text
}

// isRefusal tells whether the peer has said no, rather than gone away.
func isRefusal(err error) bool {
	_, remote := errors.AsType[*amqp.Error](err)
	return remote && !isConnectionError(err)
}

// isConnectionError tells whether the whole connection ended.
func isConnectionError(err error) bool {
	_, ok := errors.AsType[*amqp.ConnError](err)
	return ok
}

// endsLink tells whether the link can't be used after err; otherwise err
// concerned one message only.
func endsLink(err error) bool {
	_, link := errors.AsType[*amqp.LinkError](err)
	_, session := errors.AsType[*amqp.SessionError](err)
	return link || session || isConnectionError(err)
}

// hasCondition tells whether the peer's error has the condition.
func hasCondition(err error, condition amqp.ErrCond) bool {
	remote, ok := errors.AsType[*amqp.Error](err)
	return ok && remote.Condition == condition
}

// mentions tells whether the peer's description holds the text. Where Artemis
// answers internal-error to everything, only its text tells what happened.
func mentions(err error, text string) bool {
	remote, ok := errors.AsType[*amqp.Error](err)
	return ok && strings.Contains(remote.Description, text)
}

// inUseError explains a queue that somebody else consumes from alone.
func inUseError(queue eventing.Queue) error {
	owner := "another process"
	if queue.Exclusive() {
		owner += fmt.Sprintf(" that runs as server %q too", queue.Server)
	}
	return fmt.Errorf("%w: that of %s", eventing.ErrQueueInUse, owner)
}
