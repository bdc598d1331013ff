package amqp

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/Azure/go-amqp"

	"github.com/aspyx-go/aspyx/eventing"
)

// rabbitMQ is the dialect of RabbitMQ 4, by its manual: it isn't proven on the
// broker. An event is an exchange of the kind fanout, to which the queues of its
// listeners are bound.
type rabbitMQ struct{}

// rabbitProduct is what it says that it is.
const rabbitProduct = "RabbitMQ"

func (rabbitMQ) name() string { return "RabbitMQ" }

func (rabbitMQ) event(name string) (node, error) {
	return node{address: "/exchanges/" + url.PathEscape(name)}, nil
}

func (rabbitMQ) queue(queue eventing.Queue, naming eventing.Naming) (source, error) {
	if queue.Exclusive() {
		return source{}, fmt.Errorf("a queue of one server: %w on RabbitMQ, which lets others consume from it too", errors.ErrUnsupported)
	}
	return source{node: node{address: "/queues/" + url.PathEscape(rabbitQueue(queue, naming))}}, nil
}

func (r rabbitMQ) copies(queue eventing.Queue, naming eventing.Naming) (node, error) {
	at, err := r.queue(queue, naming)
	return at.node, err
}

// rabbitQueue is a name that no queue of another event has.
func rabbitQueue(queue eventing.Queue, naming eventing.Naming) string {
	if queue.IsDeadLetter() {
		return queue.Address()
	}
	return queue.Address() + "::" + queue.Name(naming)
}

func (rabbitMQ) adapt(*amqp.Message, *eventing.Message) {}

// released is for a message that no queue has taken.
func (rabbitMQ) released(message *eventing.Message) error {
	if message.Target == nil && !message.Mandatory {
		return nil // an event may have no listener
	}
	return fmt.Errorf("%w: %w", eventing.ErrRejected, eventing.ErrUnroutable)
}

func (rabbitMQ) explain(eventing.Queue, eventing.Naming, error) error { return nil }

func (rabbitMQ) manage(ctx context.Context, p *Provider, conn *connection) (manager, error) {
	return openManager(ctx, p, conn, attachRabbitManager)
}

// learn says no to what isn't proven. Without management no queue could be
// bound to its event, which would go by it in silence.
func (rabbitMQ) learn(ctx context.Context, p *Provider, conn *connection) (eventing.Capabilities, error) {
	err := p.manageOn(ctx, conn, func(manager) error { return nil })
	return eventing.Capabilities{Mandatory: true}, err
}
