package amqp

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/internal/supervise"
)

// lookInterval is how often it is looked whether consumers get what waits for
// them. The second look in a row that finds otherwise makes Health red.
const lookInterval = 30 * time.Second

// fruitless is how many looks in a row that takes.
const fruitless = 2

// look is what the watch has seen of a consumer that had nothing to do.
type look struct {
	on       *attachment
	received int64    // by that link
	backlog  *backlog // what the broker has told; nil before the first question
	owed     int      // looks in a row at which the broker owed something
}

// silence is that events wait for a consumer and none comes.
type silence struct {
	look
	queue string
	since time.Time // of the last delivery, or the link
}

// health tells of the silence, until the link brings something. Nil is none.
func (s *silence) health(on *attachment) error {
	if s == nil || s.on != on || s.received != on.flow.received.Load() {
		return nil
	}
	if s.backlog.paused {
		return fmt.Errorf("%w: queue %q is paused on the broker, and %d events wait in it: resume it there",
			eventing.ErrStalled, s.queue, s.backlog.deliverable)
	}
	return fmt.Errorf("%w: %d events wait in queue %q, the listener has credit for %d, and nothing has come for %v: look at the queue and its consumers on the broker",
		eventing.ErrStalled, s.backlog.deliverable, s.queue, on.credit(), time.Since(s.since).Round(time.Second))
}

// idle tells that nothing has come since the last look, though a receiver waits
// and the broker has credit. Else that begins anew.
func (c *consumer) idle() bool {
	on := c.current.Load()
	if on == nil || c.look.on != on || c.look.received != on.flow.received.Load() || c.waiting.Load() == 0 || on.credit() == 0 {
		c.look = look{on: on}
		if on != nil {
			c.look.received = on.flow.received.Load()
		}
		c.endSilence()
		return false
	}
	return true
}

// endSilence is called when the consumer isn't owed anything, or got it.
func (c *consumer) endSilence() {
	if c.silence.Swap(nil) != nil {
		c.logger.InfoContext(c.life, "a listener is owed no events any more")
	}
}

// judge compares what the broker tells of the queue of an idle consumer with
// what it has told at the last look.
func (c *consumer) judge(found *backlog) {
	if found.owes(c.look.backlog) {
		c.look.owed++
	} else {
		c.look.owed = 0
	}
	c.look.backlog = found
	if c.look.owed < fruitless {
		c.endSilence()
		return
	}
	since := c.look.on.since
	if last := time.Unix(0, c.lastDelivery.Load()); last.After(since) {
		since = last
	}
	now := &silence{look: c.look, queue: c.queue.Name(c.provider.naming), since: since}
	if before := c.silence.Swap(now); before == nil {
		c.logger.WarnContext(c.life, "a listener gets nothing though events wait", slog.Any("reason", now.health(now.on)))
	}
}

// watchConsumers looks after consumers that get nothing. ask tells of a queue.
func (p *Provider) watchConsumers(ask func(context.Context, eventing.Queue) (*backlog, error)) {
	for supervise.Sleep(p.life, p.lookInterval) {
		for _, c := range p.openConsumers() {
			if !c.idle() {
				continue
			}
			found, err := ask(p.life, c.queue)
			if err == nil && c.idle() { // else nothing is known, or something has come meanwhile
				c.judge(found)
			}
		}
	}
}
