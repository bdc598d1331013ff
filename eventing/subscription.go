package eventing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
)

// prefetchPerWorker is how many messages are fetched ahead for each worker:
// enough to hide a round trip to the broker from a handler of a millisecond,
// few enough that competing processes share a short queue.
const prefetchPerWorker = 32

// subscription is one listener at work: its consumer and its workers.
type subscription struct {
	manager  *EventManager
	listener *EventListenerDescriptor
	queue    Queue
	invoke   invoke
	decode   func(contentType string, body []byte) (any, error)

	// Written by start under the lock of the manager's life, unless that stops.
	consumer Consumer
	intake   context.Context //nolint:containedctx // ends when no more events are to be received
	stop     context.CancelFunc
	workers  sync.WaitGroup
	paused   atomic.Pointer[error] // why the listener can't settle what failed
}

func (s *subscription) start(ctx context.Context) error {
	n := s.listener.Concurrency
	consumer, err := s.manager.provider.Attach(ctx, s.queue, n*prefetchPerWorker)
	if err != nil {
		return err
	}
	begun := s.manager.life.unlessStopping(func() {
		s.consumer = consumer
		s.intake, s.stop = context.WithCancel(s.manager.base)
		for range n {
			s.workers.Go(s.work)
		}
	})
	if !begun {
		return errors.Join(errInterrupted, consumer.Close(ctx))
	}
	return nil
}

// work receives, handles and settles, one event after the other.
func (s *subscription) work() {
	var h handling
	for {
		h = handling{subscription: s}
		if err := s.consumer.Receive(s.intake, &h.delivery); err != nil {
			if s.intake.Err() == nil && !errors.Is(err, ErrClosed) {
				s.manager.fail(fmt.Errorf("receive for listener %q: %w", s.listener.Name, err))
			}
			return
		}
		if !s.handle(&h) {
			return
		}
	}
}

// handle handles one delivery and settles it. When the handler ends the
// goroutine by runtime.Goexit (as t.FailNow does in a test), that is how the
// attempt has ended, and a new worker takes over.
func (s *subscription) handle(h *handling) (ok bool) {
	defer func() {
		if !ok {
			s.workers.Go(func() {
				if s.handle(h) {
					s.work()
				}
			})
		}
	}()
	disposition := h.run()
	s.settle(h, disposition)
	return true
}

func (s *subscription) settle(h *handling, disposition Disposition) {
	if err := s.consumer.Settle(&h.delivery, disposition); err != nil {
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
