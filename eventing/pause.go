package eventing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// Pause has a listener receive nothing until Resume, by the listener's name.
// It returns nil when no handler of it runs any more. What it has fetched ahead
// goes back to its queue, uncounted, and with it an event that waits for its
// next attempt in place: other processes may take them. Events go on piling up
// in the queue, as far as that is bounded. Only a queue that would end with its
// consumer, one of a single process that isn't durable, keeps that consumer,
// which holds what it has fetched: there the attempts in place end first, and a
// listener with a key or batches handles all that it has received.
//
// When ctx is done first, or after the StopTimeout of [Config], a handler still
// runs: the error says so, and the pause comes about when that has ended. To
// pause twice does nothing. A paused listener doesn't hold up a stop, and isn't
// unhealthy. An unknown name is an error that lists the known ones. It is
// [ErrNotRunning] before the listener is attached, [ErrClosed] once the manager
// stops, and [ErrOwnHandler] within a handler of the same listener.
func (m *EventManager) Pause(ctx context.Context, listener string) error {
	s, err := m.roster.find(listener)
	if err != nil {
		return fmt.Errorf("pause: %w", err)
	}
	return s.pause(ctx)
}

// Resume ends a pause, and returns nil when the listener is attached to its
// queue again. After an error of that it stays paused. Without a pause it does
// nothing. Its other errors are those of Pause.
func (m *EventManager) Resume(ctx context.Context, listener string) error {
	s, err := m.roster.find(listener)
	if err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	return s.resume(ctx)
}

// activity is what a listener is at.
type activity int

const (
	working  activity = iota + 1
	changing          // from one of the others to the other
	resting           // no handler runs
)

// pausing is what was asked of the goroutine that keeps a listener's hold, and
// how far that is.
type pausing struct {
	wanted   bool
	activity activity
	err      error         // of the last change
	changed  chan struct{} // closed with each change, then there is another
}

func (p *pausing) tell() {
	close(p.changed)
	p.changed = make(chan struct{})
}

func (s *subscription) pause(ctx context.Context) error {
	if err := s.change(ctx, true, resting); err != nil {
		return fmt.Errorf("pause listener %q: %w", s.listener.Name, err)
	}
	return nil
}

func (s *subscription) resume(ctx context.Context) error {
	if err := s.change(ctx, false, working); err != nil {
		return fmt.Errorf("resume listener %q: %w", s.listener.Name, err)
	}
	return nil
}

// change asks for a pause, or its end, and waits until it is reached.
func (s *subscription) change(ctx context.Context, pause bool, goal activity) error {
	if s.isOwn(ctx) {
		return ErrOwnHandler
	}
	if err := s.want(pause); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.manager.config.StopTimeout)
	defer cancel()
	for {
		s.mu.Lock()
		now := s.pausing
		s.mu.Unlock()
		switch {
		case now.wanted != pause && now.err != nil:
			return now.err
		case now.wanted != pause:
			return errors.New("the opposite was asked for meanwhile")
		case now.activity == goal:
			return now.err
		}
		select {
		case <-now.changed:
		case <-s.ended:
			return ErrClosed
		case <-ctx.Done():
			return fmt.Errorf("it isn't reached yet, since a handler still runs or the provider doesn't answer: %w", context.Cause(ctx))
		}
	}
}

// want asks for a pause, or its end. A stop that has begun finds all pauses
// asked for.
func (s *subscription) want(pause bool) error {
	err := ErrClosed
	s.manager.life.unlessStopping(func() {
		switch {
		case s.stop == nil:
			err = ErrNotRunning
		case s.leaving == nil:
			err = nil
			s.wish(pause)
		}
	})
	return err
}

func (s *subscription) wish(pause bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &s.pausing
	if p.wanted == pause {
		return
	}
	p.wanted, p.err = pause, nil
	if pause && p.activity == working {
		p.activity = changing
		s.yield()
	}
	p.tell()
}

func (s *subscription) isPaused() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pausing.wanted
}

// keep works, and rests in between, until the intake ends for good or fails.
func (s *subscription) keep() {
	defer close(s.ended)
	for {
		if s.admit() {
			s.listen()
		}
		failed := s.intake.Err() == nil
		stopped := s.alive.Err() != nil && !s.isPaused()
		if failed || stopped || !s.rest() {
			return
		}
	}
}

// rest gives the queue back until the listener is to work again. It is false
// when the intake has ended before.
func (s *subscription) rest() bool {
	s.holdUp(nil) // what it couldn't put aside is back in the queue
	err := s.letGo()
	for s.awaitResume(err) {
		var next *hold
		if next, err = s.attachAgain(); err != nil {
			continue
		}
		s.mu.Lock()
		resumed := !s.pausing.wanted
		if resumed {
			s.begin(next)
			s.pausing.tell()
		} else {
			s.hold = next
		}
		s.mu.Unlock()
		if s.checkAlive(next) != nil {
			return false
		}
		if resumed {
			return true
		}
		err = s.letGo()
	}
	// Closed here already: memory drains the queues that have consumers.
	if err := s.hold.consumer.Close(s.base); err != nil {
		s.manager.config.Logger.LogAttrs(s.base, slog.LevelWarn, "the consumer of a paused listener isn't closed",
			slog.String("listener", s.listener.Name), slog.Any("error", err))
	}
	return false
}

// endsWithConsumer tells whether the queue goes when its consumer does.
func (s *subscription) endsWithConsumer() bool { return s.queue.Exclusive() && !s.queue.Durable }

// letGo closes the consumer, unless its queue would go too.
func (s *subscription) letGo() error {
	if s.endsWithConsumer() {
		return nil
	}
	return s.hold.consumer.Close(s.base)
}

// patience ends when the events that wait for their next attempt are to be
// released: with the intake. But a consumer that stays through a pause may get
// back only at its end what it has released.
func (s *subscription) patience() context.Context {
	if s.endsWithConsumer() {
		return s.alive
	}
	return s.intake
}

// attachAgain returns a hold after a rest.
func (s *subscription) attachAgain() (*hold, error) {
	if s.endsWithConsumer() {
		return &hold{consumer: s.hold.consumer, wide: true}, nil
	}
	next, err := s.attach(s.alive)
	if err != nil && s.alive.Err() != nil {
		err = errors.Join(ErrClosed, err)
	}
	return next, err
}

// awaitResume tells those who wait that the listener rests, and why if that
// isn't what they wanted, and waits until it is to be attached again. It is
// false when the intake has ended before.
func (s *subscription) awaitResume(err error) bool {
	s.mu.Lock()
	p := &s.pausing
	if err != nil {
		p.wanted, p.err = true, err
	}
	p.activity = resting
	p.tell()
	s.mu.Unlock()
	for {
		s.mu.Lock()
		resumed, changed := !p.wanted, p.changed
		if resumed && s.alive.Err() == nil {
			p.activity = changing
		}
		s.mu.Unlock()
		switch {
		case s.alive.Err() != nil:
			return false
		case resumed:
			return true
		}
		select {
		case <-changed:
		case <-s.alive.Done():
		}
	}
}

type subscriptionKey struct{}

// isOwn tells whether ctx is that of a handler of this listener, for which
// nobody can wait who is called by it.
func (s *subscription) isOwn(ctx context.Context) bool {
	from, _ := ctx.Value(subscriptionKey{}).(*subscription)
	return from == s
}
