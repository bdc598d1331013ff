package amqp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/Azure/go-amqp"

	"github.com/aspyx-go/aspyx/eventing"
)

// Declare implements [eventing.Provider]. Each of its steps has a time limit; for
// a connection it waits within ctx. What it has made is made again after the
// connection was lost.
func (p *Provider) Declare(ctx context.Context, queues []eventing.Queue) error {
	added := p.remember(queues)
	err := p.declare(ctx, queues)
	if err != nil {
		p.forgetQueues(added...)
	}
	return err
}

func (p *Provider) declare(ctx context.Context, queues []eventing.Queue) error {
	speaks, err := p.dialect(ctx)
	if err != nil {
		return err
	}
	err = p.manage(ctx, func(manager manager) error {
		return p.declareAll(ctx, speaks, queues, func(queue eventing.Queue) error { return manager.create(ctx, queue) })
	})
	if !errors.Is(err, errNoManagement) {
		return err
	}
	p.warnOnce.Do(func() {
		p.logger.WarnContext(ctx, "queues are made by attaching, since the user may not manage the broker: "+
			"a broker that deletes idle queues may delete them, queues of one server outlive it and aren't exclusive; grant the permission manage",
			slog.String("reason", describe(err)))
	})
	return p.declareAll(ctx, speaks, queues, func(queue eventing.Queue) error { return p.touch(ctx, queue) })
}

// declareAll makes each queue and its dead-letter queue. It reports all
// failures, but ends where nothing may be managed, or nobody answers.
func (p *Provider) declareAll(ctx context.Context, speaks dialect, queues []eventing.Queue, declare func(eventing.Queue) error) error {
	var faults []error
	for _, queue := range queues {
		for _, each := range []eventing.Queue{queue, queue.DeadLetter()} {
			err := declare(each)
			if errors.Is(err, errNoManagement) {
				return err
			}
			if err != nil {
				faults = append(faults, fmt.Errorf("declare %s: %w", p.placeOf(speaks, each), err))
			}
			if ctx.Err() != nil || errors.Is(err, eventing.ErrUnavailable) {
				return errors.Join(faults...)
			}
		}
	}
	return errors.Join(faults...)
}

// touch lets the broker make a queue by attaching to it, without taking
// anything from it.
func (p *Provider) touch(ctx context.Context, queue eventing.Queue) error {
	conn, err := p.session(ctx, p.consuming)
	if err != nil {
		return err
	}
	return p.touchOn(ctx, conn, queue)
}

func (p *Provider) touchOn(ctx context.Context, conn *connection, queue eventing.Queue) error {
	limited, cancel := p.limit(ctx)
	defer cancel()
	end := func(opened *link[*amqp.Receiver]) { opened.close(context.WithoutCancel(limited)) }
	opened, err := await(limited, p, func() (*link[*amqp.Receiver], error) { return p.openQueue(limited, conn, queue) }, end)
	if ctx.Err() != nil && err != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return err
	}
	return p.do(limited, func() error { end(opened); return nil })
}
