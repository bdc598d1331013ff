package benchmarks

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// The metrics of [Fairness].
const (
	MedianNS = "median-ns"
	TailUS   = "p99-µs"
)

// Crowd is what a process does beside the listener whose latency is measured.
type Crowd struct {
	// Senders send events as fast as they can, to a listener of their own whose
	// handler takes about a microsecond. Its queue is always full.
	Senders int

	// Slow adds a listener to the very event that is measured. It takes a
	// millisecond for each, so that its queue is always full, and drops the
	// oldest.
	Slow bool

	// Pause is between two of the events that are measured.
	Pause time.Duration
}

// call is the event whose latency is measured: from the begin of SendEvent to
// the begin of On.
type call struct {
	eventing.Event `event:"name=call"`

	Number int    `json:"number"`
	Text   string `json:"text"`
}

type prompt struct {
	eventing.Listener[call]
	handled chan time.Time
}

func (l *prompt) On(context.Context, call) error {
	l.handled <- time.Now()
	return nil
}

type slow struct {
	eventing.Listener[call]
}

func (l *slow) On(ctx context.Context, _ call) error {
	select {
	case <-time.After(time.Millisecond):
	case <-ctx.Done():
	}
	return nil
}

// busy is the listener that is flooded.
type busy struct {
	eventing.Listener[order]
}

func (l *busy) On(context.Context, order) error {
	for end := time.Now().Add(time.Microsecond); time.Now().Before(end); {
	}
	return nil
}

// Fairness measures the latency of one listener beside others at work. Its
// results are metrics of their own: the mean would hide the median.
func Fairness(load Crowd) func(*testing.B) {
	return func(b *testing.B) {
		b.Helper()
		l := &prompt{handled: make(chan time.Time, 1)}
		manager := crowded(b, load, l)
		ctx, cancel := context.WithCancel(b.Context())
		var floods sync.WaitGroup
		for range load.Senders {
			floods.Go(func() {
				for i := 0; manager.SendEvent(ctx, orderAt(i)) == nil; i++ {
				}
			})
		}
		latencies := make([]time.Duration, b.N)
		b.ResetTimer()
		for i := range latencies {
			if load.Pause > 0 {
				<-time.After(load.Pause)
			}
			begin := time.Now()
			check(b, manager.SendEvent(ctx, call{Number: i, Text: "a short text of no interest"}))
			latencies[i] = (<-l.handled).Sub(begin)
		}
		b.StopTimer()
		cancel()
		floods.Wait()
		halt(b, manager)
		slices.Sort(latencies)
		b.ReportMetric(float64(latencies[b.N/2]), MedianNS)
		b.ReportMetric(float64(latencies[b.N*99/100])/1000, TailUS)
	}
}

// crowded starts a manager with the listeners of a load.
func crowded(b *testing.B, load Crowd, measured any) *eventing.EventManager {
	b.Helper()
	listeners := []any{measured}
	config := memory.Config{MaxMessages: room}
	if load.Senders > 0 {
		listeners = append(listeners, &busy{})
	}
	if load.Slow {
		listeners = append(listeners, &slow{})
		config.Overflow = memory.OverflowDropOldest
	}
	provider, err := config.Open(eventing.Settings{Logger: slog.New(slog.DiscardHandler)}) // it warns of what is dropped
	check(b, err)
	manager, err := eventing.NewEventManager(provider, eventing.Config{Listeners: listeners})
	check(b, err)
	check(b, manager.Start(b.Context()))
	return manager
}

// halt stops without waiting for what is left in a full queue.
func halt(b *testing.B, manager *eventing.EventManager) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	cancel()
	_ = manager.Stop(ctx) // it tells that the queues weren't empty
}
