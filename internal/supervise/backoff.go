package supervise

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

// Backoff spaces tries. The first is at once; the pauses before the others
// double from 100 ms to 30 s, with jitter, so that many processes don't come at
// the same time. The zero value is ready. It is for one goroutine.
type Backoff struct{ tries int }

// Next returns how long to wait before the next try, when what the last one has
// made held for that long. What has held for 10 s is lost for the first time.
func (b *Backoff) Next(held time.Duration) time.Duration {
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

// Sleep tells whether it has slept so long; ctx may end before.
func Sleep(ctx context.Context, pause time.Duration) bool { return sleep(ctx, pause, nil) }

// sleep is Sleep that a wake ends as if it were over.
func sleep(ctx context.Context, pause time.Duration, wake <-chan struct{}) bool {
	if pause == 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-wake:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
