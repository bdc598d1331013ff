package eventing

import (
	"errors"
	"fmt"
	"time"
)

// Reporter is implemented by a [Consumer] that can tell how it is.
type Reporter interface {
	// Status returns at once. That of a consumer that was closed is zero.
	Status() ConsumerStatus
}

// ConsumerStatus is how one listener's hold on its queue is, at one moment.
type ConsumerStatus struct {
	// Attached tells that the consumer has its queue.
	Attached bool

	// Credit is how many messages the broker may send, those included that have
	// come already and weren't received yet. Zero while all that may be here are
	// in the hands of the listener.
	Credit int

	// Unsettled is how many messages the listener has in its hands.
	Unsettled int

	// LastDelivery is when the listener got its last message. It is zero before
	// the first.
	LastDelivery time.Time

	// LastFrame is when the broker was heard the last time on the consumer's
	// connection, be it for other consumers, or to tell that it is there. It is
	// zero while there is none.
	LastFrame time.Time

	// Err, unless nil, is why the listener gets nothing: it isn't attached, or
	// wraps [ErrStalled] where it is and events wait for it. It holds no
	// password, and goes as soon as the listener works.
	Err error
}

// status is what the consumer tells of itself. It is nil where it tells
// nothing, and while there is none: before the start, and during a pause.
func (s *subscription) status() *ConsumerStatus {
	s.mu.Lock()
	h, paused := s.hold, s.pausing.wanted
	s.mu.Unlock()
	if h == nil || paused {
		return nil
	}
	reporter, ok := h.consumer.(Reporter)
	if !ok {
		return nil
	}
	status := reporter.Status()
	return &status
}

// health is what is wrong with the listener, but for what is known of the
// provider as a whole.
func (s *subscription) health(known error) error {
	var errs []error
	if err := s.heldUp.Load(); err != nil {
		errs = append(errs, fmt.Errorf("listener %q is held up: %w", s.listener.Name, *err))
	}
	if status := s.status(); status != nil && status.Err != nil && !errors.Is(known, status.Err) {
		errs = append(errs, fmt.Errorf("listener %q: %w", s.listener.Name, status.Err))
	}
	return errors.Join(errs...)
}
