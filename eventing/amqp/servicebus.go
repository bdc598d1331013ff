package amqp

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/Azure/go-amqp"

	"github.com/aspyx-go/aspyx/eventing"
)

// serviceBus is the dialect of Azure Service Bus, by its manual: it isn't proven
// on the service. An event is a topic, and a listener's queue a subscription to
// it. Nothing is made: topics, subscriptions and the queues of dead letters have
// to exist.
type serviceBus struct{}

// serviceBusHost ends the names of its hosts: it says no product.
const serviceBusHost = ".servicebus.windows.net"

func (serviceBus) name() string { return "Azure Service Bus" }

func (serviceBus) event(name string) (node, error) { return node{address: name}, nil }

func (serviceBus) queue(queue eventing.Queue, naming eventing.Naming) (source, error) {
	switch {
	case queue.IsDeadLetter():
		return source{node: node{address: queue.Address()}}, nil
	case queue.Exclusive():
		return source{}, fmt.Errorf("a queue of one server: %w on Azure Service Bus, which lets others consume from it too", errors.ErrUnsupported)
	default:
		return source{node: node{address: queue.Event + "/Subscriptions/" + queue.Name(naming)}}, nil
	}
}

// copies are for dead-letter queues only: whatever is sent to a topic is for all
// its subscriptions.
func (s serviceBus) copies(queue eventing.Queue, naming eventing.Naming) (node, error) {
	if !queue.IsDeadLetter() {
		return node{}, fmt.Errorf("a message for one subscription alone: %w on Azure Service Bus", errors.ErrUnsupported)
	}
	at, err := s.queue(queue, naming)
	return at.node, err
}

func (serviceBus) adapt(*amqp.Message, *eventing.Message) {}

func (serviceBus) released(*eventing.Message) error { return errNotNow }

func (serviceBus) explain(queue eventing.Queue, naming eventing.Naming, err error) error {
	if hasCondition(err, amqp.ErrCondNotFound) {
		return fmt.Errorf("it doesn't exist: make it, as a queue or as a subscription to the topic %s, with the tools of Azure: %s", queue.Address(), describe(err))
	}
	return nil
}

func (serviceBus) manage(context.Context, *Provider, *connection) (manager, error) {
	return nil, errUnmanageable
}

// learn says no to what isn't proven.
func (serviceBus) learn(context.Context, *Provider, *connection) (eventing.Capabilities, error) {
	return eventing.Capabilities{
		Enforced: "after the entity's max delivery count (10 by default), its own dead-letter queue; " +
			"a handler that takes longer than the entity's lock (a minute by default) has the event come again meanwhile",
	}, nil
}

// isServiceBus tells by the name of the host, without its port.
func isServiceBus(host string) bool { return strings.HasSuffix(strings.ToLower(host), serviceBusHost) }
