package amqp

import (
	"context"
	"errors"
	"fmt"

	"github.com/aspyx-go/aspyx/eventing"
)

// Remove implements [eventing.Provider], by the broker's management. Its
// address stays.
func (p *Provider) Remove(ctx context.Context, queue eventing.Queue) error {
	err := p.manage(ctx, func(manager *management) error { return p.destroy(ctx, manager, queue) })
	switch {
	case err == nil, isRefused(err, noSuchQueue):
		p.forgetQueues(queue)
		return nil
	case isRefused(err, hasConsumers):
		err = fmt.Errorf("%w: %w", eventing.ErrQueueInUse, err)
	case errors.Is(err, errNoManagement):
		err = fmt.Errorf("%w: remove it on the broker, or grant the permission manage: %w", errors.ErrUnsupported, err)
	}
	return fmt.Errorf("remove %s: %w", queueNode(queue, p.naming).address, err)
}

// destroy leaves a queue of that name at another address alone: names are
// global.
func (p *Provider) destroy(ctx context.Context, manager *management, queue eventing.Queue) error {
	name := queue.Name(p.naming)
	found, err := p.find(ctx, manager, name)
	if err != nil || found == nil || found.Address != queue.Address() {
		return err
	}
	return manager.call(ctx, nil, "destroyQueue", name)
}
