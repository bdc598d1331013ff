package amqp

import (
	"context"

	"github.com/aspyx-go/aspyx/eventing"
)

// backlog asks first what costs the broker least, which mostly is the answer.
func (m *artemisManager) backlog(ctx context.Context, queue eventing.Queue) (*backlog, error) {
	name := queue.Name(m.provider.naming)
	var messages int64
	if err := m.callQueue(ctx, name, &messages, "getMessageCount"); err != nil || messages == 0 {
		return &backlog{}, err
	}
	info, err := m.find(ctx, name)
	if err != nil || info == nil {
		return &backlog{}, err
	}
	found := &backlog{
		deliverable: max(info.Messages-info.Delivering-info.Scheduled, 0),
		paused:      info.Paused,
		settled:     info.Acknowledged,
	}
	if found.deliverable == 0 || info.Consumers < 2 {
		return found, nil
	}
	var groups int64
	err = m.callQueue(ctx, name, &groups, "getGroupCount")
	found.others = info.Exclusive || groups > 0
	return found, err
}
