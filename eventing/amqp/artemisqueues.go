package amqp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/aspyx-go/aspyx/eventing"
)

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
}

// create makes the queue unless it exists, and compares it with what was
// wanted: for a queue that exists the broker doesn't tell.
func (m *artemisManager) create(ctx context.Context, queue eventing.Queue) error {
	spec := specify(queue, m.provider.naming)
	wanted, err := json.Marshal(spec)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	if err := m.call(ctx, nil, "createQueue", string(wanted), true); err != nil {
		return err
	}
	found, err := m.find(ctx, spec.Name)
	if err != nil {
		return err
	}
	if found == nil {
		return fmt.Errorf("the broker hasn't made the queue %q", spec.Name)
	}
	return m.compare(ctx, queue, &spec, found)
}

// find returns nil when there is no queue of that name, at whatever address.
func (m *artemisManager) find(ctx context.Context, name string) (*queueInfo, error) {
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
	if err := m.call(ctx, &found, "listQueues", string(filter), 1, 1); err != nil {
		return nil, err
	}
	if len(found.Data) == 0 {
		return nil, nil
	}
	return &found.Data[0], nil
}

// compare reports where an existing queue differs. It changes nothing: others
// may rely on it.
func (m *artemisManager) compare(ctx context.Context, queue eventing.Queue, wanted *queueSpec, found *queueInfo) error {
	if found.Address != wanted.Address {
		return elsewhereError(queue, m.provider.naming, found.Address)
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
			m.provider.logger.WarnContext(ctx, "a queue exists with another property than this listener's: it stays as it is",
				slog.String("queue", wanted.Address+"::"+wanted.Name), slog.String("property", each.property),
				slog.String("wanted", each.wanted), slog.String("found", each.found))
		}
	}
	return nil
}

func (m *artemisManager) recreate(ctx context.Context, queue eventing.Queue) error {
	wanted, err := json.Marshal(specify(queue, m.provider.naming))
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	return m.call(ctx, nil, "createQueue", string(wanted), true)
}

// remove leaves a queue of that name at another address alone: names are
// global. The address stays.
func (m *artemisManager) remove(ctx context.Context, queue eventing.Queue) error {
	name := queue.Name(m.provider.naming)
	found, err := m.find(ctx, name)
	if err != nil || found == nil || found.Address != queue.Address() {
		return err
	}
	err = m.call(ctx, nil, "destroyQueue", name)
	switch {
	case isRefused(err, noSuchQueue):
		return nil
	case isRefused(err, hasConsumers):
		return fmt.Errorf("%w: %w", eventing.ErrQueueInUse, err)
	}
	return err
}

// knowsBindings asks about an address that isn't missing.
func (m *artemisManager) knowsBindings(ctx context.Context) (bool, error) {
	_, err := m.isBound(ctx, managementAddress)
	if _, refused := errors.AsType[*managementError](err); refused {
		return false, nil
	}
	return err == nil, err
}

// isBound asks whether an address has a binding: a queue, here or on another
// node of a cluster, or a divert.
func (m *artemisManager) isBound(ctx context.Context, address string) (bool, error) {
	var bindings string
	err := m.call(ctx, &bindings, "listBindingsForAddress", address)
	return bindings != "", err
}
