package eventing

import (
	"errors"
	"sync/atomic"
)

// phase is where a manager is in its life. It only moves forward.
type phase int32

const (
	created phase = iota
	opening
	running
	closed
)

type state struct{ phase atomic.Int32 }

// sendable tells why events can't be sent.
func (s *state) sendable() error {
	switch phase(s.phase.Load()) {
	case running:
		return nil
	case closed:
		return ErrClosed
	default:
		return ErrNotRunning
	}
}

func (s *state) move(from, to phase) error {
	if s.phase.CompareAndSwap(int32(from), int32(to)) {
		return nil
	}
	if phase(s.phase.Load()) == closed {
		return ErrClosed
	}
	return errors.New("eventing: the event manager was started before")
}

// close tells whether this call has closed it.
func (s *state) close() bool {
	return phase(s.phase.Swap(int32(closed))) != closed
}
