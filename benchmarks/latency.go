package benchmarks

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// Rate is how many events a second [LatencyAspyx] and [LatencyTwin] send.
const Rate = 1000

// The metrics of [LatencyAspyx] and [LatencyTwin].
const (
	MedianUS = "median-µs"
	TailNS   = "p99-ns"
)

// latencies measures how long events take from their sending to their handling.
type latencies struct {
	sent    []time.Time
	took    []time.Duration
	missing atomic.Int64
	done    chan struct{}
}

// pace calls send for a second's events each operation, and waits until all were
// handled. A send doesn't wait for anything, so that a late one delays no other.
func (l *latencies) pace(b *testing.B, send func(i int) error) {
	b.Helper()
	b.ResetTimer()
	begin := time.Now()
	for i := range l.sent {
		time.Sleep(time.Until(begin.Add(time.Duration(i) * time.Second / Rate)))
		l.sent[i] = time.Now()
		check(b, send(i))
	}
	<-l.done
	b.StopTimer()
	slices.Sort(l.took)
	b.ReportMetric(float64(l.took[len(l.took)/2])/1000, MedianUS)
	b.ReportMetric(float64(l.took[len(l.took)*99/100]), TailNS)
}

func (l *latencies) handle(p *parcel) {
	l.took[p.Number] = time.Since(l.sent[p.Number])
	if l.missing.Add(-1) == 0 {
		close(l.done)
	}
}

func newLatencies(b *testing.B) *latencies {
	b.Helper()
	count := b.N * Rate
	l := &latencies{sent: make([]time.Time, count), took: make([]time.Duration, count), done: make(chan struct{})}
	l.missing.Store(int64(count))
	return l
}

// LatencyAspyx measures the latency at a fixed rate. One operation is a second.
func LatencyAspyx(w Wire) func(*testing.B) {
	return func(b *testing.B) {
		b.Helper()
		g, l := w.prepare(b), newLatencies(b)
		manager := g.manager(b)
		g.subscribe(b, manager, l.handle)
		events := w.parcels(len(l.sent))
		l.pace(b, func(i int) error {
			manager.SendAsync(b.Context(), events[i])
			return nil
		})
		check(b, manager.Stop(b.Context()))
	}
}

// LatencyTwin is [LatencyAspyx] with the client library alone.
func LatencyTwin(w Wire) func(*testing.B) {
	return func(b *testing.B) {
		b.Helper()
		l := newLatencies(b)
		t := w.prepare(b).twin(b)
		stop := t.receive(b, l.handle)
		events := w.parcels(len(l.sent))
		l.pace(b, func(i int) error { return t.send(&events[i]) })
		check(b, t.confirm())
		stop()
		t.close(b)
	}
}
