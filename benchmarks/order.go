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
	content
}

// keyedOrder is an order whose customer's events are handled in order.
type keyedOrder struct {
	eventing.Event `event:"name=order.keyed,key=Customer"`
	content
}

type content struct {
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
var orders = func() []content {
	all := make([]content, 256)
	for i := range all {
		all[i] = content{
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

// contentAt returns the content of event number i. No two are equal.
func contentAt(i int) content {
	c := orders[i%len(orders)]
	c.Number = int64(i)
	return c
}

func orderAt(i int) order { return order{content: contentAt(i)} }

// room is how many events may wait between sender and handler, on all sides.
const room = 1024

// tally is what the handlers of all sides do: little, but it needs the events'
// content, all of them, each once a listener.
type tally struct {
	listeners int
	missing   atomic.Int64
	sum       atomic.Int64
	done      chan struct{} // closed when none is missing
}

func newTally(events, listeners int) *tally {
	t := &tally{listeners: listeners, done: make(chan struct{})}
	t.missing.Store(int64(events) * int64(listeners))
	return t
}

func (t *tally) handle(c *content) { t.count(c.Number) }

func (t *tally) count(number int64) {
	t.sum.Add(number)
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
	if sum, want := t.sum.Load(), int64(t.listeners)*(n*(n-1)/2); sum != want {
		b.Fatalf("the numbers of the handled events add up to %d, want %d", sum, want)
	}
}
