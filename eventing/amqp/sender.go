package amqp

import (
	"context"
	"fmt"

	"github.com/Azure/go-amqp"

	"github.com/aspyx-go/aspyx/eventing"
)

// window is how many messages of one address may be unconfirmed: the credit
// that Artemis gives to a link.
const window = 1000

// sender sends the messages of one address. One goroutine owns its link, since
// a send can't be given up once it was begun: a cancelled context would leave a
// gap in the delivery ids, and Artemis would close the connection.
type sender struct {
	at node

	// jobs has no buffer: a message is in its caller's hands, who can give up,
	// until it is written.
	jobs chan *job

	done chan struct{} // closed when no job is taken any more
	err  error         // why; set before done is closed
}

func newSender(at node) *sender {
	return &sender{at: at, jobs: make(chan *job), done: make(chan struct{})}
}

// job is one message on its way, and its receipt.
type job struct {
	message *amqp.Message
	outcome chan error // holds one
}

// Wait implements [eventing.Receipt].
func (j *job) Wait(ctx context.Context) error {
	select {
	case err := <-j.outcome:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-j.outcome:
		return err
	default:
		return fmt.Errorf("%w: %w", eventing.ErrUnconfirmed, context.Cause(ctx))
	}
}

// submit hands the job over, in order.
func (s *sender) submit(ctx context.Context, work *job) error {
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("%w: %w", eventing.ErrNotSent, err)
	}
	select {
	case s.jobs <- work:
		return nil
	case <-s.done:
		return s.err
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", eventing.ErrNotSent, context.Cause(ctx))
	}
}

// pending is a message that was written and not confirmed.
type pending struct {
	job     *job
	receipt amqp.SendReceipt
}

// pump sends jobs until stop is closed, when it returns nil, or the link ends.
// All jobs that it took have their outcome when it returns.
func (s *sender) pump(link *amqp.Sender, stop <-chan struct{}) error {
	unconfirmed := make(chan pending, window)
	confirmed := make(chan struct{})
	go func() {
		defer close(confirmed)
		confirm(unconfirmed)
	}()
	defer func() {
		close(unconfirmed)
		<-confirmed
	}()
	for {
		select {
		case work := <-s.jobs:
			receipt, err := link.SendWithReceipt(context.Background(), work.message, nil)
			work.message = nil
			switch {
			case err == nil:
				unconfirmed <- pending{work, receipt}
			case endsLink(err):
				// The link doesn't tell whether it broke before or after.
				work.outcome <- fmt.Errorf("%w: %s: %s", eventing.ErrUnconfirmed, s.at.address, describe(err))
				return err
			default:
				work.outcome <- fmt.Errorf("%w: %s: %s", eventing.ErrNotSent, s.at.address, describe(err))
			}
		case <-stop:
			return nil
		}
	}
}

// confirm waits for the receipts in the order of sending. A connection that
// breaks ends all of them.
func confirm(unconfirmed <-chan pending) {
	for next := range unconfirmed {
		state, err := next.receipt.Wait(context.Background())
		next.job.outcome <- outcome(state, err)
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
