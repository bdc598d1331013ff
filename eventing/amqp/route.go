package amqp

import (
	"context"
	"fmt"
	"time"

	"github.com/aspyx-go/aspyx/eventing"
)

// routeAge is how long an address that had a queue is taken to have one. A
// mandatory message that is sent while its last queue is removed may be lost,
// confirmed, for that long. An address without a queue is asked for each time.
const routeAge = time.Second

// route is a question to the broker: whether an address has a queue.
type route struct {
	asked    time.Time
	answered chan struct{} // closed when the rest is known

	bound bool
	err   error
}

// checkRoute returns nil when the event's address has a queue, or another
// binding. The broker itself confirms a message that no queue takes.
func (p *Provider) checkRoute(ctx context.Context, address string) error {
	for again := false; ; again = true {
		known, ours, err := p.route(address)
		if err != nil {
			return fmt.Errorf("%w: %w", eventing.ErrNotSent, err)
		}
		select {
		case <-known.answered:
		case <-p.life.Done():
			return fmt.Errorf("%w: %w", eventing.ErrNotSent, p.Err())
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", eventing.ErrNotSent, context.Cause(ctx))
		}
		switch {
		case known.bound:
			return nil
		case !ours && !again: // it was asked before this call: a queue may be younger
		case known.err != nil:
			return fmt.Errorf("%w: whether %s has a queue: %w", eventing.ErrNotSent, address, known.err)
		default:
			return fmt.Errorf("%w: %w: %s has none", eventing.ErrRejected, eventing.ErrUnroutable, address)
		}
	}
}

// route returns the question about an address that is open or was answered
// lately, or else asks it: then it is ours.
func (p *Provider) route(address string) (known *route, ours bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.usable(); err != nil {
		return nil, false, err
	}
	if known = p.routes[address]; known != nil && !known.isOver() {
		return known, false, nil
	}
	known = &route{asked: time.Now(), answered: make(chan struct{})}
	p.routes[address] = known
	p.work.Go(func() { p.ask(known, address) })
	return known, true, nil
}

func (r *route) isOver() bool {
	select {
	case <-r.answered:
		return !r.bound || time.Since(r.asked) > routeAge
	default:
		return false
	}
}

// ask answers the question, within the time limits of management.
func (p *Provider) ask(r *route, address string) {
	defer close(r.answered)
	r.bound, r.err = p.isBound(p.life, address)
}

// isBound asks the broker whether somebody gets what is sent to an address.
func (p *Provider) isBound(ctx context.Context, address string) (bound bool, err error) {
	err = p.manage(ctx, func(manager manager) error {
		bound, err = manager.isBound(ctx, address)
		return err
	})
	return bound, err
}
