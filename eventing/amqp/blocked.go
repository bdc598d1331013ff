package amqp

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/aspyx-go/aspyx/eventing"
)

const (
	// glance is how often it is looked whether senders get on.
	glance = time.Second

	// defaultPatience is how long an address may take nothing before Health says
	// so.
	defaultPatience = 30 * time.Second
)

// progress is how far a sender has got, as the watch has seen it.
type progress struct {
	written atomic.Uint64 // messages, on all links

	seen  uint64    // written, at the last glance
	since time.Time // when something was to be sent and seen was reached; zero while nothing is

	stuck atomic.Pointer[standstill] // nil while it gets on
}

// standstill is that nothing was written while something was to be sent.
type standstill struct {
	written uint64
	since   time.Time
}

// hasWork tells whether anything is to be written.
func (s *sender) hasWork() bool { return s.queued.Load() > 0 || s.sending.Load() != nil }

// glance returns for how long nothing was written since the last one, though
// something was to be, and there was a connection. It is the watch's.
func (s *sender) glance(now time.Time, elapsed time.Duration) (blocked time.Duration) {
	p, written := &s.progress, s.progress.written.Load()
	waits := s.hasWork() && s.away() == nil
	switch {
	case !waits:
		p.since = time.Time{}
	case p.since.IsZero() || written != p.seen:
		p.since = now
	default:
		blocked = elapsed
	}
	p.seen = written
	switch {
	case blocked == 0:
		p.stuck.Store(nil)
	case p.stuck.Load() == nil:
		p.stuck.Store(&standstill{written, p.since})
	}
	return blocked
}

// health tells that the address takes nothing. What it takes next ends that.
func (s *sender) health(patience time.Duration) error {
	at := s.progress.stuck.Load()
	if at == nil || s.progress.written.Load() != at.written {
		return nil
	}
	lasted := time.Since(at.since)
	if lasted < patience {
		return nil
	}
	return fmt.Errorf("%w: address %s has taken nothing for %v, with events waiting: the broker gives no credit, or doesn't confirm; look whether the address is full, or a disk",
		eventing.ErrStalled, s.at.address, lasted.Round(time.Second))
}

// watchSenders counts how long senders are held back.
func (p *Provider) watchSenders() {
	ticker := time.NewTicker(glance)
	defer ticker.Stop()
	for last := time.Now(); ; {
		select {
		case <-p.life.Done():
			return
		case now := <-ticker.C:
			for _, s := range p.openSenders() {
				p.counters.blocked.Add(int64(s.glance(now, now.Sub(last))))
			}
			last = now
		}
	}
}
