package amqp

import (
	"context"
	"fmt"

	"github.com/Azure/go-amqp"

	"github.com/aspyx-go/aspyx/eventing"
)

// artemis is the dialect of ActiveMQ Artemis.
type artemis struct{}

// artemisProduct is what it says that it is.
const artemisProduct = "apache-activemq-artemis"

// The capabilities by which a link tells Artemis what its address is. Without
// one Artemis guesses, and a wrong guess is accepted and loses messages.
const (
	capabilityTopic = "topic" // MULTICAST: a copy for each queue
	capabilityQueue = "queue" // ANYCAST
)

const (
	// delayAnnotation is in whole milliseconds; of another type than an
	// integer it has no effect.
	delayAnnotation = "x-opt-delivery-delay"

	// duplicateProperty makes Artemis drop a second message with the same.
	duplicateProperty = "_AMQ_DUPL_ID"
)

func (artemis) name() string { return "ActiveMQ Artemis" }

func (artemis) event(name string) (node, error) {
	return node{address: name, capability: capabilityTopic}, nil
}

// queue is one queue, by its fully qualified name. A link to such a name never
// deletes the queue by being closed, as one by subscription name does.
func (artemis) queue(queue eventing.Queue, naming eventing.Naming) (node, error) {
	if queue.IsDeadLetter() {
		return node{address: queue.Address(), capability: capabilityQueue}, nil
	}
	return node{address: queue.Address() + "::" + queue.Name(naming), capability: capabilityTopic}, nil
}

func (a artemis) copies(queue eventing.Queue, naming eventing.Naming) (node, error) {
	return a.queue(queue, naming)
}

func (artemis) adapt(encoded *amqp.Message, message *eventing.Message) {
	if message.DuplicateID != "" {
		encoded.ApplicationProperties[duplicateProperty] = message.DuplicateID
	}
	if message.Delay > 0 {
		encoded.Annotations = amqp.Annotations{delayAnnotation: milliseconds(message.Delay)}
	}
}

func (artemis) explain(queue eventing.Queue, naming eventing.Naming, err error) error {
	switch {
	case mentions(err, "AMQ229200"), mentions(err, "Maximum Consumer Limit"):
		return inUseError(queue)
	case hasCondition(err, amqp.ErrCondNotFound) && mentions(err, "does not exist for address"):
		return elsewhereError(queue, naming, "")
	default:
		return nil
	}
}

func (artemis) manage(ctx context.Context, p *Provider, conn *connection) (manager, error) {
	opened, err := openArtemisManager(ctx, p, conn)
	if err != nil {
		return nil, err
	}
	return opened, nil
}

// capabilities have Artemis' default as the limit of deliveries.
func (artemis) capabilities(bindings bool) eventing.Capabilities {
	return eventing.Capabilities{
		Delay:     true,
		Count:     true,
		Groups:    true,
		Mandatory: bindings,
		Enforced: "after max-delivery-attempts (10 by default) deliveries that ended with the process, " +
			"the dead-letter-address of the address settings",
	}
}

// elsewhereError explains a queue that belongs to another address.
func elsewhereError(queue eventing.Queue, naming eventing.Naming, other string) error {
	name, owner := queue.Name(naming), ""
	if other != "" {
		owner = fmt.Sprintf(" %q", other)
	}
	advice := "give the listener another name, or set amqp.Config.Naming to eventing.NamingQualified"
	if naming == eventing.NamingQualified || queue.IsDeadLetter() {
		advice = "remove that queue, or give the listener another name"
	}
	return fmt.Errorf("queue %q belongs to another address%s on the broker, not to %q: names of queues are global there; %s", name, owner, queue.Address(), advice)
}
