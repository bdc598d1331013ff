// Package supervise keeps a connection to a server: when it is lost, the next one
// is made, for as long as the supervisor's life lasts. It knows no protocol.
package supervise

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Connection is what a supervisor has to know of one. It is told from others by
// its identity.
type Connection interface {
	comparable

	// Done is closed when the connection has ended.
	Done() <-chan struct{}

	// Reason tells why it has ended. It is called after Done is closed.
	Reason() error

	// Abort ends it at once, if it hasn't, and frees what it has.
	Abort()
}

// Config is how a supervisor makes connections.
type Config[C Connection] struct {
	// Dial makes one, for nobody yet, until ctx is done.
	Dial func(ctx context.Context) (C, error)

	// Timeout limits each call of Dial by a supervisor.
	Timeout time.Duration

	// Restore makes a connection ready before anybody else has it, until ctx is
	// done: with the supervisor's life. After an error the connection is aborted.
	// Nil does nothing.
	Restore func(ctx context.Context, conn C) error

	// Pending is what Health returns until the first try has ended.
	Pending error

	// IsDenied tells whether an error of Dial or Restore says that the peer
	// refuses who connects.
	IsDenied func(error) bool

	// Observe hears of each change of the state, one after the other. It is
	// called without a lock and delays the supervisor. Nil is allowed.
	Observe func(Change)
}

// Supervisor has one connection at a time. Who works with a connection keeps to
// it, and asks for the next one when it is lost: so the failure of an old one
// never concerns a new one. Its methods are safe for concurrent use.
type Supervisor[C Connection] struct {
	config Config[C]
	life   context.Context //nolint:containedctx // its owner's
	wake   chan struct{}   // has a token when the next try is to be made at once

	mu      sync.Mutex // guards what follows
	current C
	changed chan struct{} // closed when there is another connection
	state   State
	fault   error     // why current is lost, or can't be replaced; nil while it works
	since   time.Time // without a connection
}

// New returns a supervisor without a connection. Life is that of all that it does.
func New[C Connection](life context.Context, config Config[C]) *Supervisor[C] {
	return &Supervisor[C]{
		config: config, life: life, wake: make(chan struct{}, 1),
		changed: make(chan struct{}), state: Connecting, fault: config.Pending, since: time.Now(),
	}
}

// Dial makes a connection, for nobody yet.
func (s *Supervisor[C]) Dial(ctx context.Context) (C, error) { return s.config.Dial(ctx) }

// Adopt makes conn the current connection, unless life is over. It is for the
// first one, before Run.
func (s *Supervisor[C]) Adopt(conn C) bool {
	if s.life.Err() != nil {
		return false
	}
	var none C
	s.mu.Lock()
	change := Change{From: s.state, To: Connected, Again: s.current != none, Away: time.Since(s.since)}
	s.current, s.state, s.fault = conn, Connected, nil
	close(s.changed)
	s.changed = make(chan struct{})
	s.mu.Unlock()
	s.observe(change)
	return true
}

// Last returns the current connection, or the one that was lost last. It is the
// zero value before the first one.
func (s *Supervisor[C]) Last() C {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current
}

// State returns the current state.
func (s *Supervisor[C]) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

// Session returns the current connection, and waits for it where it is lost,
// until ctx or the supervisor's life is over.
func (s *Supervisor[C]) Session(ctx context.Context) (C, error) {
	var none C
	for {
		s.mu.Lock()
		current, changed := s.current, s.changed
		s.mu.Unlock()
		if current != none && !hasEnded(current) {
			return current, nil
		}
		select {
		case <-changed:
		case <-s.life.Done():
			return none, context.Cause(s.life) //nolint:contextcheck // its end is the reason
		case <-ctx.Done():
			if away := s.Health(); away != nil {
				return none, fmt.Errorf("%w: %w", context.Cause(ctx), away)
			}
			return none, context.Cause(ctx)
		}
	}
}

// Health returns nil while there is a connection, else why there is none.
func (s *Supervisor[C]) Health() error {
	var none C
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault == nil && s.current != none && hasEnded(s.current) {
		return s.current.Reason()
	}
	return s.fault
}

// Hurry ends the pause after a try that has failed: there is reason to believe
// that the next one succeeds. The pause after a connection that was lost as soon
// as it was made stays.
func (s *Supervisor[C]) Hurry() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *Supervisor[C]) observe(change Change) {
	if s.config.Observe != nil {
		s.config.Observe(change)
	}
}

func hasEnded[C Connection](conn C) bool {
	select {
	case <-conn.Done():
		return true
	default:
		return false
	}
}
