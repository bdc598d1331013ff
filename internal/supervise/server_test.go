package supervise_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/internal/supervise"
)

var (
	errAway    = errors.New("away")
	errBroken  = errors.New("broken")
	errDenied  = errors.New("denied")
	errPending = errors.New("pending")
	errStopped = errors.New("stopped")
)

// connection is one to nobody.
type connection struct {
	done    chan struct{}
	aborted chan struct{}
}

func (c *connection) Done() <-chan struct{} { return c.done }
func (c *connection) Reason() error         { return errBroken }
func (c *connection) Abort()                { close(c.aborted) } // once only

func (c *connection) isAborted() bool {
	select {
	case <-c.aborted:
		return true
	default:
		return false
	}
}

func newConnection() *connection {
	return &connection{done: make(chan struct{}), aborted: make(chan struct{})}
}

// server is what connections are made to, with a supervisor that makes them.
type server struct {
	supervisor *supervise.Supervisor[*connection]
	end        context.CancelCauseFunc // of its life
	begin      time.Time
	holds      time.Duration // after which each connection breaks; zero means never

	mu      sync.Mutex // guards what follows
	fault   error      // of the next dials
	restore error      // of the next connections
	dials   []time.Duration
	conns   []*connection
	changes []supervise.Change
}

func newServer(t *testing.T) *server {
	t.Helper()
	life, end := context.WithCancelCause(t.Context())
	s := &server{begin: time.Now(), end: end}
	s.supervisor = supervise.New(life, supervise.Config[*connection]{
		Dial:     s.dial,
		Timeout:  time.Second,
		Restore:  s.ready,
		Pending:  errPending,
		IsDenied: func(err error) bool { return errors.Is(err, errDenied) },
		Observe:  s.observe,
	})
	return s
}

func (s *server) dial(context.Context) (*connection, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dials = append(s.dials, time.Since(s.begin))
	if s.fault != nil {
		return nil, s.fault
	}
	made := newConnection()
	s.conns = append(s.conns, made)
	if s.holds > 0 {
		time.AfterFunc(s.holds, func() { close(made.done) })
	}
	return made, nil
}

func (s *server) ready(context.Context, *connection) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.restore
}

func (s *server) observe(change supervise.Change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes = append(s.changes, change)
}

// fail sets the faults of the next dials and connections.
func (s *server) fail(dial, restore error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault, s.restore = dial, restore
}

// made returns all connections so far, and when each try was.
func (s *server) made() (conns []*connection, dials []time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.conns), slices.Clone(s.dials)
}

func (s *server) heard() []supervise.Change {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.changes)
}

func (s *server) states() (states []supervise.State) {
	for _, change := range s.heard() {
		states = append(states, change.To)
	}
	return states
}

// run runs the supervisor until the test ends, and waits for what it does at once.
func (s *server) run(t *testing.T) {
	t.Helper()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.supervisor.Run()
	}()
	t.Cleanup(func() {
		s.end(errStopped)
		<-ended
		assert.Equal(t, supervise.Stopped, s.supervisor.State())
		states := s.states()
		assert.Equal(t, supervise.Stopped, states[len(states)-1])
	})
	synctest.Wait()
}

// adopted returns a server whose supervisor runs from a first connection on.
func adopted(t *testing.T) (s *server, first *connection) {
	t.Helper()
	s = newServer(t)
	first, err := s.supervisor.Dial(t.Context())
	require.NoError(t, err)
	require.True(t, s.supervisor.Adopt(first))
	s.run(t)
	return s, first
}

// pass lets time pass, and waits for what happens at its end.
func pass(span time.Duration) {
	time.Sleep(span)
	synctest.Wait()
}
