package amqp

import (
	"context"
	"fmt"
	"sync"

	"github.com/Azure/go-amqp"

	"github.com/aspyx-go/aspyx/eventing"
)

// job is one message on its way, and its receipt.
type job struct {
	sender  *sender
	message *amqp.Message // until there is an outcome
	size    int64
	tries   int // on links that the broker has ended; the sender's own

	mu     sync.Mutex // guards what follows
	stage  stage
	err    error         // the outcome
	known  chan struct{} // closed with the outcome; made by who has to wait for it
	notify func()        // called with the outcome
}

// stage is how far a job has come.
type stage int

const (
	waiting   stage = iota // it wasn't written
	written                // it may be on the wire
	withdrawn              // nobody waits for it any more, and it wasn't written
	abandoned              // nobody waits for it any more, and it was
	decided                // it has an outcome
)

var (
	_ eventing.Receipt  = (*job)(nil)
	_ eventing.Notifier = (*job)(nil)
)

func newJob(sender *sender, message *eventing.Message) *job {
	return &job{sender: sender, message: encode(message), size: message.Size()}
}

// begin tells whether the job is to be written, maybe once more: nobody would
// hear of the outcome of one that was given up.
func (j *job) begin() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.stage == waiting {
		j.stage = written
	}
	return j.stage == written
}

// end decides a job that is written no more: by the outcome, unless it was.
func (j *job) end(outcome, why error) {
	j.mu.Lock()
	if j.stage == written || j.stage == abandoned {
		outcome = eventing.ErrUnconfirmed
	}
	j.mu.Unlock()
	j.decide(fmt.Errorf("%w: %w", outcome, why))
}

// decide ends the job.
func (j *job) decide(err error) {
	j.message = nil
	j.mu.Lock()
	wanted := j.stage == waiting || j.stage == written
	j.stage, j.err = decided, err
	known, notify := j.known, j.notify
	j.mu.Unlock()
	j.sender.queue.leave(j.size, wanted)
	if known != nil {
		close(known)
	}
	if notify != nil {
		notify()
	}
}

// Notify implements [eventing.Notifier].
func (j *job) Notify(f func()) {
	j.mu.Lock()
	late := j.stage == decided
	if !late {
		j.notify = f
	}
	j.mu.Unlock()
	if late {
		f()
	}
}

// Wait implements [eventing.Receipt].
func (j *job) Wait(ctx context.Context) error {
	if known := j.open(); known != nil { // not without need: a context may make its channel only now
		select {
		case <-known:
		case <-ctx.Done():
		}
	}
	outcome, given := j.conclude()
	if !given {
		return outcome
	}
	j.sender.giveUp()
	return fmt.Errorf("%w: %w", outcome, j.sender.cause(ctx))
}

// open returns what is closed with the outcome, or nil where there is one.
func (j *job) open() <-chan struct{} {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.stage != decided && j.known == nil {
		j.known = make(chan struct{})
	}
	if j.stage == decided {
		return nil
	}
	return j.known
}

// conclude returns the outcome. Where there is none yet, the job is given up.
func (j *job) conclude() (outcome error, given bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch j.stage {
	case waiting:
		j.stage = withdrawn
		return eventing.ErrNotSent, true
	case written:
		j.stage = abandoned
		return eventing.ErrUnconfirmed, true
	case withdrawn, abandoned, decided:
	}
	return j.err, false
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
