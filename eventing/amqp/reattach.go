package amqp

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/internal/supervise"
)

// attached returns the current link, and waits for it while one is attached
// again.
func (c *consumer) attached(ctx context.Context) (*attachment, error) {
	for {
		if on := c.current.Load(); on != nil {
			return on, nil
		}
		c.mu.Lock()
		on, changed := c.current.Load(), c.changed
		c.mu.Unlock()
		if on != nil {
			return on, nil
		}
		select {
		case <-changed:
		case <-c.life.Done():
			return nil, eventing.ErrClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// attachAgain begins to replace a link that has ended, unless that was begun.
func (c *consumer) attachAgain(lost *attachment, why error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed.Load() || c.current.Load() != lost {
		return nil
	}
	changed := make(chan struct{})
	err := c.provider.begin(func() {
		defer close(changed)
		c.replace(lost, why)
	})
	if err != nil {
		return err
	}
	c.changed = changed
	c.current.Store(nil)
	return nil
}

// replace attaches again, until it has succeeded or the consumer is closed.
func (c *consumer) replace(lost *attachment, why error) {
	detached := !lost.conn.isLost()
	if detached {
		c.logger.WarnContext(c.life, "the broker has ended the link of a listener: attaching again", slog.String("reason", describe(why)))
		c.setFault(fmt.Errorf("receive from %s: %w: %s", c.source, eventing.ErrUnavailable, describe(why)))
		c.close(lost)
	} else {
		c.tries = supervise.Backoff{} // those of the connection are enough
	}
	reported := ""
	for held := time.Since(lost.since); supervise.Sleep(c.life, c.tries.Next(held)); held = 0 {
		on, err := c.renew()
		if err == nil {
			c.adopt(on)
			if detached || reported != "" {
				c.logger.InfoContext(c.life, "a listener is attached again")
			}
			return
		}
		if c.life.Err() != nil {
			return
		}
		c.setFault(err)
		if text := describe(err); text != reported && !c.provider.isAway() {
			reported = text
			c.logger.WarnContext(c.life, "a listener can't be attached again: going on trying", slog.String("reason", text))
		}
	}
}

// renew declares the queue again and attaches to it.
func (c *consumer) renew() (*attachment, error) {
	conn, err := c.provider.session(c.life, c.provider.consuming)
	if err != nil {
		return nil, err
	}
	if err := c.provider.redeclare(c.life, c.queue); err != nil {
		return nil, err
	}
	ctx, cancel := c.provider.limit(context.WithoutCancel(c.life))
	defer cancel()
	return c.attach(ctx, conn)
}

// adopt makes on the current link, unless the consumer is closed.
func (c *consumer) adopt(on *attachment) {
	c.mu.Lock()
	closed := c.closed.Load()
	if !closed {
		c.current.Store(on)
		c.fault = nil
	}
	c.mu.Unlock()
	if closed {
		c.close(on)
	}
}

// close ends a link. It gives the broker its time.
func (c *consumer) close(on *attachment) {
	ctx, cancel := c.provider.limit(context.WithoutCancel(c.life))
	defer cancel()
	on.link.close(ctx)
}

func (c *consumer) setFault(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fault = err
}

// health returns why the consumer has no link, where that isn't for want of a
// connection.
func (c *consumer) health() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fault
}

// isAway tells whether a connection is lost.
func (p *Provider) isAway() bool {
	return p.publishing.Health() != nil || p.consuming.Health() != nil
}

// letGo forgets a consumer that is closed.
func (p *Provider) letGo(c *consumer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.consumers, c)
}
