package eventingtest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aspyx-go/aspyx/eventing"
)

func onReceive(p *faulty, f func(*eventing.Message)) {
	p.receive = func(message *eventing.Message) *eventing.Message { return change(message, f) }
}

func dropEmptyHeader(p *faulty) {
	onReceive(p, func(m *eventing.Message) {
		m.Headers = slices.DeleteFunc(slices.Clone(m.Headers), func(h eventing.Header) bool { return h.Value == "" })
	})
}

func trimHeaders(p *faulty) {
	onReceive(p, func(m *eventing.Message) {
		m.Headers = slices.Clone(m.Headers)
		for i := range m.Headers {
			m.Headers[i].Value = strings.TrimSpace(m.Headers[i].Value)
		}
	})
}

func foldKeys(p *faulty) {
	onReceive(p, func(m *eventing.Message) {
		m.Headers = slices.Clone(m.Headers)
		for i := range m.Headers {
			m.Headers[i].Key = strings.ToLower(m.Headers[i].Key)
		}
	})
}

func dropHeaders(p *faulty) { onReceive(p, func(m *eventing.Message) { m.Headers = nil }) }

func renewID(p *faulty) { onReceive(p, func(m *eventing.Message) { m.ID = eventing.NewID() }) }

// cutTime shifts the time too: a clock may stand at a whole second.
func cutTime(p *faulty) {
	onReceive(p, func(m *eventing.Message) { m.Time = m.Time.Add(-time.Millisecond).Truncate(time.Second) })
}

func dropContentType(p *faulty) { onReceive(p, func(m *eventing.Message) { m.ContentType = "" }) }

func textBodies(p *faulty) {
	onReceive(p, func(m *eventing.Message) { m.Body = []byte(strings.ToValidUTF8(string(m.Body), "\uFFFD")) })
}

func cutBodies(p *faulty) {
	onReceive(p, func(m *eventing.Message) { m.Body = m.Body[:min(len(m.Body), 64<<10)] })
}

// ignorePrefetch takes all there is with the first message.
func ignorePrefetch(p *faulty) {
	p.attach = func(consumer eventing.Consumer, queue eventing.Queue, _ int) eventing.Consumer {
		unbounded, err := p.Provider.Attach(context.Background(), queue, 10_000)
		if err != nil {
			return consumer
		}
		_ = consumer.Close(context.Background())
		return &greedy{Consumer: unbounded}
	}
}

type greedy struct {
	eventing.Consumer

	mu   sync.Mutex
	held []*eventing.Delivery
}

func (g *greedy) Receive(ctx context.Context, into *eventing.Delivery) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for ctx.Err() == nil {
		brief, cancel := context.WithTimeout(ctx, time.Millisecond)
		next := &eventing.Delivery{}
		err := g.Consumer.Receive(brief, next)
		cancel()
		if err == nil {
			g.held = append(g.held, next)
			continue
		}
		if len(g.held) > 0 {
			*into, g.held = *g.held[0], g.held[1:]
			return nil
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
	}
	return ctx.Err()
}

func dropWhenFull(p *faulty) {
	p.submit = func(ctx context.Context, p *faulty, message *eventing.Message) (eventing.Receipt, error) {
		brief, cancel := context.WithTimeout(ctx, time.Millisecond)
		defer cancel()
		if receipt, err := p.Provider.Submit(brief, message); err == nil {
			return receipt, nil
		}
		return eventing.Confirmed, ctx.Err()
	}
}

func goroutines(p *faulty) {
	p.submit = func(ctx context.Context, p *faulty, message *eventing.Message) (eventing.Receipt, error) {
		go func() { <-p.Done() }()
		return p.Provider.Submit(ctx, message)
	}
}

// stall has one message wait, which isn't wrong.
func stall(which int64, d time.Duration) func() func(*faulty) {
	return func() func(*faulty) {
		var submitted atomic.Int64
		return func(p *faulty) {
			p.submit = func(ctx context.Context, p *faulty, message *eventing.Message) (eventing.Receipt, error) {
				if submitted.Add(1) == which {
					select {
					case <-time.After(d):
					case <-ctx.Done():
						return nil, errors.Join(eventing.ErrNotSent, context.Cause(ctx))
					}
				}
				return p.Provider.Submit(ctx, message)
			}
		}
	}
}
