package amqp

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/Azure/go-amqp"

	"github.com/aspyx-go/aspyx/eventing"
)

// defaultWindow is how many messages of one address may be without an outcome:
// the credit that Artemis gives to a link.
const defaultWindow = 1000

// sender sends the messages of one address. One goroutine owns its link, since
// a send can't be given up once it was begun: a cancelled context would leave a
// gap in the delivery ids, and Artemis would close the connection. So a message
// waits in the queue, where its caller can give up, until it is written.
type sender struct {
	at    node
	away  func() error // why there is no connection; nil while there is one
	queue *queue

	unconfirmed atomic.Int64  // messages that were written
	held        atomic.Bool   // whether the library has one to write
	changed     chan struct{} // has a token when one of these did, or somebody gave up

	done chan struct{} // closed when no job is taken any more
}

func newSender(at node, away func() error, window int) *sender {
	return &sender{
		at: at, away: away, queue: newQueue(window),
		changed: make(chan struct{}, 1), done: make(chan struct{}),
	}
}

// cause tells why a caller has given up: of what is, and for want of what.
func (s *sender) cause(ctx context.Context) error {
	if away := s.away(); away != nil {
		return fmt.Errorf("%w: %w", context.Cause(ctx), away)
	}
	return context.Cause(ctx)
}

// submit puts the job into the queue, once there is room.
func (s *sender) submit(ctx context.Context, work *job) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", eventing.ErrNotSent, context.Cause(ctx))
	}
	for {
		added, ended := s.queue.add(work)
		if added || ended != nil {
			return ended
		}
		select {
		case <-s.queue.room:
		case <-s.done:
		case <-ctx.Done(): // not without need: a context may make its channel only now
			return fmt.Errorf("%w: %w", eventing.ErrNotSent, s.cause(ctx))
		}
	}
}

// giveUp counts a job that nobody waits for any more.
func (s *sender) giveUp() {
	s.queue.giveUp()
	signal(s.changed)
}

// errGivenUp is why a job isn't written (again). Nobody hears of it.
var errGivenUp = errors.New("nobody waits for it any more")

// pending is a message that was written and not confirmed.
type pending struct {
	job     *job
	receipt amqp.SendReceipt
}

// pump sends the jobs that are left over, and then others, until stop is closed
// or the link ends. The jobs that it returns are left without an outcome, in
// their order: those first that may have arrived.
func (s *sender) pump(link *amqp.Sender, stop <-chan struct{}, left []*job) (again []*job, why error) {
	flight := &flight{pending: make(chan pending, s.queue.window), broken: make(chan struct{})}
	confirmed, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(confirmed)
		s.confirm(flight)
	}()
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		s.loosen(link, stop, ended)
	}()
	unsent, why := s.feed(link, stop, left, flight)
	close(flight.pending)
	<-confirmed
	close(ended)
	<-watched
	if why == nil {
		why = flight.why
	}
	return append(flight.unknown, unsent...), why
}

// flight is what was written to one link.
type flight struct {
	pending chan pending
	broken  chan struct{} // closed when one has ended without an outcome

	// Those that did, and why; read once all was confirmed.
	unknown []*job
	why     error
}

// feed writes what is left over to the link, and then what is in the queue. It
// returns what wasn't written whole, and why the link has ended.
func (s *sender) feed(link *amqp.Sender, stop <-chan struct{}, left []*job, flight *flight) (unsent []*job, why error) {
	for {
		for i, work := range left {
			if err := s.send(link, work, flight); err != nil {
				return left[i:], err
			}
		}
		if left = s.queue.take(left); len(left) > 0 {
			if s.unconfirmed.Load() > 0 {
				continue
			}
			if err := linkError(link); err != nil {
				return left, err
			}
			continue
		}
		select {
		case <-s.queue.fed:
		case <-flight.broken:
			return nil, nil
		case <-stop:
			if left = s.queue.take(left); len(left) == 0 {
				return nil, nil
			}
		}
	}
}

// send returns an error when the link has ended. Whether it did before or after
// the job was written isn't known then.
func (s *sender) send(link *amqp.Sender, work *job, flight *flight) error {
	s.held.Store(true) // first: whoever gives up after begin has it looked at
	defer s.held.Store(false)
	if !work.begin() {
		work.end(eventing.ErrNotSent, errGivenUp)
		return nil
	}
	receipt, err := link.SendWithReceipt(context.Background(), work.message, nil)
	switch {
	case err == nil:
		s.unconfirmed.Add(1)
		flight.pending <- pending{work, receipt}
		return nil
	case endsLink(err):
		return err
	default:
		work.decide(fmt.Errorf("%w: %s: %s", eventing.ErrNotSent, s.at.address, describe(err)))
		return nil
	}
}

// loosen ends the link after stop, once nothing is left but messages that the
// broker holds back by giving no credit, and that nobody waits for any more. A
// send can't be given up in another way.
func (s *sender) loosen(link *amqp.Sender, stop, ended <-chan struct{}) {
	select {
	case <-stop:
	case <-ended:
		return
	}
	for {
		if s.held.Load() && s.unconfirmed.Load() == 0 && !s.queue.isWanted() {
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

// confirm waits for the receipts in the order of sending. The end of a link
// is theirs too.
func (s *sender) confirm(flight *flight) {
	for next := range flight.pending {
		state, err := next.receipt.Wait(context.Background())
		s.unconfirmed.Add(-1)
		if state != nil {
			next.job.decide(outcome(state))
			signal(s.changed)
			continue
		}
		if len(flight.unknown) == 0 {
			flight.why = err
			close(flight.broken)
		}
		flight.unknown = append(flight.unknown, next.job)
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
