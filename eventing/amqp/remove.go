package amqp

import (
	"context"
	"errors"
	"fmt"

	"github.com/aspyx-go/aspyx/eventing"
)

// Remove implements [eventing.Provider], by the broker's management.
func (p *Provider) Remove(ctx context.Context, queue eventing.Queue) error {
	speaks, err := p.dialect(ctx)
	if err != nil {
		return fmt.Errorf("remove %v: %w", queue, err)
	}
	err = p.manage(ctx, func(manager manager) error { return manager.remove(ctx, queue) })
	if err == nil {
		p.forgetQueues(queue)
		return nil
	}
	if errors.Is(err, errNoManagement) {
		err = fmt.Errorf("%w: remove it on the broker, or grant the permission manage: %w", errors.ErrUnsupported, err)
	}
	return fmt.Errorf("remove %s: %w", p.placeOf(speaks, queue), err)
}
