package amqp

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/Azure/go-amqp"

	"github.com/aspyx-go/aspyx/eventing"
)

const (
	// window is how many messages of one address may be unconfirmed: the credit
	// that Artemis gives to a link.
	window = 1000

	// byteWindow is how many bytes of them hold back the next message. So it is
	// exceeded by one message at most, and no message is too large for it.
	byteWindow = 16 << 20
)

// sender sends the messages of one address. One goroutine owns its link, since
// a send can't be given up once it was begun: a cancelled context would leave a
// gap in the delivery ids, and Artemis would close the connection.
type sender struct {
	at node

	// jobs has no buffer: a message is in its caller's hands, who can give up,
	// until it is written.
	jobs chan *job

	unconfirmed atomic.Int64        // messages
	bytes       atomic.Int64        // of them
	sending     atomic.Pointer[job] // what the library has now
	changed     chan struct{}       // has a token when one of these did

	done chan struct{} // closed when no job is taken any more
	err  error         // why; set before done is closed
}

func newSender(at node) *sender {
	return &sender{at: at, jobs: make(chan *job), changed: make(chan struct{}, 1), done: make(chan struct{})}
}

// tell wakes whoever waits for a change.
func (s *sender) tell() {
	select {
	case s.changed <- struct{}{}:
	default:
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

// pump sends the job first, unless it is nil, and then others until stop is
// closed or the link ends. All jobs that it took have their outcome when it
// returns, except the one that it returns: that found the link ended and wasn't
// sent.
func (s *sender) pump(link *amqp.Sender, stop <-chan struct{}, first *job) (unsent *job, err error) {
	unconfirmed := make(chan pending, window)
	confirmed, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(confirmed)
		s.confirm(unconfirmed)
	}()
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		s.loosen(link, stop, ended)
	}()
	defer func() {
		close(unconfirmed)
		<-confirmed
		close(ended)
		<-watched
	}()
	if first != nil {
		if err := s.send(link, first, unconfirmed); err != nil {
			return nil, err
		}
	}
	for {
		jobs := s.jobs
		if s.bytes.Load() >= byteWindow {
			jobs = nil
		}
		select {
		case work := <-jobs:
			if s.unconfirmed.Load() == 0 {
				if err := linkError(link); err != nil {
					return work, err
				}
			}
			if err := s.send(link, work, unconfirmed); err != nil {
				return nil, err
			}
		case <-s.changed:
		case <-stop:
			return nil, nil
		}
	}
}

// send returns an error when the link has ended.
func (s *sender) send(link *amqp.Sender, work *job, unconfirmed chan<- pending) error {
	s.sending.Store(work)
	receipt, err := link.SendWithReceipt(context.Background(), work.message, nil)
	s.sending.Store(nil)
	work.message = nil
	switch {
	case err == nil:
		s.unconfirmed.Add(1)
		s.bytes.Add(work.size)
		unconfirmed <- pending{work, receipt}
		return nil
	case endsLink(err):
		// The link doesn't tell whether it broke before or after.
		work.decide(fmt.Errorf("%w: %s: %s", eventing.ErrUnconfirmed, s.at.address, describe(err)))
		return err
	default:
		work.decide(fmt.Errorf("%w: %s: %s", eventing.ErrNotSent, s.at.address, describe(err)))
		return nil
	}
}

// loosen ends the link after stop, once nothing but a message is left that the
// broker holds back by giving no credit, and that nobody waits for any more. A
// send can't be given up in another way.
func (s *sender) loosen(link *amqp.Sender, stop, ended <-chan struct{}) {
	select {
	case <-stop:
	case <-ended:
		return
	}
	for {
		held := s.sending.Load()
		if held != nil && held.givenUp.Load() && s.unconfirmed.Load() == 0 {
			_ = link.Close(context.Background()) // ended by the broker's answer, or the connection
			return
		}
		select {
		case <-s.changed:
		case <-ended:
			return
		}
	}
}

// confirm waits for the receipts in the order of sending. A connection that
// breaks ends all of them.
func (s *sender) confirm(unconfirmed <-chan pending) {
	for next := range unconfirmed {
		state, err := next.receipt.Wait(context.Background())
		s.unconfirmed.Add(-1)
		s.bytes.Add(-next.job.size)
		s.tell()
		next.job.decide(outcome(state, err))
	}
}

// tooLongTag is no message that could be sent: the library refuses such a tag,
// but only after it has looked whether its link has ended, which nothing else
// tells without sending.
var tooLongTag = &amqp.Message{DeliveryTag: make([]byte, 33)}

// linkError tells why the link has ended. It sends nothing.
func linkError(link *amqp.Sender) error {
	_, err := link.SendWithReceipt(context.Background(), tooLongTag, nil)
	if endsLink(err) {
		return err
	}
	return nil
}
