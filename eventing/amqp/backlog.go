package amqp

import (
	"context"

	"github.com/aspyx-go/aspyx/eventing"
)

// backlog is what the broker tells of a queue.
type backlog struct {
	deliverable int64 // messages that are neither delayed nor in anybody's hands
	paused      bool
	settled     int64 // messages that were acknowledged, ever

	// others may be who the messages are for: the queue has groups, or one
	// consumer that gets all, and more than one consumer.
	others bool
}

// owes tells whether an idle consumer should have got something since the last
// look. While anything is acknowledged the queue works, for whomever.
func (b *backlog) owes(last *backlog) bool {
	switch {
	case b.deliverable == 0:
		return false
	case b.paused:
		return true
	case last != nil && last.settled != b.settled:
		return false
	default:
		return !b.others
	}
}

// backlog asks the broker about a queue.
func (p *Provider) backlog(ctx context.Context, queue eventing.Queue) (found *backlog, err error) {
	err = p.manage(ctx, func(manager manager) error {
		found, err = manager.backlog(ctx, queue)
		return err
	})
	return found, err
}
