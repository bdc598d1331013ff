package amqp

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	// shortestPause and longestPause bound the pause before a try that follows
	// one which has failed.
	shortestPause = 100 * time.Millisecond
	longestPause  = 30 * time.Second

	// steady is how long something has to hold for its loss to be a first one:
	// what breaks as soon as it is made must not be made without a pause.
	steady = 10 * time.Second
)

// backoff spaces tries. The first is at once; the pauses before the others
// double, with jitter, so that many processes don't come at the same time.
type backoff struct{ tries int }

// next returns how long to wait before the next try, when the last one has held
// for that long.
func (b *backoff) next(held time.Duration) time.Duration {
	if held >= steady {
		b.tries = 0
	}
	b.tries++
	if b.tries == 1 {
		return 0
	}
	pause := min(shortestPause<<min(b.tries-2, 30), longestPause/2)
	return pause + rand.N(pause)
}

// sleep tells whether it has slept so long; ctx may end before.
func sleep(ctx context.Context, pause time.Duration) bool {
	if pause == 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
