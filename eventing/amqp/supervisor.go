package amqp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// supervisor has one connection at a time. When it is lost, it makes the next
// one, for as long as life lasts. Who works with a connection keeps to it, and
// asks for the next one when it is lost: so the failure of an old one never
// concerns a new one.
type supervisor struct {
	endpoint  *endpoint
	container string
	logger    *slog.Logger
	life      context.Context //nolint:containedctx // the provider's
	counters  *counters

	// restore makes the connection ready before anybody else has it. Nil does
	// nothing.
	restore func(ctx context.Context, conn *connection) error

	mu      sync.Mutex // guards what follows
	current *connection
	changed chan struct{} // closed when there is another connection
	fault   error         // why current is lost, or can't be replaced; nil while it works
}

func newSupervisor(life context.Context, endpoint *endpoint, container, role string, logger *slog.Logger) *supervisor {
	return &supervisor{
		endpoint:  endpoint,
		container: container + "-" + role,
		logger:    logger.With(slog.String("connection", role)),
		life:      life,
		changed:   make(chan struct{}),
	}
}

// dial makes a connection, for nobody yet.
func (s *supervisor) dial(ctx context.Context) (*connection, error) {
	return s.endpoint.dial(ctx, s.container)
}

// adopt makes conn the current connection, unless life is over.
func (s *supervisor) adopt(conn *connection) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.life.Err() != nil {
		return false
	}
	s.current, s.fault = conn, nil
	close(s.changed)
	s.changed = make(chan struct{})
	return true
}

// last returns the current connection, or the one that was lost last. It is nil
// before the first one.
func (s *supervisor) last() *connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current
}

// session returns the current connection, and waits for it where it is lost,
// until ctx or the provider's life is over.
func (s *supervisor) session(ctx context.Context) (*connection, error) {
	for {
		s.mu.Lock()
		current, changed := s.current, s.changed
		s.mu.Unlock()
		if current != nil && !current.isLost() {
			return current, nil
		}
		select {
		case <-changed:
		case <-s.life.Done():
			return nil, context.Cause(s.life) //nolint:contextcheck // its end is the reason
		case <-ctx.Done():
			if away := s.health(); away != nil {
				return nil, fmt.Errorf("%w: %w", context.Cause(ctx), away)
			}
			return nil, context.Cause(ctx)
		}
	}
}

// health returns nil while there is a connection, else why there is none.
func (s *supervisor) health() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault == nil && s.current != nil && s.current.isLost() {
		return s.endpoint.lostError(s.current)
	}
	return s.fault
}

// run supervises the connections from the current one on, until life is over.
func (s *supervisor) run() {
	var tries backoff
	for conn := s.last(); conn != nil; {
		began := time.Now()
		select {
		case <-conn.Done():
		case <-s.life.Done():
			return
		}
		conn.abort()
		lost := s.endpoint.lostError(conn)
		s.fail(lost)
		s.logger.WarnContext(s.life, "the connection to the broker is lost: connecting again", slog.Any("reason", lost))
		conn = s.reconnect(&tries, time.Since(began))
	}
}

// reconnect makes the next connection, after one that has held for that long.
// It is nil when life is over.
func (s *supervisor) reconnect(tries *backoff, held time.Duration) *connection {
	lost, denied := time.Now(), false
	for sleep(s.life, tries.next(held)) {
		held = 0
		conn, err := s.connect()
		if err == nil && s.adopt(conn) {
			s.counters.reconnects.Add(1)
			s.logger.InfoContext(s.life, "connected to the broker again", slog.Duration("after", time.Since(lost)))
			return conn
		}
		if err == nil {
			conn.abort()
			return nil
		}
		s.fail(err)
		if refused := errors.Is(err, ErrAuthentication); refused != denied {
			denied = refused
			if refused {
				s.logger.ErrorContext(s.life, "the broker refuses who connects: trying again", slog.Any("reason", err))
			}
		}
	}
	return nil
}

// connect makes a connection and readies it.
func (s *supervisor) connect() (*connection, error) {
	ctx, cancel := context.WithTimeout(s.life, s.endpoint.connectTimeout)
	defer cancel()
	conn, err := s.dial(ctx)
	if err != nil || s.restore == nil {
		return conn, err
	}
	if err := s.restore(s.life, conn); err != nil {
		conn.abort()
		return nil, fmt.Errorf("declare queues again: %w", err)
	}
	return conn, nil
}

func (s *supervisor) fail(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = why
}
