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
	stopping bool                    // nothing begins any more
	steps    map[*beginning]struct{} // on their way
}

// beginning is a step of the start, or a subscription at run time.
type beginning struct {
	name      string
	cancel    context.CancelCauseFunc
	done      chan struct{}
	abandoned bool // a stop has waited in vain
}

var errInterrupted = fmt.Errorf("%w: it was stopped meanwhile", ErrClosed)

// begin begins a step, which ends when done is called. A stop ends its context
// and waits for it.
func (l *lifecycle) begin(ctx context.Context, name string) (_ context.Context, done func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopping {
		return nil, nil, errInterrupted
	}
	ctx, cancel := context.WithCancelCause(ctx)
	begun := &beginning{name: name, cancel: cancel, done: make(chan struct{})}
	if l.steps == nil {
		l.steps = map[*beginning]struct{}{}
	}
	l.steps[begun] = struct{}{}
	return ctx, func() {
		cancel(nil)
		l.mu.Lock()
		delete(l.steps, begun)
		l.mu.Unlock()
		close(begun.done)
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

// stop lets nothing begin any more. It interrupts all steps, and waits until
// they have noticed; in vain only once.
func (l *lifecycle) stop(ctx context.Context) error {
	l.mu.Lock()
	l.stopping = true
	var steps []*beginning
	for begun := range l.steps {
		if !begun.abandoned {
			steps = append(steps, begun)
		}
	}
	l.mu.Unlock()
	for _, begun := range steps {
		begun.cancel(errInterrupted)
	}
	var errs []error
	for _, begun := range steps {
		errs = append(errs, l.await(ctx, begun))
	}
	return errors.Join(errs...)
}

func (l *lifecycle) await(ctx context.Context, begun *beginning) error {
	select {
	case <-begun.done:
		return nil
	case <-ctx.Done():
	}
	l.mu.Lock()
	begun.abandoned = true
	l.mu.Unlock()
	return fmt.Errorf("interrupt %s: its provider ignores that its context is done: %w", begun.name, ctx.Err())
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
	return m.step(ctx, "the start", func(ctx context.Context) error {
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

// step runs a step of the manager's life. Its error tells if that was stopped.
func (m *EventManager) step(ctx context.Context, name string, run func(context.Context) error) error {
	ctx, done, err := m.life.begin(ctx, name)
	if err != nil {
		return err
	}
	defer done()
	err = run(ctx)
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
	return m.step(ctx, "the start", func(ctx context.Context) error {
		for _, s := range m.roster.all() {
			if s.dynamic { // an OnRunning that came earlier has subscribed
				continue
			}
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
