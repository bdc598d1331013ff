package amqp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/Azure/go-amqp"
)

// setAside has the broker take a message out of the queue that was too large to
// be kept while it came. Where that isn't safe, the message stays as it is: in
// the queue, and delivered to this link alone. So it is in nobody's way, and
// there again when the link ends.
func (c *consumer) setAside(on *attachment, received *amqp.Message, size uint64) {
	if size == notKept {
		return // the link has ended
	}
	on.flow.received.Add(1)
	on.flow.accepted.Add(1)       // the listener hasn't got it
	_ = c.provider.begin(func() { // when the provider stops, so does the link
		destination, err := c.reject(on, received)
		switch {
		case err != nil && c.current.Load() != on: // it comes again
		case err != nil:
			err = fmt.Errorf("receive from %s: a message of %d bytes is too large (the limit is %d), and stays in the queue: %w; raise amqp.Config.MaxMessageBytes, or take it out of the queue while no listener is attached",
				c.source, size, on.inflow.limit, err)
			c.logger.ErrorContext(c.life, "a message is too large to be received: it stays in the queue", slog.Any("reason", err))
			c.mu.Lock()
			on.parked = err
			c.mu.Unlock()
		default:
			c.logger.ErrorContext(c.life, "a message is too large to be received: the broker has put it aside",
				slog.Uint64("bytes", size), slog.Int64("limit", on.inflow.limit), slog.String("address", destination))
		}
		c.renewCredit(on)
	})
}

// reject rejects a message to the broker's own dead-letter address, and returns
// that. The broker drops what it can't put there.
func (c *consumer) reject(on *attachment, received *amqp.Message) (destination string, err error) {
	if c.queue.IsDeadLetter() {
		return "", errors.New("it is a dead letter already")
	}
	if destination, err = c.provider.rejected(c.life, c.queue.Address()); err != nil {
		return "", err
	}
	if err := on.link.end.RejectMessage(context.Background(), received, nil); err != nil {
		return "", fmt.Errorf("reject it: %s", describe(err))
	}
	return destination, nil
}

// rejecter is a manager that knows where the broker puts what is rejected by a
// queue of the address. It is an error where it would be dropped.
type rejecter interface {
	rejected(ctx context.Context, address string) (destination string, err error)
}

func (p *Provider) rejected(ctx context.Context, address string) (destination string, err error) {
	err = p.manage(ctx, func(manager manager) error {
		knows, ok := manager.(rejecter)
		if !ok {
			return errors.New("it isn't known where this broker puts what is rejected")
		}
		destination, err = knows.rejected(ctx, address)
		return err
	})
	return destination, err
}

var _ rejecter = (*artemisManager)(nil)

func (m *artemisManager) rejected(ctx context.Context, address string) (string, error) {
	var settings struct {
		Address string `json:"deadLetterAddress"`
		Older   string `json:"DLA"` // as earlier versions spell it
	}
	if err := m.call(ctx, &settings, "getAddressSettingsAsJSON", address); err != nil {
		return "", err
	}
	destination := cmp.Or(settings.Address, settings.Older)
	if destination == "" {
		return "", fmt.Errorf("the broker has no dead-letter-address for %s", address)
	}
	bound, err := m.isBound(ctx, destination)
	if err != nil {
		return "", err
	}
	if !bound {
		return "", fmt.Errorf("the broker's dead-letter-address %s has no queue", destination)
	}
	return destination, nil
}
