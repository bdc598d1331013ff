package eventing

import (
	"context"
	"sync"
	"time"
)

const (
	// quarantineQuiet is how long the listeners of a process have, once they are
	// attached, to see that their first event may end the process, and to give
	// back what they hold.
	quarantineQuiet = 500 * time.Millisecond

	// quarantineLease is how long an event has the process for itself. What ends
	// a process does so soon; others don't wait for a slow handler.
	quarantineLease = 10 * time.Second

	// quarantineIdle is how long a queue gives nothing until no event of it is
	// taken for one that may end the process.
	quarantineIdle = time.Second
)

// quarantine lets one listener of a manager at a time handle events that may
// end the process, while the others hold none of that kind: else the end of the
// process would count for those too, again and again.
type quarantine struct {
	place chan struct{} // has a token while nobody is in

	mu   sync.Mutex
	wide time.Time // when a listener has begun to hold many events
}

func newQuarantine() *quarantine {
	q := &quarantine{place: make(chan struct{}, 1)}
	q.place <- struct{}{}
	return q
}

// disturb notes that a listener begins to hold many events.
func (q *quarantine) disturb() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.wide = time.Now()
}

// enter waits for its turn, and until it is quiet. A call of leave, and only the
// first, lets the next one in.
func (q *quarantine) enter(ctx context.Context) (leave func(), err error) {
	select {
	case <-q.place:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	leave = sync.OnceFunc(func() { q.place <- struct{}{} })
	for {
		q.mu.Lock()
		rest := time.Until(q.wide.Add(quarantineQuiet))
		q.mu.Unlock()
		if rest <= 0 {
			return leave, nil
		}
		if !sleep(ctx, rest) {
			leave()
			return nil, ctx.Err()
		}
	}
}
