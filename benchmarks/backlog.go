package benchmarks

import (
	"context"
	"log/slog"
	"runtime"
	"testing"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// The metrics of [Backlog].
const (
	HeapBytes  = "heap-bytes/event"
	Goroutines = "goroutines"
)

// stuck is a listener whose queue grows.
type stuck struct {
	eventing.Listener[order]
}

func (l *stuck) On(ctx context.Context, _ order) error {
	<-ctx.Done()
	return ctx.Err()
}

// Backlog sends so many events to a listener that handles none of them. It
// reports the memory that each needs while it waits, and the goroutines that are
// there with all of them.
func Backlog(events int) func(*testing.B) {
	return func(b *testing.B) {
		b.Helper()
		for range b.N {
			b.StopTimer()
			before := heap()
			provider, err := memory.Config{MaxMessages: events + 1, MaxBytes: 1 << 40}.Open(eventing.Settings{Logger: slog.New(slog.DiscardHandler)})
			check(b, err)
			manager, err := eventing.NewEventManager(provider, eventing.Config{Listeners: []any{&stuck{}}})
			check(b, err)
			check(b, manager.Start(b.Context()))
			b.StartTimer()
			for i := range events {
				check(b, manager.SendEvent(b.Context(), orderAt(i)))
			}
			b.StopTimer()
			b.ReportMetric(float64(runtime.NumGoroutine()), Goroutines)
			b.ReportMetric(float64(heap()-before)/float64(events), HeapBytes)
			halt(b, manager)
			b.StartTimer()
		}
	}
}

// heap is how many bytes are in use.
func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
