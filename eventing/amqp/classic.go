package amqp

import (
	"context"
	"fmt"
	"strings"

	"github.com/Azure/go-amqp"

	"github.com/aspyx-go/aspyx/eventing"
)

// classic is the dialect of ActiveMQ Classic. It works by virtual topics: what
// is sent to VirtualTopic.<event> gets into each queue that is called
// Consumer.<listener>.VirtualTopic.<event>, from the first attach to it on.
type classic struct{}

// classicProduct is what it says that it is.
const classicProduct = "ActiveMQ"

const virtualTopic = "VirtualTopic."

func (classic) name() string { return "ActiveMQ Classic" }

func (classic) event(name string) (node, error) {
	return node{address: "topic://" + virtualTopic + name}, nil
}

// queue has three forms. A queue of one server that isn't durable is the copies
// of a topic for who is attached to it, since the broker lets nobody remove a
// queue; another topic brings the messages for it alone.
func (c classic) queue(queue eventing.Queue, naming eventing.Naming) (source, error) {
	if queue.IsDeadLetter() {
		return source{node: node{address: "queue://" + queue.Address()}}, nil
	}
	at := source{node: node{address: "queue://" + consumerName(queue, naming)}}
	if !queue.Exclusive() {
		return at, nil
	}
	at.alone = "aspyx-" + consumerName(queue, naming)
	if !queue.Durable {
		at.fleeting = true
		at.address = "topic://" + virtualTopic + queue.Event + "," + consumerName(queue, naming)
	}
	return at, nil
}

func (c classic) copies(queue eventing.Queue, naming eventing.Naming) (node, error) {
	at, err := c.queue(queue, naming)
	if at.fleeting {
		at.address = "topic://" + consumerName(queue, naming)
	}
	return at.node, err
}

// consumerName is the broker's pattern. Its second part ends with a dot, so it
// can hold none: names of listeners that do are escaped by what no name holds.
func consumerName(queue eventing.Queue, naming eventing.Naming) string {
	name := strings.ReplaceAll(queue.Name(naming), ".", "%2E")
	return "Consumer." + name + "." + virtualTopic + queue.Event
}

func (classic) adapt(encoded *amqp.Message, message *eventing.Message) {
	if message.Delay > 0 {
		encoded.Annotations = amqp.Annotations{delayAnnotation: milliseconds(message.Delay)}
	}
}

func (classic) released(*eventing.Message) error { return errNotNow }

func (classic) explain(queue eventing.Queue, _ eventing.Naming, err error) error {
	if hasCondition(err, amqp.ErrCondInvalidField) && mentions(err, "already connected") {
		return inUseError(queue)
	}
	return nil
}

// manage has nothing to open: Classic is managed over HTTP only.
func (classic) manage(context.Context, *Provider, *connection) (manager, error) {
	return nil, errUnmanageable
}

// learn finds out whether the broker delays, which is a matter of its
// configuration.
func (classic) learn(ctx context.Context, p *Provider, conn *connection) (eventing.Capabilities, error) {
	ctx, cancel := p.limit(ctx)
	defer cancel()
	delays, err := await(ctx, p, func() (bool, error) { return probeDelay(ctx, conn) }, nil)
	if err != nil && !isRefusal(err) {
		return eventing.Capabilities{}, fmt.Errorf("find out whether the broker delays messages: %w: %s", eventing.ErrUnavailable, describe(err))
	}
	return eventing.Capabilities{Delay: delays, Count: true, Groups: true}, nil
}
