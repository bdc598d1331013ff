package amqp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/aspyx-go/aspyx/eventing"
)

// remember has the queues declared again when the connection was lost. It
// returns those that weren't known before.
func (p *Provider) remember(queues []eventing.Queue) (added []eventing.Queue) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, queue := range queues {
		if _, known := p.topology[queue]; !known {
			p.topology[queue] = struct{}{}
			added = append(added, queue)
		}
	}
	return added
}

func (p *Provider) forgetQueues(queues ...eventing.Queue) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, queue := range queues {
		delete(p.topology, queue)
	}
}

// remembered returns the queues that were declared.
func (p *Provider) remembered() []eventing.Queue {
	p.mu.Lock()
	defer p.mu.Unlock()
	queues := make([]eventing.Queue, 0, len(p.topology))
	for queue := range p.topology {
		queues = append(queues, queue)
	}
	return queues
}

// restore declares all queues on a new connection before anything is sent by
// it: the broker would accept the event of a queue that is missing, and drop
// it. Its error is that of a connection that doesn't work.
func (p *Provider) restore(ctx context.Context, conn *connection) error {
	if err := p.checkSame(conn); err != nil {
		return err
	}
	queues := p.remembered()
	if len(queues) == 0 {
		return nil
	}
	err := p.manageOn(ctx, conn, func(manager manager) error {
		return p.declareAll(ctx, conn.dialect, queues, func(queue eventing.Queue) error { return manager.recreate(ctx, queue) })
	})
	if errors.Is(err, errNoManagement) {
		err = p.declareAll(ctx, conn.dialect, queues, func(queue eventing.Queue) error { return p.touchOn(ctx, conn, queue) })
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil, conn.isLost(), errors.Is(err, eventing.ErrUnavailable):
		return fmt.Errorf("declare queues again: %w", err)
	}
	// Others needn't wait for a queue that the broker refuses.
	p.logger.ErrorContext(ctx, "a queue can't be declared again: its events may be lost", slog.Any("reason", err))
	return nil
}

// redeclare declares the queue again on which a listener is to attach again.
// One that wasn't declared is left to others.
func (p *Provider) redeclare(ctx context.Context, queue eventing.Queue) error {
	for _, each := range p.remembered() {
		if each != queue && each.DeadLetter() != queue {
			continue
		}
		err := p.manage(ctx, func(manager manager) error { return manager.recreate(ctx, queue) })
		if errors.Is(err, errNoManagement) {
			return nil // attaching makes it
		}
		if err != nil {
			return fmt.Errorf("declare %v again: %w", queue, err)
		}
		return nil
	}
	return nil
}
