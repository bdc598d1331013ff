package amqp

import (
	"context"
	"errors"
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
	at       node
	away     func() error // why there is no connection; nil while there is one
	counters *counters
	progress progress

	// jobs has no buffer: a message is in its caller's hands, who can give up,
	// until it is written.
	jobs chan *job

	queued      atomic.Int64        // callers with a job
	unconfirmed atomic.Int64        // messages
	bytes       atomic.Int64        // of them
	sending     atomic.Pointer[job] // what the library has now
	changed     chan struct{}       // has a token when one of these did

	done chan struct{} // closed when no job is taken any more
	err  error         // why; set before done is closed
}

func newSender(at node, away func() error, counters *counters) *sender {
	return &sender{
		at: at, away: away, counters: counters,
		jobs: make(chan *job), changed: make(chan struct{}, 1), done: make(chan struct{}),
	}
}

// tell wakes whoever waits for a change.
func (s *sender) tell() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// cause tells why a caller has given up: of what is, and for want of what.
func (s *sender) cause(ctx context.Context) error {
	if away := s.away(); away != nil {
		return fmt.Errorf("%w: %w", context.Cause(ctx), away)
	}
	return context.Cause(ctx)
}

// submit hands the job over, in order.
func (s *sender) submit(ctx context.Context, work *job) error {
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("%w: %w", eventing.ErrNotSent, err)
	}
	s.queued.Add(1)
	defer s.queued.Add(-1)
	select {
	case s.jobs <- work:
		return nil
	case <-s.done:
		return s.err
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", eventing.ErrNotSent, s.cause(ctx))
	}
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
	flight := &flight{pending: make(chan pending, window), broken: make(chan struct{})}
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

// feed writes to the link. It returns what wasn't written whole, and why the link
// has ended.
func (s *sender) feed(link *amqp.Sender, stop <-chan struct{}, left []*job, flight *flight) (unsent []*job, why error) {
	for i, work := range left {
		if err := s.send(link, work, flight); err != nil {
			return left[i:], err
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
					return []*job{work}, err
				}
			}
			if err := s.send(link, work, flight); err != nil {
				return []*job{work}, err
			}
		case <-s.changed:
		case <-flight.broken:
			return nil, nil
		case <-stop:
			return nil, nil
		}
	}
}

// send returns an error when the link has ended. Whether it did before or after
// the job was written isn't known then.
func (s *sender) send(link *amqp.Sender, work *job, flight *flight) error {
	if !work.begin() {
		work.end(errGivenUp)
		return nil
	}
	s.sending.Store(work)
	receipt, err := link.SendWithReceipt(context.Background(), work.message, nil)
	s.sending.Store(nil)
	switch {
	case err == nil:
		s.counters.published.Add(1)
		s.progress.written.Add(1)
		s.unconfirmed.Add(1)
		s.bytes.Add(work.size)
		flight.pending <- pending{work, receipt}
		return nil
	case endsLink(err):
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
		if held != nil && held.givenUp() && s.unconfirmed.Load() == 0 {
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
		s.bytes.Add(-next.job.size)
		s.tell()
		if state != nil {
			next.job.decide(outcome(state))
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
