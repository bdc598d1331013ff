package eventing

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// lifecycle keeps a start and a stop apart that come at the same time: what
// the start begins is begun before the stop looks at it, or not at all. Its
// lock is never held while a provider, or a user's code, is called.
type lifecycle struct {
	mu       sync.Mutex
	stopping bool       // nothing begins any more
	step     *startStep // of the start, on its way
}

type startStep struct {
	cancel    context.CancelCauseFunc
	done      chan struct{}
	abandoned bool // a stop has waited in vain
}

var errInterrupted = fmt.Errorf("%w: it was stopped while it started", ErrClosed)

// begin begins a step of the start, which ends when done is called. A stop
// ends its context and waits for it.
func (l *lifecycle) begin(ctx context.Context) (_ context.Context, done func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopping {
		return nil, nil, errInterrupted
	}
	ctx, cancel := context.WithCancelCause(ctx)
	step := &startStep{cancel: cancel, done: make(chan struct{})}
	l.step = step
	return ctx, func() {
		cancel(nil)
		close(step.done)
	}, nil
}

// unlessStopping calls f with the lock held, or returns false.
func (l *lifecycle) unlessStopping(f func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopping {
		return false
	}
	f()
	return true
}

func (l *lifecycle) isStopping() bool { return !l.unlessStopping(func() {}) }

// stop lets nothing begin any more. It interrupts the start, and waits until
// that has noticed; in vain only once.
func (l *lifecycle) stop(ctx context.Context) error {
	l.mu.Lock()
	l.stopping = true
	step := l.step
	wait := step != nil && !step.abandoned
	l.mu.Unlock()
	if !wait {
		return nil
	}
	step.cancel(errInterrupted)
	select {
	case <-step.done:
		return nil
	case <-ctx.Done():
	}
	l.mu.Lock()
	step.abandoned = true
	l.mu.Unlock()
	return fmt.Errorf("interrupt the start: its provider ignores that its context is done: %w", ctx.Err())
}

// Start connects, declares the queues and attaches the listeners. When it
// returns nil, an event that is sent next reaches each of them. After an error
// everything is closed again; a manager starts only once. A broker that can't
// be reached is an error that wraps [ErrUnavailable]; a Stop meanwhile is one
// that wraps [ErrClosed].
func (m *EventManager) Start(ctx context.Context) error {
	if err := m.state.move(created, opening); err != nil {
		return err
	}
	err := m.connect(ctx)
	if err == nil {
		err = m.attach(ctx)
	}
	if err == nil || m.life.isStopping() {
		return err // whoever has stopped it closes what was opened
	}
	return errors.Join(err, m.Stop(ctx))
}

// Stop takes no further events, lets the handlers finish, who may still send,
// and closes the connections. When ctx is done, or after the StopTimeout,
// whatever is still busy is cancelled with the cause [ErrStopping], and given
// back to its queue uncounted. A second call does nothing.
func (m *EventManager) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, m.config.StopTimeout)
	defer cancel()
	return errors.Join(m.drain(ctx), m.close(ctx))
}

// open is the first half of Start, where the container calls attach later.
func (m *EventManager) open(ctx context.Context) error {
	if err := m.state.move(created, opening); err != nil {
		return err
	}
	return m.connect(ctx)
}

// connect connects and declares: from here on events can be sent.
func (m *EventManager) connect(ctx context.Context) error {
	return m.starting(ctx, func(ctx context.Context) error {
		err := m.openProvider(ctx)
		if err != nil && m.life.isStopping() {
			// A stop that has given up waiting for this had nothing to stop.
			err = errors.Join(err, m.provider.Stop(ctx))
		}
		return err
	})
}

func (m *EventManager) openProvider(ctx context.Context) error {
	if err := m.provider.Start(ctx); err != nil {
		return fmt.Errorf("connect to %s: %w", m.provider.Name(), err)
	}
	if err := m.checkCapabilities(); err != nil {
		return err
	}
	if err := m.provider.Declare(ctx, m.queues); err != nil {
		return fmt.Errorf("declare queues: %w", err)
	}
	err := errInterrupted
	m.life.unlessStopping(func() {
		m.watch.Go(m.watchProvider)
		err = m.state.move(opening, running)
	})
	return err
}

// starting runs a step of the start. Its error tells if that was stopped.
func (m *EventManager) starting(ctx context.Context, step func(context.Context) error) error {
	ctx, done, err := m.life.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	err = step(ctx)
	if m.life.isStopping() && !errors.Is(err, ErrClosed) {
		return errors.Join(errInterrupted, err)
	}
	return err
}

func (m *EventManager) watchProvider() {
	<-m.provider.Done()
	if err := m.provider.Err(); !errors.Is(err, ErrClosed) {
		m.fail(err)
	}
}

// attach begins to consume.
func (m *EventManager) attach(ctx context.Context) error {
	return m.starting(ctx, func(ctx context.Context) error {
		for _, s := range m.subscriptions {
			if err := s.start(ctx); err != nil {
				return fmt.Errorf("attach listener %q: %w", s.listener.Name, err)
			}
		}
		return nil
	})
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
	errs := []error{m.life.stop(patient)}
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
	if s.stop == nil {
		return nil // never begun
	}
	idle := make(chan struct{})
	go func() { // ends with the handlers: a stuck one is its author's
		s.keeping.Wait()
		close(idle)
	}()
	var err error
	select {
	case <-idle:
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
	m.halt(ErrStopping)
	outcomesErr := m.outcomes.close(ctx)
	m.watch.Wait()
	if err != nil {
		err = fmt.Errorf("disconnect from %s: %w", m.provider.Name(), err)
	}
	return errors.Join(startErr, err, outcomesErr)
}
