package eventing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
)

// subscription is one listener at work: its consumer and its workers.
type subscription struct {
	manager  *EventManager
	listener *EventListenerDescriptor
	queue    Queue
	invoke   invoke
	batches  *batches // nil unless the listener has them
	decode   func(contentType string, body []byte) (any, error)

	// Written by start under the lock of the manager's life, unless that stops.
	intake  context.Context //nolint:containedctx // ends when no more events are to be received
	stop    context.CancelFunc
	keeping sync.WaitGroup        // the goroutine that keeps the hold
	paused  atomic.Pointer[error] // why the listener can't settle what failed

	mu   sync.Mutex // guards hold
	hold *hold      // the current one; nil before the start
}

func (s *subscription) start(ctx context.Context) error {
	first, err := s.attach(ctx, true)
	if err != nil {
		return err
	}
	begun := s.manager.life.unlessStopping(func() {
		s.hold = first
		s.intake, s.stop = context.WithCancel(s.manager.base)
		s.keeping.Go(s.keep)
	})
	if !begun {
		return errors.Join(errInterrupted, first.consumer.Close(ctx))
	}
	return nil
}

func (s *subscription) settle(on *hold, h *handling, disposition Disposition) {
	if h.foreign != nil {
		h.delivery.Message = h.foreign // providers may tell a delivery by its message
	}
	if err := on.consumer.Settle(&h.delivery, disposition); err != nil {
		// The broker will deliver it again: at least once.
		s.manager.config.Logger.LogAttrs(s.manager.base, slog.LevelDebug, "settlement was lost",
			slog.String("listener", s.listener.Name), slog.Any("error", err))
	}
}

// pause records why the listener can't go on; nil means that it can.
func (s *subscription) pause(err error) {
	if err == nil {
		s.paused.Store(nil)
		return
	}
	s.paused.Store(&err)
}

func (s *subscription) health() error {
	if err := s.paused.Load(); err != nil {
		return fmt.Errorf("listener %q is held up: %w", s.listener.Name, *err)
	}
	return nil
}
