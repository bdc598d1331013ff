package benchmarks

import (
	"context"
	"testing"

	"github.com/aspyx-go/aspyx/eventing"
)

// manager is an event manager on the ground's broker.
func (g *ground) manager(b *testing.B) *eventing.EventManager {
	b.Helper()
	options := []eventing.EventOption{eventing.Name(g.queue.Event)}
	if g.wire.Durable {
		options = append(options, eventing.Durable())
	}
	manager, err := eventing.NewEventManager(g.provider(b), eventing.Config{
		Events: []eventing.EventDefinition{eventing.EventOf[parcel](options...)},
	})
	check(b, err)
	check(b, manager.Start(b.Context()))
	return manager
}

// subscribe has a function called for each event on the ground's queue.
func (g *ground) subscribe(b *testing.B, manager *eventing.EventManager, on func(*parcel)) {
	b.Helper()
	_, err := eventing.Subscribe(b.Context(), manager, func(_ context.Context, p parcel) error {
		on(&p)
		return nil
	}, eventing.As(g.queue.Listener), eventing.Concurrency(g.wire.Handlers))
	check(b, err)
}

// PublishAspyx sends events to a broker by one goroutine, until all are
// confirmed. Nobody receives them.
func PublishAspyx(w Wire) func(*testing.B) {
	return func(b *testing.B) {
		b.Helper()
		manager := w.prepare(b).manager(b)
		events := w.parcels(b.N)
		b.ReportAllocs()
		b.ResetTimer()
		check(b, eventing.SendEvents(b.Context(), manager, events))
		b.StopTimer()
		check(b, manager.Stop(b.Context()))
	}
}

// DeliverAspyx is [PublishAspyx] until all were handled.
func DeliverAspyx(w Wire) func(*testing.B) {
	return func(b *testing.B) {
		b.Helper()
		g, all := w.prepare(b), newTally(b.N, 1)
		manager := g.manager(b)
		g.subscribe(b, manager, func(p *parcel) { all.count(p.Number) })
		events := w.parcels(b.N)
		b.ReportAllocs()
		b.ResetTimer()
		check(b, eventing.SendEvents(b.Context(), manager, events))
		all.wait(b)
		check(b, manager.Stop(b.Context()))
	}
}
