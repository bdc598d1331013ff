package amqp

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/Azure/go-amqp"

	"github.com/aspyx-go/aspyx/eventing"
)

// job is one message on its way, and its receipt.
type job struct {
	sender  *sender
	message *amqp.Message
	size    int64
	outcome chan error  // holds one
	givenUp atomic.Bool // nobody waits for the outcome

	notify atomic.Pointer[func()] // called with the outcome; known, once there is one
}

var (
	_ eventing.Receipt  = (*job)(nil)
	_ eventing.Notifier = (*job)(nil)
)

// known takes the place of a function that came too late.
var known = func() {}

func newJob(sender *sender, message *eventing.Message) *job {
	size := len(message.Body)
	for _, header := range message.Headers {
		size += len(header.Key) + len(header.Value)
	}
	return &job{sender: sender, message: encode(message), size: int64(size), outcome: make(chan error, 1)}
}

// decide ends the job.
func (j *job) decide(err error) {
	j.outcome <- err
	if f := j.notify.Swap(&known); f != nil {
		(*f)()
	}
}

// Notify implements [eventing.Notifier].
func (j *job) Notify(f func()) {
	if !j.notify.CompareAndSwap(nil, &f) {
		f()
	}
}

// Wait implements [eventing.Receipt].
func (j *job) Wait(ctx context.Context) error {
	select {
	case err := <-j.outcome:
		return err
	default: // not without need: a context may make its channel only now
	}
	select {
	case err := <-j.outcome:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-j.outcome:
		return err
	default:
		j.givenUp.Store(true)
		j.sender.tell()
		return fmt.Errorf("%w: %w", eventing.ErrUnconfirmed, context.Cause(ctx))
	}
}

// outcome says what a delivery state means. Only accepted is success.
func outcome(state amqp.DeliveryState, err error) error {
	switch state := state.(type) {
	case *amqp.StateAccepted:
		return nil
	case *amqp.StateRejected:
		if state.Error == nil {
			return fmt.Errorf("%w, which gave no reason", eventing.ErrRejected)
		}
		return fmt.Errorf("%w: %s", eventing.ErrRejected, describe(state.Error))
	case *amqp.StateReleased, *amqp.StateModified:
		return fmt.Errorf("%w: it can't take the message now", eventing.ErrRejected)
	}
	if err != nil {
		return fmt.Errorf("%w: %s", eventing.ErrUnconfirmed, describe(err))
	}
	// A link that was closed ends its receipts without state and error.
	return fmt.Errorf("%w: the link was closed", eventing.ErrUnconfirmed)
}
