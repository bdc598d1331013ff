package amqp

import (
	"context"
	"fmt"

	"github.com/aspyx-go/aspyx/eventing"
)

// Submit implements [eventing.Provider].
func (p *Provider) Submit(ctx context.Context, message *eventing.Message) (eventing.Receipt, error) {
	sender, err := p.sender(targetNode(message, p.naming)) //nolint:contextcheck // a sender outlives the call that began it
	if err != nil {
		return nil, fmt.Errorf("%w: %w", eventing.ErrNotSent, err)
	}
	work := &job{message: encode(message), outcome: make(chan error, 1)}
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

// run is the life of one sender.
func (p *Provider) run(s *sender) {
	ctx, cancel := context.WithTimeout(context.Background(), p.endpoint.connectTimeout)
	link, err := openSender(ctx, p.publishing, s.at)
	cancel()
	if err != nil {
		outcome := eventing.ErrNotSent
		if isRefusal(err) {
			outcome = eventing.ErrRejected
		}
		p.forget(s, outcome, err)
		return
	}
	err = s.pump(link.end, p.done)
	p.forget(s, eventing.ErrNotSent, err)
	// The broker's answer or the end of the connection ends this.
	link.close(context.Background())
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
