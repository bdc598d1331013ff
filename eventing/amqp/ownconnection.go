package amqp

import (
	"context"
	"fmt"
)

// ownConnection makes the connection that a consumer has for itself, by a
// container id that only one connection can have. Who else wants to consume from
// the queue is refused as long as it lasts.
func (c *consumer) ownConnection(conn *connection, at source) (*connection, error) {
	ctx, cancel := context.WithTimeout(c.life, conn.endpoint.connectTimeout)
	defer cancel()
	own, err := conn.endpoint.dial(ctx, at.alone)
	if err != nil {
		if explained := conn.dialect.explain(c.queue, c.provider.naming, err); explained != nil {
			err = explained
		}
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

// close ends the link, and the connection if it is the consumer's own.
func (a *attachment) close(ctx context.Context) {
	if a.link != nil {
		a.link.close(ctx)
	}
	if a.own {
		a.conn.close(ctx)
	}
}
