package amqp

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/Azure/go-amqp"

	"github.com/aspyx-go/aspyx/eventing"
)

// attachment is one link of a consumer.
type attachment struct {
	link    *link[*amqp.Receiver]
	conn    *connection
	own     bool // the connection is this consumer's alone
	inflow  *inflow
	since   time.Time
	settled atomic.Uint32 // since credit was issued last
	flow    flow
	parked  error // what became of a message that was too large; guarded by the consumer's mu
}

// arrival is a message with what settles it, so that it is made at once.
type arrival struct {
	eventing.Message

	received *amqp.Message
	on       *attachment
	size     int64 // on the wire
}

// close ends the link, and gives back what came by it. The consumer's own
// connection ends too.
func (a *attachment) close(ctx context.Context) {
	a.inflow.end()
	if a.link != nil {
		a.link.close(ctx)
	}
	if a.own {
		a.conn.close(ctx)
	}
}
