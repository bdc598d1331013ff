package amqp

import (
	"context"
	"errors"
	"fmt"

	"github.com/aspyx-go/aspyx/internal/supervise"
)

// ownConnection makes the connection that a consumer has for itself, by a
// container id that only one connection can have. Who else wants to consume from
// the queue is refused as long as it lasts.
func (c *consumer) ownConnection(conn *connection, at source) (*connection, error) {
	ctx, cancel := context.WithTimeout(c.life, c.provider.connectTimeout)
	defer cancel()
	own, err := c.dialAlone(ctx, conn, at.alone)
	if err != nil {
		return nil, fmt.Errorf("attach to %s by a connection of its own: %w", at.address, err)
	}
	// Stop comes after the consumers have been closed: nothing is to be waited for.
	err = c.provider.begin(func() {
		select {
		case <-own.Done():
		case <-c.provider.life.Done():
		}
		own.Abort()
	})
	if err != nil {
		own.Abort()
		return nil, err
	}
	return own, nil
}

// aloneTries is how often the connection is tried while another one has its id:
// the broker frees the id of a connection only after it has been closed.
const aloneTries = 5

func (c *consumer) dialAlone(ctx context.Context, like *connection, container string) (own *connection, err error) {
	var tries supervise.Backoff
	for range aloneTries {
		if !supervise.Sleep(ctx, tries.Next(0)) {
			return nil, errors.Join(err, context.Cause(ctx))
		}
		if own, err = like.endpoint.dial(ctx, container); err == nil {
			return own, nil
		}
		explained := like.dialect.explain(c.queue, c.provider.naming, err)
		if explained == nil {
			return nil, err
		}
		err = explained
	}
	return nil, err
}
