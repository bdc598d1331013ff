package supervise

import (
	"context"
	"time"
)

// Run supervises the connections from the current one on, and makes the first
// one where there is none, until life is over.
func (s *Supervisor[C]) Run() {
	defer s.move(Stopped, nil)
	var (
		none  C
		tries Backoff
		held  time.Duration
	)
	for conn := s.Last(); ; {
		if conn != none {
			began := time.Now()
			select {
			case <-conn.Done():
			case <-s.life.Done():
				return
			}
			conn.Abort()
			held = time.Since(began)
			s.move(Lost, conn.Reason())
		}
		if conn = s.reconnect(&tries, held); conn == none {
			return
		}
	}
}

// reconnect makes the next connection, after one that has held for that long.
// It is the zero value when life is over.
func (s *Supervisor[C]) reconnect(tries *Backoff, held time.Duration) (next C) {
	var none C
	// A pause that a flapping connection has deserved isn't cut short: two of
	// them would wake each other for ever.
	for more := Sleep(s.life, tries.Next(held)); more; more = sleep(s.life, tries.Next(0), s.wake) {
		conn, err := s.connect()
		if err == nil && s.Adopt(conn) {
			return conn
		}
		if err == nil {
			conn.Abort()
			return none
		}
		if s.life.Err() != nil {
			return none
		}
		state := Lost
		if s.config.IsDenied(err) {
			state = Denied
		}
		s.move(state, err)
	}
	return none
}

// connect makes a connection and readies it.
func (s *Supervisor[C]) connect() (C, error) {
	ctx, cancel := context.WithTimeout(s.life, s.config.Timeout)
	defer cancel()
	s.forgetHurry() // it asks for no more than this
	conn, err := s.Dial(ctx)
	if err != nil || s.config.Restore == nil {
		return conn, err
	}
	if err := s.config.Restore(s.life, conn); err != nil {
		conn.Abort()
		var none C
		return none, err
	}
	return conn, nil
}

func (s *Supervisor[C]) forgetHurry() {
	select {
	case <-s.wake:
	default:
	}
}

// move changes the state, for which Health has the reason. What changes nothing
// but the reason isn't heard of.
func (s *Supervisor[C]) move(to State, reason error) {
	var none C
	s.mu.Lock()
	change := Change{From: s.state, To: to, Reason: reason, Again: s.current != none}
	if s.state == Connected {
		s.since = time.Now()
	}
	s.state = to
	if to != Stopped {
		s.fault = reason
	}
	s.mu.Unlock()
	if change.From != to {
		s.observe(change)
	}
}
