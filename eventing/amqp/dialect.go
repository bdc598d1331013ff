package amqp

import (
	"context"
	"fmt"

	"github.com/Azure/go-amqp"

	"github.com/aspyx-go/aspyx/eventing"
)

// dialect is how one kind of broker is spoken to: all that isn't the same for
// every one. It has no state, and two of one kind are equal.
type dialect interface {
	// name is the kind's, for errors and logs.
	name() string

	// event is where the events of a name are sent to.
	event(name string) (node, error)

	// queue is where a queue is consumed from.
	queue(queue eventing.Queue, naming eventing.Naming) (node, error)

	// copies is where a message for one queue alone is sent to.
	copies(queue eventing.Queue, naming eventing.Naming) (node, error)

	// adapt adds to an encoded message what each kind spells in its own way.
	adapt(encoded *amqp.Message, message *eventing.Message)

	// explain says in our words why the broker lets nobody attach to a queue,
	// or is nil where it only has the broker's.
	explain(queue eventing.Queue, naming eventing.Naming, err error) error

	// manage opens what manages the broker over conn, until ctx is done. An
	// error that wraps errNoManagement says that the user, or the kind, has
	// none: then queues are made by attaching.
	manage(ctx context.Context, p *Provider, conn *connection) (manager, error)

	// capabilities are the broker's; bindings tells whether its manager knows
	// which queues an address has.
	capabilities(bindings bool) eventing.Capabilities
}

// node is what a link attaches to.
type node struct {
	address    string
	capability string // by which the link tells what the address is; empty where nobody asks
}

// detect returns the dialect that a broker's properties tell of, or nil.
func detect(properties map[string]any) dialect {
	product, _ := properties["product"].(string)
	switch product {
	case artemisProduct:
		return artemis{}
	default:
		return nil
	}
}

// dialect returns the broker's. Where it is neither configured nor was there a
// connection yet, it waits for one, within ctx.
func (p *Provider) dialect(ctx context.Context) (dialect, error) {
	if known := p.knownDialect(); known != nil {
		return known, nil
	}
	conn, err := p.session(ctx, p.publishing)
	if err != nil {
		return nil, err
	}
	return conn.dialect, nil
}

// knownDialect is nil before the first connection, unless it is configured.
func (p *Provider) knownDialect() dialect {
	if conn := p.publishing.Last(); conn != nil {
		return conn.dialect
	}
	return p.endpoint.dialect
}

// placeOf is where a queue is, for errors and logs.
func (p *Provider) placeOf(speaks dialect, queue eventing.Queue) string {
	at, err := speaks.queue(queue, p.naming)
	if err != nil {
		return queue.Address() + "::" + queue.Name(p.naming)
	}
	return at.address
}

// target is where a message goes: to all queues of its event, or to one.
func (p *Provider) target(speaks dialect, message *eventing.Message) (node, error) {
	if message.Target != nil {
		return speaks.copies(*message.Target, p.naming)
	}
	return speaks.event(message.Event)
}

// checkSame refuses a broker of another kind than that of the connection
// before: what waits is addressed to that one, and could get lost in silence.
func (p *Provider) checkSame(conn *connection) error {
	if known := p.knownDialect(); known != nil && known != conn.dialect {
		return fmt.Errorf("the broker is %s, and was %s before: all endpoints must be of one kind", conn.dialect.name(), known.name())
	}
	return nil
}
