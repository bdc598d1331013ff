package amqp

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/internal/supervise"
)

// Submit implements [eventing.Provider].
func (p *Provider) Submit(ctx context.Context, message *eventing.Message) (eventing.Receipt, error) {
	// A copy for one queue may be larger: what has come must be able to leave.
	if size := int64(len(message.Body)); message.Target == nil && size > p.maxMessage {
		return nil, fmt.Errorf("%w: %w", eventing.ErrRejected, tooLarge(size, p.maxMessage))
	}
	speaks, err := p.dialect(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", eventing.ErrNotSent, err)
	}
	at, err := p.target(speaks, message)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", eventing.ErrNotSent, err)
	}
	if message.Mandatory {
		if err := p.checkRoute(ctx, message.Event); err != nil {
			return nil, err
		}
	}
	sender, err := p.sender(at) //nolint:contextcheck // a sender outlives the call that began it
	if err != nil {
		return nil, fmt.Errorf("%w: %w", eventing.ErrNotSent, err)
	}
	work := newJob(sender, message)
	speaks.adapt(work.message, message)
	if p.textBodies {
		asText(work.message)
	}
	if err := sender.submit(ctx, work); err != nil {
		return nil, err
	}
	return work, nil
}

// sender returns the address's sender, which may be still attaching.
func (p *Provider) sender(at node) (*sender, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.usable(); err != nil {
		return nil, err
	}
	found, ok := p.senders[at]
	if !ok {
		found = newSender(at, p.publishing.Health, defaultWindow)
		p.senders[at] = found
		p.work.Go(func() { p.run(found) })
	}
	return found, nil
}

// run is the life of one sender, over all the links that it has one after the
// other. What a link has left without an outcome is sent on the next one, before
// anything else: it may arrive twice then, where it has no duplicate id, and
// never not at all.
func (p *Provider) run(s *sender) {
	var (
		left  []*job
		tries supervise.Backoff
		held  time.Duration
	)
	for {
		conn, err := p.publishing.Session(p.life)
		if err != nil || !supervise.Sleep(p.life, tries.Next(held)) {
			p.forget(s, left, eventing.ErrNotSent, context.Cause(p.life))
			return
		}
		ctx, cancel := p.limit(context.Background())
		link, err := openSender(ctx, conn, s.at)
		cancel()
		held = 0
		switch {
		case err != nil && isRefusal(err):
			p.forget(s, left, eventing.ErrRejected, err)
			return
		case err != nil && conn.isLost():
			tries = supervise.Backoff{} // the connection's are enough
			continue
		case err != nil:
			continue // no answer in time
		}
		began := time.Now()
		left, err = s.pump(link.end, p.life.Done(), left)
		held = time.Since(began)
		if p.life.Err() != nil {
			p.forget(s, left, eventing.ErrNotSent, err)
			// The broker's answer or the end of the connection ends this.
			link.close(context.Background())
			return
		}
		if conn.isLost() {
			tries = supervise.Backoff{}
			continue
		}
		left = p.detached(s, left, err)
		ctx, cancel = p.limit(context.Background())
		link.close(ctx)
		cancel()
	}
}

// maxTries is on how many links, each of which the broker has ended, the message
// is sent that was the first without an outcome: it may be the reason.
const maxTries = 3

// detached is called when the broker has ended the link, not the connection.
func (p *Provider) detached(s *sender, left []*job, why error) []*job {
	reason := "it gave none"
	if why != nil {
		reason = describe(why)
	}
	p.logger.WarnContext(p.life, "the broker has ended the link of a sender: attaching again",
		slog.String("address", s.at.address), slog.String("reason", reason))
	if len(left) == 0 {
		return left
	}
	left[0].tries++
	if left[0].tries < maxTries {
		return left
	}
	left[0].end(eventing.ErrNotSent, fmt.Errorf("the broker has ended the link to %s %d times: %s", s.at.address, maxTries, reason))
	return left[1:]
}

// forget ends a sender, and the jobs that it has left. The next message to its
// address begins a new one.
func (p *Provider) forget(s *sender, left []*job, outcome, cause error) {
	p.mu.Lock()
	delete(p.senders, s.at)
	ended := p.err
	p.mu.Unlock()
	why := fmt.Errorf("%s: %s", s.at.address, describe(cause))
	if ended != nil {
		outcome, why = eventing.ErrNotSent, ended
	}
	left = append(left, s.queue.end(fmt.Errorf("%w: %w", outcome, why))...)
	for _, work := range left {
		work.end(outcome, why)
	}
	close(s.done)
}

func tooLarge(size, most int64) error {
	return fmt.Errorf("%w: the body's %d bytes are more than amqp.Config.MaxMessageBytes (%d): raise it, or put the data elsewhere and its address into the event", eventing.ErrTooLarge, size, most)
}
