package eventingtest_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/aspyx-go/aspyx/eventing"
)

func mapQueues(f func(*eventing.Queue)) func(*faulty) {
	return func(p *faulty) {
		p.queue = func(queue eventing.Queue) eventing.Queue {
			if !queue.IsDeadLetter() {
				f(&queue)
			}
			return queue
		}
	}
}

// declared counts the queues of each event, across the providers of a broker.
type declared struct {
	mu     sync.Mutex
	queues map[string]map[eventing.Queue]bool
}

func newDeclared() *declared { return &declared{queues: map[string]map[eventing.Queue]bool{}} }

func (d *declared) watch(p *faulty) {
	p.queue = func(queue eventing.Queue) eventing.Queue {
		d.mu.Lock()
		defer d.mu.Unlock()
		if !queue.IsDeadLetter() {
			if d.queues[queue.Event] == nil {
				d.queues[queue.Event] = map[eventing.Queue]bool{}
			}
			d.queues[queue.Event][queue] = true
		}
		return queue
	}
}

func (d *declared) of(event string) []eventing.Queue {
	d.mu.Lock()
	defer d.mu.Unlock()
	var queues []eventing.Queue
	for queue := range d.queues[event] {
		queues = append(queues, queue)
	}
	return queues
}

// everyListenerForEveryQueue gives each queue a copy for each queue, as the
// Python original does; at least two, so that a case with one listener sees it.
func everyListenerForEveryQueue() func(*faulty) {
	all := newDeclared()
	return func(p *faulty) {
		all.watch(p)
		p.submit = func(ctx context.Context, p *faulty, message *eventing.Message) (eventing.Receipt, error) {
			if message.Target == nil {
				for range max(1, len(all.of(message.Event))-1) {
					if receipt, err := p.Provider.Submit(ctx, message); err != nil {
						return receipt, err
					}
				}
			}
			return p.Provider.Submit(ctx, message)
		}
	}
}

// otherOwner hands deliveries of alpha's queue to beta, and the other way.
func otherOwner(p *faulty) {
	attached := mapQueues(func(q *eventing.Queue) {
		switch q.Listener {
		case "alpha":
			q.Listener = "beta"
		case "beta":
			q.Listener = "alpha"
		}
	})
	attached(p)
	p.submit = func(ctx context.Context, p *faulty, message *eventing.Message) (eventing.Receipt, error) {
		if message.Target != nil { // Submit has mapped it: map it back
			target := p.queue(*message.Target)
			message = change(message, func(m *eventing.Message) { m.Target = &target })
		}
		return p.Provider.Submit(ctx, message)
	}
}

func ignoreTarget(p *faulty) {
	p.submit = func(ctx context.Context, p *faulty, message *eventing.Message) (eventing.Receipt, error) {
		if message.Target != nil && !message.Target.IsDeadLetter() {
			message = change(message, func(m *eventing.Message) { m.Target = nil })
		}
		return p.Provider.Submit(ctx, message)
	}
}

func separateQueues() func(*faulty) {
	var providers atomic.Int64
	return func(p *faulty) {
		own := fmt.Sprintf(".%d", providers.Add(1))
		mapQueues(func(q *eventing.Queue) {
			if q.Group != "" {
				q.Group += own
			}
			q.Listener += own
		})(p)
	}
}

func ignoreDurable(p *faulty) {
	mapQueues(func(q *eventing.Queue) { q.Durable = false })(p)
	p.submit = func(ctx context.Context, p *faulty, message *eventing.Message) (eventing.Receipt, error) {
		return p.Provider.Submit(ctx, change(message, func(m *eventing.Message) { m.Durable = false }))
	}
}

func beginNow(p *faulty) {
	const all = 10_000
	p.attach = func(consumer eventing.Consumer, queue eventing.Queue, _ int) eventing.Consumer {
		if !queue.IsDeadLetter() {
			purge(context.Background(), consumer, all)
		}
		return consumer
	}
}

// copyToDeadLetters is what a dead-letter queue on the event's own address does.
func copyToDeadLetters() func(*faulty) {
	all := newDeclared()
	return func(p *faulty) {
		all.watch(p)
		p.submit = func(ctx context.Context, p *faulty, message *eventing.Message) (eventing.Receipt, error) {
			if message.Target == nil {
				for _, queue := range all.of(message.Event) {
					target := queue.DeadLetter()
					duplicate := change(message, func(m *eventing.Message) { m.Target = &target })
					if receipt, err := p.Provider.Submit(ctx, duplicate); err != nil {
						return receipt, err
					}
				}
			}
			return p.Provider.Submit(ctx, message)
		}
	}
}
