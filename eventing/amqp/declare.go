package amqp

import (
	"context"
	"encoding/json"
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
	err := p.manage(ctx, func(manager *management) error {
		return p.declareAll(ctx, queues, func(queue eventing.Queue) error { return p.create(ctx, manager, queue) })
	})
	if !errors.Is(err, errNoManagement) {
		return err
	}
	p.warnOnce.Do(func() {
		p.logger.WarnContext(ctx, "queues are made by attaching, since the user may not manage the broker (or it isn't ActiveMQ Artemis): "+
			"a broker that deletes idle queues may delete them, queues of one server outlive it and aren't exclusive; grant the permission manage",
			slog.String("reason", describe(err)))
	})
	return p.declareAll(ctx, queues, func(queue eventing.Queue) error { return p.touch(ctx, queue) })
}

// declareAll makes each queue and its dead-letter queue. It reports all
// failures, but ends where nothing may be managed, or nobody answers.
func (p *Provider) declareAll(ctx context.Context, queues []eventing.Queue, declare func(eventing.Queue) error) error {
	var faults []error
	for _, queue := range queues {
		for _, each := range []eventing.Queue{queue, queue.DeadLetter()} {
			err := declare(each)
			if errors.Is(err, errNoManagement) {
				return err
			}
			if err != nil {
				faults = append(faults, fmt.Errorf("declare %s: %w", queueNode(each, p.naming).address, err))
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
	at := queueNode(queue, p.naming)
	limited, cancel := p.limit(ctx)
	defer cancel()
	end := func(opened *link[*amqp.Receiver]) { opened.close(context.WithoutCancel(limited)) }
	opened, err := await(limited, p, func() (*link[*amqp.Receiver], error) { return openReceiver(limited, conn, at) }, end)
	if ctx.Err() != nil && err != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return p.attachError(queue, at, err)
	}
	return p.do(limited, func() error { end(opened); return nil })
}

// queueSpec is what Artemis' createQueue takes.
type queueSpec struct {
	Name        string `json:"name"`
	Address     string `json:"address"`
	RoutingType string `json:"routing-type"`
	Durable     bool   `json:"durable"`
	AutoDelete  bool   `json:"auto-delete"`

	// MaxConsumers of -1 means any number.
	MaxConsumers int `json:"max-consumers"`

	// Transient queues go at once when their last consumer goes. Auto-delete
	// alone happens with the next scan, after up to a minute, and to empty
	// queues unless MessageCount is -1.
	Transient    bool `json:"transient,omitempty"`
	MessageCount int  `json:"auto-delete-message-count,omitempty"`
}

const (
	multicast = "MULTICAST"
	anycast   = "ANYCAST"
)

func specify(queue eventing.Queue, naming eventing.Naming) queueSpec {
	spec := queueSpec{
		Name:         queue.Name(naming),
		Address:      queue.Address(),
		RoutingType:  multicast,
		Durable:      queue.Durable,
		MaxConsumers: -1,
	}
	if queue.IsDeadLetter() {
		spec.RoutingType = anycast
	}
	if queue.Exclusive() {
		spec.MaxConsumers = 1
		if !queue.Durable {
			spec.AutoDelete, spec.Transient, spec.MessageCount = true, true, -1
		}
	}
	return spec
}

// queueInfo is what Artemis' listQueues tells of a queue, all in strings.
type queueInfo struct {
	Address      string `json:"address"`
	RoutingType  string `json:"routingType"`
	Durable      string `json:"durable"`
	MaxConsumers string `json:"maxConsumers"`
	AutoDelete   string `json:"autoDelete"`
	Filter       string `json:"filter"`

	Paused       bool  `json:"paused,string"`
	Exclusive    bool  `json:"exclusive,string"`
	Consumers    int64 `json:"consumerCount,string"`
	Messages     int64 `json:"messageCount,string"` // those included that follow
	Delivering   int64 `json:"deliveringCount,string"`
	Scheduled    int64 `json:"scheduledCount,string"`
	Acknowledged int64 `json:"messagesAcked,string"`
}

// create makes the queue unless it exists, and compares it with what was
// wanted: for a queue that exists the broker doesn't tell.
func (p *Provider) create(ctx context.Context, manager *management, queue eventing.Queue) error {
	spec := specify(queue, p.naming)
	wanted, err := json.Marshal(spec)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	if err := manager.call(ctx, nil, "createQueue", string(wanted), true); err != nil {
		return err
	}
	found, err := p.find(ctx, manager, spec.Name)
	if err != nil {
		return err
	}
	if found == nil {
		return fmt.Errorf("the broker hasn't made the queue %q", spec.Name)
	}
	return p.compare(ctx, queue, &spec, found)
}

// find returns nil when there is no queue of that name, at whatever address.
func (p *Provider) find(ctx context.Context, manager *management, name string) (*queueInfo, error) {
	filter, err := json.Marshal(map[string]string{
		"field": "name", "operation": "EQUALS", "value": name,
		"sortOrder": "asc", "sortColumn": "name",
	})
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	var found struct {
		Data []queueInfo `json:"data"`
	}
	if err := manager.call(ctx, &found, "listQueues", string(filter), 1, 1); err != nil {
		return nil, err
	}
	if len(found.Data) == 0 {
		return nil, nil
	}
	return &found.Data[0], nil
}

// compare reports where an existing queue differs. It changes nothing: others
// may rely on it.
func (p *Provider) compare(ctx context.Context, queue eventing.Queue, wanted *queueSpec, found *queueInfo) error {
	if found.Address != wanted.Address {
		return elsewhereError(queue, p.naming, found.Address)
	}
	if found.RoutingType != wanted.RoutingType {
		return fmt.Errorf("queue %q exists with the routing type %s, not %s: remove it, or give the listener another name", wanted.Name, found.RoutingType, wanted.RoutingType)
	}
	for _, each := range []struct{ property, wanted, found string }{
		{"durable", fmt.Sprint(wanted.Durable), found.Durable},
		{"max-consumers", fmt.Sprint(wanted.MaxConsumers), found.MaxConsumers},
		{"auto-delete", fmt.Sprint(wanted.AutoDelete), found.AutoDelete},
		{"filter", "", found.Filter},
	} {
		harmless := each.property == "durable" && !wanted.Durable
		if each.wanted != each.found && !harmless {
			p.logger.WarnContext(ctx, "a queue exists with another property than this listener's: it stays as it is",
				slog.String("queue", wanted.Address+"::"+wanted.Name), slog.String("property", each.property),
				slog.String("wanted", each.wanted), slog.String("found", each.found))
		}
	}
	return nil
}
