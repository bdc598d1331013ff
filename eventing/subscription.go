package eventing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
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
	decode   func(Codec, []byte) (any, error)

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
	s.consumer = consumer
	s.intake, s.stop = context.WithCancel(s.manager.base)
	for range n {
		s.workers.Go(s.work)
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
		if !s.handle(&h, nil) {
			return
		}
	}
}

// handle handles one delivery, after a prior failure or from the beginning,
// and settles it. When the handler ends the goroutine by runtime.Goexit (as
// t.FailNow does in a test), a new worker takes over with that as a failure.
func (s *subscription) handle(h *handling, prior error) (ok bool) {
	defer func() {
		if !ok {
			s.workers.Go(func() {
				if s.handle(h, errGoexit) {
					s.work()
				}
			})
		}
	}()
	disposition := h.run(prior)
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

// stopGrace is how long handlers that were cancelled get to return. It is
// taken from the time limit of the stop.
const stopGrace = time.Second

// drain ends all intake, and waits for the handlers. Those that are still busy
// shortly before ctx is done are cancelled with ErrStopping.
func (m *EventManager) drain(ctx context.Context) error {
	patient, cancel := withGrace(ctx)
	defer cancel()
	release := context.AfterFunc(patient, func() { m.halt(ErrStopping) })
	defer release()
	var errs []error
	if drainer, ok := m.provider.(Drainer); ok && phase(m.state.phase.Load()) == running {
		if err := drainer.Drain(patient); err != nil {
			errs = append(errs, fmt.Errorf("drain %s: %w", m.provider.Name(), err))
		}
	}
	for _, s := range m.subscriptions {
		if s.stop != nil {
			s.stop()
		}
	}
	for _, s := range m.subscriptions {
		errs = append(errs, s.end(ctx))
	}
	return errors.Join(errs...)
}

// end waits for the workers, then closes the consumer.
func (s *subscription) end(ctx context.Context) error {
	if s.consumer == nil {
		return nil
	}
	idle := make(chan struct{})
	go func() { // ends with the handlers: a stuck one is its author's
		s.workers.Wait()
		close(idle)
	}()
	var err error
	select {
	case <-idle:
	case <-ctx.Done():
		err = fmt.Errorf("stop listener %q: its handler ignores that its context is done: %w", s.listener.Name, ctx.Err())
	}
	if closeErr := s.consumer.Close(ctx); closeErr != nil {
		err = errors.Join(err, fmt.Errorf("close the consumer of listener %q: %w", s.listener.Name, closeErr))
	}
	return err
}

// withGrace returns a context that is done a little before ctx.
func withGrace(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	grace := min(stopGrace, time.Until(deadline)/5)
	return context.WithDeadline(ctx, deadline.Add(-grace))
}
