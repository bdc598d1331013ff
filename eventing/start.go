package eventing

import (
	"context"
	"errors"
	"fmt"
)

// Start connects, declares the queues and attaches the listeners. When it
// returns nil, an event that is sent next reaches each of them. After an error
// everything is closed again; a manager starts only once. A broker that can't
// be reached is an error that wraps [ErrUnavailable]; a Stop meanwhile is one
// that wraps [ErrClosed]. A provider that is [Offline] may connect later.
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
	connected := m.isConnected()
	if connected {
		if err := m.checkCapabilities(); err != nil {
			return err
		}
	}
	if err := m.provider.Declare(ctx, m.queues); err != nil {
		return fmt.Errorf("declare queues: %w", err)
	}
	err := errInterrupted
	m.life.unlessStopping(func() {
		m.watch.Go(m.watchProvider)
		if !connected {
			m.watch.Go(m.awaitConnection)
		}
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
