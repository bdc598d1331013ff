package eventing

import (
	"fmt"
	"time"
)

// Policy is what happens to an event whose handling fails. There is one for
// each listener: it decides, in this order, whether to try again at once,
// to try again later, or to dead-letter. It never changes.
type Policy struct {
	// Retries is how often a failed event is tried again. Zero means that the
	// first failure dead-letters it.
	Retries int

	// Backoff is the pause before the first retry. It doubles with each
	// further one, up to a minute.
	Backoff time.Duration

	// Timeout is how long one attempt may take until its context is done. A
	// handler that ignores that keeps its place. Zero means no limit.
	Timeout time.Duration
}

// DefaultPolicy is the policy of a listener whose tag says nothing.
var DefaultPolicy = Policy{Retries: 3, Backoff: 100 * time.Millisecond}

const (
	// inPlaceLimit bounds the pauses of one delivery in place, in all: meanwhile
	// the events behind it wait. Longer ones are left to the broker.
	inPlaceLimit = 2 * time.Second
	maxBackoff   = time.Minute
)

// String prints the policy with all that follows from it.
func (p Policy) String() string {
	timeout := "none"
	if p.Timeout > 0 {
		timeout = p.Timeout.String()
	}
	return fmt.Sprintf("%d retries, the first after %v, then doubling up to %v, in place for at most %v and by delayed redelivery from then on; then dead letter; timeout %s",
		p.Retries, p.Backoff, maxBackoff, inPlaceLimit, timeout)
}

// step is what follows a failed attempt. Exactly one field is set.
type step struct {
	inPlace    time.Duration // pause here, then try again
	later      time.Duration // have the broker deliver it again after this time
	deadLetter bool
}

// next decides what follows the failure of an attempt, counted from 1, when
// this delivery has paused for spent so far.
func (p Policy) next(err error, attempt int, spent time.Duration) step {
	if attempt > p.Retries || isPermanent(err) || isDecodeError(err) {
		return step{deadLetter: true}
	}
	if after, ok := retryAfter(err); ok {
		return step{later: after}
	}
	pause := p.pause(attempt)
	if spent+pause <= inPlaceLimit {
		return step{inPlace: pause}
	}
	return step{later: pause}
}

// pause returns the pause after a failed attempt.
func (p Policy) pause(attempt int) time.Duration {
	pause := p.Backoff
	for range attempt - 1 {
		if pause >= maxBackoff {
			break
		}
		pause *= 2
	}
	return min(pause, maxBackoff)
}
