package benchmarks

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aspyx-go/aspyx/eventing"
)

// order is the event of all sides. As JSON it has 200 bytes and more.
type order struct {
	eventing.Event `event:"name=order"`

	Number   int64   `json:"number"`
	Customer string  `json:"customer"`
	Street   string  `json:"street"`
	City     string  `json:"city"`
	Article  string  `json:"article"`
	Note     string  `json:"note"`
	Quantity int     `json:"quantity"`
	Price    float64 `json:"price"`
	Express  bool    `json:"express"`
}

// orders are what the events are taken from: made ahead, so that their texts
// cost nothing while it counts, and many, so that no side sees the same twice
// in a row.
var orders = func() []order {
	all := make([]order, 256)
	for i := range all {
		all[i] = order{
			Customer: fmt.Sprintf("customer-%04d@example.com", i*31),
			Street:   fmt.Sprintf("%d Harbour Road", i),
			City:     strings.Repeat("Port ", i%3) + "Elsewhere",
			Article:  fmt.Sprintf("article/%08x", i*2_654_435),
			Note:     "leave it at the door or with the neighbours" + strings.Repeat(" please", i%5),
			Quantity: i%9 + 1,
			Price:    float64(i) * 1.25,
			Express:  i%2 == 0,
		}
	}
	return all
}()

// orderAt returns the event number i. No two are equal.
func orderAt(i int) order {
	o := orders[i%len(orders)]
	o.Number = int64(i)
	return o
}

// room is how many events may wait between sender and handler, on all sides.
const room = 1024

// tally is what the handlers of all sides do: little, but it needs the events'
// content, all of them, each once.
type tally struct {
	missing atomic.Int64
	sum     atomic.Int64
	done    chan struct{} // closed when none is missing
}

func newTally(events int) *tally {
	t := &tally{done: make(chan struct{})}
	t.missing.Store(int64(events))
	return t
}

func (t *tally) handle(o *order) {
	t.sum.Add(o.Number)
	if t.missing.Add(-1) == 0 {
		close(t.done)
	}
}

// wait returns when all events were handled, and stops the clock.
func (t *tally) wait(b *testing.B) {
	b.Helper()
	<-t.done
	b.StopTimer()
	n := int64(b.N)
	if sum, want := t.sum.Load(), n*(n-1)/2; sum != want {
		b.Fatalf("the numbers of the handled events add up to %d, want %d", sum, want)
	}
}
