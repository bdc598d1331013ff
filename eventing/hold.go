package eventing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// prefetchPerWorker is how many messages are fetched ahead for each worker:
// enough to hide a round trip to the broker from a handler of a millisecond,
// few enough that competing processes share a short queue.
const prefetchPerWorker = 32

// hold is a listener's hold on its queue: a consumer and its workers.
//
// A listener begins with a wide hold. An event that was delivered before and
// never settled may have ended its process, and do so again. That would count
// for all events that are in this process then, and dead-letter innocent ones
// as crashed. So the wide hold gives way to a narrow one, which has one event
// at a time, until one comes that is delivered for the first time, or none. One
// listener of the process has a narrow hold at a time: see quarantine.
type hold struct {
	consumer Consumer
	wide     bool
	workers  sync.WaitGroup
	leave    func() // ends the quarantine of a narrow hold; else nil

	receiving context.Context //nolint:containedctx // ends with the intake, or when another hold is to follow
	turn      context.CancelFunc
}

// attach returns a wide hold without workers.
func (s *subscription) attach(ctx context.Context) (*hold, error) {
	s.disturb()
	consumer, err := s.manager.provider.Attach(ctx, s.queue, s.listener.prefetch())
	if err != nil {
		return nil, err
	}
	s.disturb()
	return &hold{consumer: consumer, wide: true}, nil
}

// disturb has a quarantine wait until it is known whether the first event is a
// suspect. Where none can be, subscriptions may come and go as often as they like.
func (s *subscription) disturb() {
	if s.suspects() {
		s.manager.quarantine.disturb()
	}
}

// attachNarrow returns a narrow hold without workers. Where there is no other
// listener nobody has to be waited for.
func (s *subscription) attachNarrow() (*hold, error) {
	h := &hold{}
	if len(s.manager.roster.all()) > 1 {
		var err error
		if h.leave, err = s.manager.quarantine.enter(s.intake); err != nil {
			return nil, err
		}
	}
	var err error
	if h.consumer, err = s.manager.provider.Attach(s.alive, s.queue, 1); err != nil {
		h.quit()
		return nil, err
	}
	return h, nil
}

// quit lets another listener have a narrow hold.
func (h *hold) quit() {
	if h.leave != nil {
		h.leave()
	}
}

// listen has the current hold work, and those that follow it, until the intake
// has ended, or failed. The consumer of the last stays open.
func (s *subscription) listen() {
	h := s.hold
	for {
		if turned := s.workOn(h); !turned || s.intake.Err() != nil {
			h.quit()
			return
		}
		next, err := s.follow(h)
		if err != nil {
			if s.intake.Err() == nil && !errors.Is(err, ErrClosed) {
				s.manager.fail(fmt.Errorf("attach listener %q again: %w", s.listener.Name, err))
			}
			return
		}
		h = next
	}
}

// workOn returns when the workers of a hold have ended, and tells whether another
// hold is to follow.
func (s *subscription) workOn(h *hold) (turned bool) {
	h.receiving, h.turn = context.WithCancel(s.intake)
	defer h.turn()
	workers, work := 1, func() { s.work(h) }
	if h.wide {
		workers = s.listener.workers()
	}
	if s.batches != nil {
		s.batches.begin(h)
	}
	if h.wide && (s.listener.isKeyed() || s.batches != nil) {
		lanes := newLanes(s, h)
		h.workers.Go(lanes.receive)
		work = lanes.work
	}
	for range workers {
		h.workers.Go(work)
	}
	h.workers.Wait()
	return h.receiving.Err() != nil
}

// follow replaces a hold by one of the other kind.
func (s *subscription) follow(h *hold) (*hold, error) {
	err := h.consumer.Close(s.alive)
	h.quit()
	if err != nil {
		return nil, err
	}
	next, err := s.attachNext(h)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.hold = next
	s.mu.Unlock()
	return next, s.checkAlive(next)
}

func (s *subscription) succeed(h *hold) (*hold, error) {
	if h.wide {
		return s.attachNarrow()
	}
	return s.attach(s.alive)
}

// attachNext is succeed, again and again until the intake ends, while the queue
// is in use or the broker doesn't answer. Where a connection was lost meanwhile,
// the broker may take the consumer that was just closed to be alive for a while.
func (s *subscription) attachNext(h *hold) (*hold, error) {
	logger, name := s.manager.config.Logger, slog.String("listener", s.listener.Name)
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		next, err := s.succeed(h)
		switch {
		case err == nil && pause > firstPause:
			s.holdUp(nil)
			logger.LogAttrs(s.manager.base, slog.LevelInfo, "listener goes on", name)
			return next, nil
		case err == nil, !errors.Is(err, ErrQueueInUse) && !errors.Is(err, ErrUnavailable):
			return next, err
		case pause == firstPause:
			logger.LogAttrs(s.manager.base, slog.LevelWarn, "listener is held up", name, slog.Any("error", err))
		}
		s.holdUp(fmt.Errorf("attach again: %w", err))
		if !sleep(s.intake, pause) {
			return nil, err
		}
	}
}

// checkAlive closes a hold that has come too late for end to see it.
func (s *subscription) checkAlive(h *hold) error {
	if s.alive.Err() == nil {
		return nil
	}
	h.quit()
	return errors.Join(ErrClosed, h.consumer.Close(context.WithoutCancel(s.alive)))
}

// receive waits for the next event. A narrow hold for which there is none is
// turned.
func (h *hold) receive(into *Delivery) error {
	if h.wide {
		return h.consumer.Receive(h.receiving, into)
	}
	soon, cancel := context.WithTimeout(h.receiving, quarantineIdle)
	defer cancel()
	err := h.consumer.Receive(soon, into)
	if err != nil && soon.Err() != nil {
		h.turn()
	}
	return err
}

// receiveFailed is called when nothing more comes. Unless the hold has ended, that
// is a failure.
func (s *subscription) receiveFailed(on *hold, err error) {
	if on.receiving.Err() == nil && !errors.Is(err, ErrClosed) {
		s.manager.fail(fmt.Errorf("receive for listener %q: %w", s.listener.Name, err))
	}
}

// work receives, handles and settles, one event after the other.
func (s *subscription) work(on *hold) {
	var h handling
	for {
		h = handling{subscription: s}
		if err := on.receive(&h.delivery); err != nil {
			s.receiveFailed(on, err)
			return
		}
		suspect := s.isSuspect(&h.delivery)
		switch {
		case s.isUncounted(&h.delivery): // it isn't handled now, and so turns nothing
		case suspect && on.wide:
			on.turn()
			s.settle(on, &h, Release)
			return
		case !suspect && !on.wide:
			on.turn()
			on.quit()
			s.handle(on, &h) // the last of this hold
			return
		}
		if !s.handleAlone(on, &h) {
			return
		}
	}
}

// handleAlone is handle. A suspect has the process for itself, but not forever.
func (s *subscription) handleAlone(on *hold, h *handling) bool {
	if on.wide {
		return s.handle(on, h)
	}
	defer time.AfterFunc(quarantineLease, on.quit).Stop()
	return s.handle(on, h)
}

// isSuspect tells whether the event may end the process.
func (s *subscription) isSuspect(delivery *Delivery) bool {
	return delivery.deliveries() > 1 && s.suspects()
}

// suspects tells whether the listener minds events that end the process. The
// queue of one server that isn't durable ends with its consumer, and so has none.
func (s *subscription) suspects() bool {
	return s.listener.Policy.MaxDeliveries > 0 && (s.queue.Durable || !s.queue.Exclusive())
}

// handle handles one delivery and settles it. When the handler ends the
// goroutine by runtime.Goexit (as t.FailNow does in a test), that is how the
// attempt has ended, and a new worker takes over.
func (s *subscription) handle(on *hold, h *handling) (ok bool) {
	defer func() {
		if !ok {
			on.workers.Go(func() {
				if s.handleAlone(on, h) {
					s.work(on)
				}
			})
		}
	}()
	disposition := h.run()
	s.settle(on, h, disposition)
	return true
}
