package amqp

import (
	"context"
	"fmt"

	"github.com/aspyx-go/aspyx/eventing"
)

// Submit implements [eventing.Provider].
func (p *Provider) Submit(ctx context.Context, message *eventing.Message) (eventing.Receipt, error) {
	// A copy for one queue may be larger: what has come must be able to leave.
	if size := int64(len(message.Body)); message.Target == nil && size > p.maxMessage {
		return nil, fmt.Errorf("%w: %w", eventing.ErrRejected, tooLarge(size, p.maxMessage))
	}
	if message.Mandatory {
		if err := p.checkRoute(ctx, message.Event); err != nil {
			return nil, err
		}
	}
	sender, err := p.sender(targetNode(message, p.naming)) //nolint:contextcheck // a sender outlives the call that began it
	if err != nil {
		return nil, fmt.Errorf("%w: %w", eventing.ErrNotSent, err)
	}
	work := newJob(sender, message)
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
		found = newSender(at)
		p.senders[at] = found
		p.work.Go(func() { p.run(found) })
	}
	return found, nil
}

// run is the life of one sender. Where its link has ended before the message
// that comes next was sent, that is sent on a new one.
func (p *Provider) run(s *sender) {
	var next *job
	for {
		ctx, cancel := p.limit(context.Background())
		link, err := openSender(ctx, p.publishing, s.at)
		cancel()
		if err != nil {
			outcome := eventing.ErrNotSent
			if isRefusal(err) {
				outcome = eventing.ErrRejected
			}
			p.forget(s, outcome, err)
			if next != nil {
				next.decide(s.err)
			}
			return
		}
		next, err = s.pump(link.end, p.life.Done(), next)
		if next == nil {
			p.forget(s, eventing.ErrNotSent, err)
			// The broker's answer or the end of the connection ends this.
			link.close(context.Background())
			return
		}
		ctx, cancel = p.limit(context.Background())
		link.close(ctx)
		cancel()
	}
}

// forget ends a sender. The next message to its address begins a new one.
func (p *Provider) forget(s *sender, outcome, cause error) {
	p.mu.Lock()
	delete(p.senders, s.at)
	ended := p.err
	p.mu.Unlock()
	if ended != nil {
		s.err = fmt.Errorf("%w: %w", eventing.ErrNotSent, ended)
	} else {
		s.err = fmt.Errorf("%w: %s: %s", outcome, s.at.address, describe(cause))
	}
	close(s.done)
}

func tooLarge(size, most int64) error {
	return fmt.Errorf("%w: the body's %d bytes are more than amqp.Config.MaxMessageBytes (%d): raise it, or put the data elsewhere and its address into the event", eventing.ErrTooLarge, size, most)
}
