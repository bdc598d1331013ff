package eventingtest_test

import (
	"context"
	"sync"
	"time"

	"github.com/aspyx-go/aspyx/eventing"
)

// onSubmit changes messages before they are sent.
func onSubmit(p *faulty, f func(*eventing.Message)) {
	p.submit = func(ctx context.Context, p *faulty, message *eventing.Message) (eventing.Receipt, error) {
		return p.Provider.Submit(ctx, change(message, f))
	}
}

// delayCopiesOnly thinks that a delay is for retries.
func delayCopiesOnly(p *faulty) {
	onSubmit(p, func(m *eventing.Message) {
		if m.Target == nil {
			m.Delay = 0
		}
	})
}

func ignoreTTL(p *faulty) { onSubmit(p, func(m *eventing.Message) { m.TTL = 0 }) }

func ignoreTTLOfTargeted(p *faulty) {
	onSubmit(p, func(m *eventing.Message) {
		if m.Target != nil {
			m.TTL = 0
		}
	})
}

// microseconds is what a wrong unit on the wire does.
func microseconds(p *faulty) { onSubmit(p, func(m *eventing.Message) { m.TTL /= 1000 * 1000 }) }

// inheritTTL gives the copies of an event what is said of the event.
func inheritTTL() func(*faulty) {
	var mu sync.Mutex
	of := map[eventing.ID]time.Duration{}
	return func(p *faulty) {
		onSubmit(p, func(m *eventing.Message) {
			mu.Lock()
			defer mu.Unlock()
			if m.Target == nil {
				of[m.ID] = m.TTL
			} else if ttl := of[m.ID]; ttl > 0 {
				m.TTL = ttl
			}
		})
	}
}

func dropKey(p *faulty) { onSubmit(p, func(m *eventing.Message) { m.Key = "" }) }
