package eventingtest_test

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aspyx-go/aspyx/eventing"
)

// consumers makes all consumers of a provider settle as told. Those of
// dead-letter queues, by which the suite looks at the outcome, stay honest.
func consumers(p *faulty, as settling) {
	p.attach = func(consumer eventing.Consumer, queue eventing.Queue, _ int) eventing.Consumer {
		if queue.IsDeadLetter() {
			return consumer
		}
		made := as
		made.Consumer = consumer
		return &made
	}
}

func acceptFirst(p *faulty) {
	consumers(p, settling{
		received: func(s *settling, into *eventing.Delivery) error {
			settled := *into
			return s.Consumer.Settle(&settled, eventing.Accept)
		},
		settle: func(*settling, *eventing.Delivery, eventing.Disposition) error { return nil },
	})
}

// neverAccept keeps what was accepted until the consumer closes.
func neverAccept(p *faulty) {
	consumers(p, settling{settle: func(*settling, *eventing.Delivery, eventing.Disposition) error { return nil }})
}

// loseRead accepts whatever is settled in a queue of dead letters.
func loseRead(p *faulty) {
	p.attach = func(consumer eventing.Consumer, queue eventing.Queue, _ int) eventing.Consumer {
		if !queue.IsDeadLetter() {
			return consumer
		}
		return &settling{Consumer: consumer, settle: func(s *settling, delivery *eventing.Delivery, _ eventing.Disposition) error {
			return s.Consumer.Settle(delivery, eventing.Accept)
		}}
	}
}

func countNothing(p *faulty) {
	consumers(p, settling{received: func(_ *settling, into *eventing.Delivery) error {
		into.Count = 1
		return nil
	}})
}

// flagOnly flags what was delivered before, in place of counting it, like
// brokers by STOMP. That isn't wrong.
func flagOnly(p *faulty) {
	p.lacks = func(c *eventing.Capabilities) { c.Count = false }
	consumers(p, settling{received: func(_ *settling, into *eventing.Delivery) error {
		into.Redelivered, into.Count = into.Count > 1, 0
		return nil
	}})
}

// tellNothing neither counts nor flags.
func tellNothing(p *faulty) {
	flagOnly(p)
	consumers(p, settling{received: func(_ *settling, into *eventing.Delivery) error {
		into.Count = 0
		return nil
	}})
}

// flagAll flags what is new, too.
func flagAll(p *faulty) {
	flagOnly(p)
	consumers(p, settling{received: func(_ *settling, into *eventing.Delivery) error {
		into.Redelivered, into.Count = true, 0
		return nil
	}})
}

// confirmFirst keeps each message until the next one, or for a second.
func confirmFirst(p *faulty) {
	var mu sync.Mutex
	var kept *eventing.Message
	p.submit = func(ctx context.Context, p *faulty, message *eventing.Message) (eventing.Receipt, error) {
		mu.Lock()
		before := kept
		kept = message
		mu.Unlock()
		time.AfterFunc(time.Second, func() {
			mu.Lock()
			mine := kept == message
			if mine {
				kept = nil
			}
			mu.Unlock()
			if mine {
				_, _ = p.Provider.Submit(context.WithoutCancel(ctx), message)
			}
		})
		if before == nil {
			return eventing.Confirmed, nil
		}
		return p.Provider.Submit(ctx, before)
	}
}

func loseTargeted(lost func(eventing.Queue) bool) func(*faulty) {
	return func(p *faulty) {
		p.submit = func(ctx context.Context, p *faulty, message *eventing.Message) (eventing.Receipt, error) {
			if message.Target != nil && lost(*message.Target) {
				return eventing.Confirmed, nil
			}
			return p.Provider.Submit(ctx, message)
		}
	}
}

func deadLetterTwice(p *faulty) {
	p.submit = func(ctx context.Context, p *faulty, message *eventing.Message) (eventing.Receipt, error) {
		if message.Target != nil && message.Target.IsDeadLetter() {
			if receipt, err := p.Provider.Submit(ctx, message); err != nil {
				return receipt, err
			}
		}
		return p.Provider.Submit(ctx, message)
	}
}

func ignoreDelay(p *faulty) {
	p.submit = func(ctx context.Context, p *faulty, message *eventing.Message) (eventing.Receipt, error) {
		return p.Provider.Submit(ctx, change(message, func(m *eventing.Message) { m.Delay = 0 }))
	}
}

func losePrefetched(p *faulty) {
	const prefetched = 32
	consumers(p, settling{closing: func(ctx context.Context, s *settling) error {
		purge(ctx, s.Consumer, prefetched)
		return s.Consumer.Close(ctx)
	}})
}

// receiveOn looks at the context only when it has nothing.
func receiveOn(p *faulty) {
	p.attach = func(consumer eventing.Consumer, _ eventing.Queue, _ int) eventing.Consumer {
		return &late{consumer}
	}
}

type late struct{ eventing.Consumer }

func (l *late) Receive(ctx context.Context, into *eventing.Delivery) error {
	brief, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Millisecond)
	defer cancel()
	if l.Consumer.Receive(brief, into) == nil {
		return nil
	}
	return l.Consumer.Receive(ctx, into)
}

// counts holds how often each event was released, across the providers of a
// broker.
type counts struct {
	mu sync.Mutex
	of map[eventing.ID]int
}

func (c *counts) released(message *eventing.Message) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of[message.ID]++
	return c.of[message.ID]
}

func (c *counts) now(message *eventing.Message) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.of[message.ID]
}

func countReleases() func(*faulty) {
	c := &counts{of: map[eventing.ID]int{}}
	return func(p *faulty) {
		consumers(p, settling{
			received: func(_ *settling, into *eventing.Delivery) error {
				into.Count += c.now(into.Message)
				return nil
			},
			settle: func(s *settling, delivery *eventing.Delivery, disposition eventing.Disposition) error {
				if disposition == eventing.Release {
					c.released(delivery.Message)
				}
				return s.Consumer.Settle(delivery, disposition)
			},
		})
	}
}

func buryReleased() func(*faulty) {
	const most = 10
	c := &counts{of: map[eventing.ID]int{}}
	return func(p *faulty) {
		consumers(p, settling{settle: func(s *settling, delivery *eventing.Delivery, disposition eventing.Disposition) error {
			if disposition == eventing.Release && c.released(delivery.Message) >= most {
				disposition = eventing.Accept // into some queue of the broker's own
			}
			return s.Consumer.Settle(delivery, disposition)
		}})
	}
}

// countStops raises the attempt of all that a closed consumer has left.
func countStops() func(*faulty) {
	var stops atomic.Int64
	return func(p *faulty) {
		p.receive = func(message *eventing.Message) *eventing.Message {
			attempt := strconv.FormatInt(stops.Load()+1, 10)
			return change(message, func(m *eventing.Message) {
				m.Headers = append(slices.Clip(m.Headers), eventing.Header{Key: "aspyx_attempt", Value: attempt})
			})
		}
		consumers(p, settling{closing: func(ctx context.Context, s *settling) error {
			stops.Add(1)
			return s.Consumer.Close(ctx)
		}})
	}
}

func closeEarly() func(*faulty) {
	return func(p *faulty) {
		var closing atomic.Bool
		p.attach = func(consumer eventing.Consumer, _ eventing.Queue, _ int) eventing.Consumer {
			return &ending{consumer, &closing}
		}
		p.submit = func(ctx context.Context, p *faulty, message *eventing.Message) (eventing.Receipt, error) {
			if closing.Load() {
				return nil, eventing.ErrNotSent
			}
			return p.Provider.Submit(ctx, message)
		}
	}
}

type ending struct {
	eventing.Consumer

	closing *atomic.Bool
}

func (e *ending) Receive(ctx context.Context, into *eventing.Delivery) error {
	err := e.Consumer.Receive(ctx, into)
	if ctx.Err() != nil {
		e.closing.Store(true)
	}
	return err
}

// waitForHandlers ends a consumer when all is settled, whatever the context
// says.
func waitForHandlers(p *faulty) {
	p.attach = func(consumer eventing.Consumer, _ eventing.Queue, _ int) eventing.Consumer {
		var unsettled sync.WaitGroup
		return &settling{
			Consumer: consumer,
			received: func(*settling, *eventing.Delivery) error { unsettled.Add(1); return nil },
			settle: func(s *settling, delivery *eventing.Delivery, disposition eventing.Disposition) error {
				defer unsettled.Done()
				return s.Consumer.Settle(delivery, disposition)
			},
			closing: func(ctx context.Context, s *settling) error {
				unsettled.Wait()
				return s.Consumer.Close(ctx)
			},
		}
	}
}
