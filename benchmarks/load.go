package benchmarks

import (
	"sync"
	"testing"
)

// Load is how many send and listen, and what is at work between them.
type Load struct {
	// Senders is how many goroutines send.
	Senders int
	// Listeners is how many get each event, each one by one.
	Listeners int
	// Equipped puts a pipeline on both sides and gives the listeners a policy
	// with a time limit.
	Equipped bool
	// Keyed gives the events a key, in whose order they are handled.
	Keyed bool
}

// Plain is one sender and one listener.
var Plain = Load{Senders: 1, Listeners: 1}

// send calls one for the numbers from 0 to b.N, on as many goroutines as there
// are senders, and starts the clock before.
func (l Load) send(b *testing.B, one func(i int) error) {
	b.Helper()
	b.ReportAllocs()
	b.ResetTimer()
	if l.Senders == 1 {
		for i := range b.N {
			check(b, one(i))
		}
		return
	}
	var senders sync.WaitGroup
	for first := range l.Senders {
		senders.Go(func() {
			for i := first; i < b.N; i += l.Senders {
				if err := one(i); err != nil {
					report(b, err)
					return
				}
			}
		})
	}
	senders.Wait()
	if b.Failed() {
		b.FailNow() // nobody is going to handle what wasn't sent
	}
}
