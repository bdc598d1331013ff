package amqp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/aspyx-go/aspyx/eventing"
)

// remember has the queues declared again when the connection was lost. It
// returns those that weren't known before, and whether they are made later, with
// the first connection.
func (p *Provider) remember(queues []eventing.Queue) (added []eventing.Queue, later bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, queue := range queues {
		if _, known := p.topology[queue]; !known {
			p.topology[queue] = struct{}{}
			added = append(added, queue)
		}
	}
	return added, p.deferring
}

func (p *Provider) forgetQueues(queues ...eventing.Queue) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, queue := range queues {
		delete(p.topology, queue)
		delete(p.refused, queue)
	}
}

// remembered returns the queues that were declared, and whether none of them was
// ever made, since there was no connection yet.
func (p *Provider) remembered() (queues []eventing.Queue, deferring bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	queues = make([]eventing.Queue, 0, len(p.topology))
	for queue := range p.topology {
		queues = append(queues, queue)
	}
	return queues, p.deferring
}

// endDeferring has the queues that follow made when they are declared, unless
// there is one already that wasn't made.
func (p *Provider) endDeferring(made []eventing.Queue) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.deferring {
		return true
	}
	for queue := range p.topology {
		if !slices.Contains(made, queue) {
			return false
		}
	}
	p.deferring = false
	return true
}

// refuse notes, and tells, that the broker refuses a queue; nil means that it
// doesn't any more.
func (p *Provider) refuse(queue eventing.Queue, speaks dialect, why error) {
	if why != nil {
		why = fmt.Errorf("declare %s: %w", p.placeOf(speaks, queue), why)
		p.logger.ErrorContext(p.life, "a queue can't be declared: its events may be lost", slog.Any("reason", why))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refused[queue] = why; why == nil {
		delete(p.refused, queue)
	}
}

// refusals tells which queues the broker refuses.
func (p *Provider) refusals() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return errors.Join(slices.Collect(maps.Values(p.refused))...)
}

// restore makes a new connection ready: it finds out what may be managed, and
// declares all queues before anything is sent. The broker would accept the event
// of a queue that is missing, and drop it. Its error is that of a connection that
// doesn't work.
func (p *Provider) restore(ctx context.Context, conn *connection) error {
	err := p.checkSame(conn)
	if err == nil {
		err = p.learn(ctx, conn)
	}
	for err == nil {
		queues, first := p.remembered()
		if err = p.restoreAll(ctx, conn, queues, first); err == nil && p.endDeferring(queues) {
			return nil
		}
	}
	return fmt.Errorf("declare queues again: %w", err)
}

// restoreAll declares the queues. The first time they are compared too.
func (p *Provider) restoreAll(ctx context.Context, conn *connection, queues []eventing.Queue, first bool) error {
	if len(queues) == 0 {
		return nil
	}
	// Others needn't wait for a queue that the broker refuses.
	note := func(queue eventing.Queue, err error) error {
		if err != nil && (ctx.Err() != nil || conn.isLost() || errors.Is(err, eventing.ErrUnavailable) || errors.Is(err, errNoManagement)) {
			return err
		}
		p.refuse(queue, conn.dialect, err)
		return nil
	}
	err := p.manageOn(ctx, conn, func(manager manager) error {
		return p.declareAll(ctx, conn.dialect, queues, func(queue eventing.Queue) error {
			if first {
				return note(queue, manager.create(ctx, queue))
			}
			return note(queue, manager.recreate(ctx, queue))
		})
	})
	if errors.Is(err, errNoManagement) {
		p.warnUnmanaged(ctx, err)
		err = p.declareAll(ctx, conn.dialect, queues, func(queue eventing.Queue) error { return note(queue, p.touchOn(ctx, conn, queue)) })
	}
	return err
}

// redeclare declares the queue again on which a listener is to attach again.
// One that wasn't declared is left to others.
func (p *Provider) redeclare(ctx context.Context, queue eventing.Queue) error {
	queues, _ := p.remembered()
	for _, each := range queues {
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
		p.refuse(queue, nil, nil)
		return nil
	}
	return nil
}
