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
	message *amqp.Message // until there is an outcome
	size    int64
	tries   int        // on links that the broker has ended; the sender's own
	outcome chan error // holds one
	stage   atomic.Int32

	notify atomic.Pointer[func()] // called with the outcome; known, once there is one
}

// The stages of a job.
const (
	waiting   int32 = iota // it wasn't written
	written                // it may be on the wire
	withdrawn              // nobody waits for it any more, and it wasn't written
	abandoned              // nobody waits for it any more, and it was
)

// begin tells whether the job is to be written, maybe once more: nobody would
// hear of the outcome of one that was given up.
func (j *job) begin() bool {
	if j.stage.CompareAndSwap(waiting, written) {
		return true
	}
	again := j.stage.Load() == written
	if again {
		j.sender.counters.resent.Add(1)
	}
	return again
}

func (j *job) givenUp() bool { return j.stage.Load() >= withdrawn }

// end decides a job that is written no more.
func (j *job) end(why error) {
	if j.stage.CompareAndSwap(waiting, withdrawn) || j.stage.Load() == withdrawn {
		j.decide(fmt.Errorf("%w: %w", eventing.ErrNotSent, why))
		return
	}
	j.decide(fmt.Errorf("%w: %w", eventing.ErrUnconfirmed, why))
}

var (
	_ eventing.Receipt  = (*job)(nil)
	_ eventing.Notifier = (*job)(nil)
)

// known takes the place of a function that came too late.
var known = func() {}

func newJob(sender *sender, message *eventing.Message) *job {
	return &job{sender: sender, message: encode(message), size: message.Size(), outcome: make(chan error, 1)}
}

// decide ends the job.
func (j *job) decide(err error) {
	j.message = nil
	j.sender.counters.outcome(err, j.givenUp())
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
	}
	if j.stage.CompareAndSwap(waiting, withdrawn) {
		return fmt.Errorf("%w: %w", eventing.ErrNotSent, j.sender.cause(ctx))
	}
	if j.stage.CompareAndSwap(written, abandoned) {
		j.sender.counters.unknown.Add(1)
	}
	j.sender.tell()
	return fmt.Errorf("%w: %w", eventing.ErrUnconfirmed, j.sender.cause(ctx))
}

// outcome says what a delivery state means. Only accepted is success.
func outcome(state amqp.DeliveryState) error {
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
	default:
		// A link that was closed ends its receipts without state and error.
		return fmt.Errorf("%w: the link was closed", eventing.ErrUnconfirmed)
	}
}
