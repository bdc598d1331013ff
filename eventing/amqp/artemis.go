package amqp

import (
	"context"
	"errors"
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
func (artemis) queue(queue eventing.Queue, naming eventing.Naming) (source, error) {
	at := node{address: queue.Address() + "::" + queue.Name(naming), capability: capabilityTopic}
	if queue.IsDeadLetter() {
		at = node{address: queue.Address(), capability: capabilityQueue}
	}
	return source{node: at}, nil
}

func (a artemis) copies(queue eventing.Queue, naming eventing.Naming) (node, error) {
	at, err := a.queue(queue, naming)
	return at.node, err
}

func (artemis) adapt(encoded *amqp.Message, message *eventing.Message) {
	if message.DuplicateID != "" {
		encoded.ApplicationProperties[duplicateProperty] = message.DuplicateID
	}
	if message.Delay > 0 {
		encoded.Annotations = amqp.Annotations{delayAnnotation: milliseconds(message.Delay)}
	}
}

func (artemis) released(*eventing.Message) error { return errNotNow }

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
	return openManager(ctx, p, conn, attachArtemisManager)
}

// learn finds out whether the user may manage the broker, and ask it about
// queues. The limit of deliveries is Artemis' default.
func (artemis) learn(ctx context.Context, p *Provider, conn *connection) (eventing.Capabilities, error) {
	knows := eventing.Capabilities{
		Delay:  true,
		Count:  true,
		Groups: true,
		Enforced: "after max-delivery-attempts (10 by default) deliveries that ended with the process, " +
			"the dead-letter-address of the address settings",
	}
	err := p.manageOn(ctx, conn, func(manager manager) error {
		_, err := manager.isBound(ctx, managementAddress)
		return err
	})
	if _, refused := errors.AsType[*managementError](err); refused {
		return knows, nil // it may make queues nevertheless
	}
	if errors.Is(err, errNoManagement) {
		p.setUnmanaged(err)
		return knows, nil
	}
	knows.Mandatory = err == nil
	return knows, err
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
