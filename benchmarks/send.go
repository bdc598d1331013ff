package benchmarks

import (
	"context"
	"testing"

	"github.com/goccy/go-json"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

type orderListener struct {
	eventing.Listener[order]
	tally *tally
}

func (l *orderListener) On(_ context.Context, o order) error {
	l.tally.handle(&o)
	return nil
}

// SendAspyx sends events by an event manager on the memory provider, until all
// were handled.
func SendAspyx(b *testing.B) {
	b.Helper()
	ctx, all := b.Context(), newTally(b.N)
	provider, err := memory.New(memory.Config{MaxMessages: room})
	check(b, err)
	manager, err := eventing.NewEventManager(provider, eventing.Config{
		Listeners: []any{&orderListener{tally: all}},
	})
	check(b, err)
	check(b, manager.Start(ctx))

	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		check(b, manager.SendEvent(ctx, orderAt(i)))
	}
	all.wait(b)
	check(b, manager.Stop(ctx))
}

// SendFloor does by hand the least that must be done: encode, a buffered
// channel to a second goroutine, decode, call. It has no headers, ids,
// pipelines, acknowledgement or retries.
func SendFloor(b *testing.B) {
	b.Helper()
	all, queue := newTally(b.N), make(chan []byte, room)
	go func() {
		for body := range queue {
			o := new(order)
			if err := json.Unmarshal(body, o); err != nil {
				b.Error(err)
			}
			all.handle(o)
		}
	}()

	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		body, err := json.Marshal(orderAt(i))
		check(b, err)
		queue <- body
	}
	all.wait(b)
	close(queue)
}

// check ends the benchmark on an error. It calls Helper only then: that costs
// more than some of what is measured.
func check(b *testing.B, err error) { //nolint:thelper // see above
	if err != nil {
		b.Helper()
		b.Fatal(err)
	}
}
