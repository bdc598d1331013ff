package eventing

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Stop takes no further events, lets the handlers finish, who may still send,
// and closes the connections. When ctx is done, or after the StopTimeout,
// whatever is still busy is cancelled with the cause [ErrStopping], and given
// back to its queue uncounted. A second call does nothing.
func (m *EventManager) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, m.config.StopTimeout)
	defer cancel()
	return errors.Join(m.drain(ctx), m.close(ctx))
}

// stopGrace is how long handlers that were cancelled get to return. It is
// taken from the time limit of the stop.
const stopGrace = time.Second

// drain ends all intake, and waits for the handlers. Those that are still busy
// shortly before ctx is done are cancelled with ErrStopping.
func (m *EventManager) drain(ctx context.Context) error {
	m.beginStop()
	patient, cancel := withGrace(ctx)
	defer cancel()
	release := context.AfterFunc(patient, func() { m.halt(ErrStopping) })
	defer release()
	errs := []error{m.life.stop(patient), m.readings.end(patient)}
	all := m.roster.all()
	for _, s := range all {
		if s.isPaused() {
			s.stop() // what is in its queue isn't waited for
		}
	}
	if drainer, ok := m.provider.(Drainer); ok && phase(m.state.phase.Load()) == running {
		if err := drainer.Drain(patient); err != nil {
			errs = append(errs, fmt.Errorf("drain %s: %w", m.provider.Name(), err))
		}
	}
	for _, s := range all {
		if s.stop != nil {
			s.stop()
		}
	}
	// All at once: one that is stuck keeps no other one from giving back what it
	// has prefetched, and from ending in time.
	ends := make([]error, len(all))
	var ending sync.WaitGroup
	for i, s := range all {
		ending.Go(func() { ends[i] = s.finish(ctx) })
	}
	ending.Wait()
	return errors.Join(append(errs, ends...)...)
}

// finish waits until a subscription that was told to stop is over.
func (s *subscription) finish(ctx context.Context) error {
	switch {
	case s.stop == nil:
		return nil // never begun
	case s.leaving != nil:
		return s.awaitLeaving(ctx)
	default:
		return s.end(ctx)
	}
}

// end waits for the workers, a stuck one of which is its author's, then closes
// the consumer.
func (s *subscription) end(ctx context.Context) error {
	var err error
	select {
	case <-s.ended:
	case <-ctx.Done():
		err = fmt.Errorf("stop listener %q: its handler ignores that its context is done: %w", s.listener.Name, ctx.Err())
	}
	s.mu.Lock()
	last := s.hold
	s.mu.Unlock()
	if closeErr := last.consumer.Close(ctx); closeErr != nil {
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

// close refuses further sends, flushes and disconnects.
func (m *EventManager) close(ctx context.Context) error {
	startErr := m.life.stop(ctx)
	if !m.state.close() {
		return startErr
	}
	// Sends that the stop's time limit has caught must not outlive it.
	release := context.AfterFunc(ctx, func() { m.halt(ErrStopping) })
	defer release()
	err := m.provider.Stop(ctx)
	m.halt(fmt.Errorf("%w: %w", ErrStopping, ErrClosed)) // for sends that it has overtaken
	outcomesErr := m.outcomes.close(ctx)
	m.watch.Wait()
	if err != nil {
		err = fmt.Errorf("disconnect from %s: %w", m.provider.Name(), err)
	}
	return errors.Join(startErr, err, outcomesErr)
}
