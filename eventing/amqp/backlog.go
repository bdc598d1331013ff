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

// backlog asks the broker about a queue: first what costs it least, which mostly
// is the answer.
func (p *Provider) backlog(ctx context.Context, queue eventing.Queue) (*backlog, error) {
	name, found := queue.Name(p.naming), &backlog{}
	err := p.manage(ctx, func(manager *management) error {
		var messages int64
		if err := manager.callQueue(ctx, name, &messages, "getMessageCount"); err != nil || messages == 0 {
			return err
		}
		info, err := p.find(ctx, manager, name)
		if err != nil || info == nil {
			return err
		}
		found.deliverable = info.Messages - info.Delivering - info.Scheduled
		found.paused, found.settled = info.Paused, info.Acknowledged
		if found.deliverable <= 0 || info.Consumers < 2 {
			found.deliverable = max(found.deliverable, 0)
			return nil
		}
		var groups int64
		err = manager.callQueue(ctx, name, &groups, "getGroupCount")
		found.others = info.Exclusive || groups > 0
		return err
	})
	return found, err
}
