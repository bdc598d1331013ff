package eventingtest_test

import (
	"context"
	"time"

	"github.com/aspyx-go/aspyx/eventing"
)

func removeNothing(p *faulty) {
	p.remove = func(context.Context, *faulty, eventing.Queue) error { return nil }
}

// removeLeft removes each queue whose last consumer has closed, but for dead
// letters.
func removeLeft(p *faulty) {
	p.attach = func(consumer eventing.Consumer, queue eventing.Queue, _ int) eventing.Consumer {
		if queue.IsDeadLetter() {
			return consumer
		}
		return &settling{Consumer: consumer, closing: func(ctx context.Context, s *settling) error {
			if err := s.Consumer.Close(ctx); err != nil {
				return err
			}
			_ = p.Provider.Remove(ctx, queue) // others may consume from it
			return nil
		}}
	}
}

// keepPrefetched gives back what was prefetched only when the provider stops.
func keepPrefetched(p *faulty) {
	const prefetched = 32
	consumers(p, settling{closing: func(ctx context.Context, s *settling) error {
		// Fake time: nothing is ready when it is over.
		ctx, cancel := context.WithTimeout(ctx, time.Millisecond)
		defer cancel()
		for range prefetched {
			if s.Consumer.Receive(ctx, &eventing.Delivery{}) != nil {
				break
			}
		}
		return nil
	}})
}
