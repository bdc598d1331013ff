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

	// defaultPatience is how long an address may get on with nothing before
	// Health says so.
	defaultPatience = 30 * time.Second
)

// progress is how far a sender has got, as the watch has seen it.
type progress struct {
	moves atomic.Uint64 // messages that were written, or have got an outcome

	seen  uint64    // moves, at the last glance
	since time.Time // when there were messages and seen was reached; zero while there are none

	stuck atomic.Pointer[standstill] // nil while it gets on
}

// standstill is that a sender has messages and gets on with none.
type standstill struct {
	moves uint64
	since time.Time
}

// glance returns for how long the sender has got on with none of its messages
// since the last one, though there was a connection. It is the watch's.
func (s *sender) glance(now time.Time, elapsed time.Duration) (blocked time.Duration) {
	p, moves := &s.progress, s.progress.moves.Load()
	messages, _ := s.queue.load()
	switch {
	case messages == 0 || s.away() != nil:
		p.since = time.Time{}
	case p.since.IsZero() || moves != p.seen:
		p.since = now
	default:
		blocked = elapsed
	}
	p.seen = moves
	switch {
	case blocked == 0:
		p.stuck.Store(nil)
	case p.stuck.Load() == nil:
		p.stuck.Store(&standstill{moves, p.since})
	}
	return blocked
}

// health tells that the address gets on with nothing. The next message with
// which it does ends that.
func (s *sender) health(patience time.Duration) error {
	at := s.progress.stuck.Load()
	if at == nil || s.progress.moves.Load() != at.moves {
		return nil
	}
	lasted := time.Since(at.since)
	if lasted < patience {
		return nil
	}
	messages, _ := s.queue.load()
	return fmt.Errorf("%w: address %s has %d events on their way, and the broker has taken and confirmed none for %v: look whether the address is full there, or a disk",
		eventing.ErrStalled, s.at.address, messages, lasted.Round(time.Second))
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
