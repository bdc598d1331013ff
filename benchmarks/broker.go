package benchmarks

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
)

// BrokerVariable names the environment variable with the URL of the broker that
// the benchmarks of this file's kind need. They leave nothing on it.
const BrokerVariable = "ASPYX_BENCH_BROKER"

// Wire is what goes over the broker.
type Wire struct {
	Bytes    int  // of a body, about
	Durable  bool // with a duplicate id, so that it can be sent again
	Handlers int  // how many handle at once; each has the credit of 32
}

const (
	// window is how many messages are unconfirmed at once, on all sides: what
	// Artemis lets a link have.
	window = 1000

	// credit is for each handler, on all sides.
	credit = 32
)

// parcel is the event of all sides.
type parcel struct {
	Number int64  `json:"number"`
	Text   string `json:"text"`
}

// parcels makes events with bodies of that size.
func (w Wire) parcels(count int) []parcel {
	text := strings.Repeat("all work and no play ", w.Bytes/20)[:w.Bytes-len(`{"number":100000,"text":""}`)]
	all := make([]parcel, count)
	for i := range all {
		all[i] = parcel{Number: int64(i), Text: text}
	}
	return all
}

// ground is a queue of its own on the broker.
type ground struct {
	url   string
	wire  Wire
	queue eventing.Queue
}

const naming = eventing.NamingQualified

// prepare makes a queue, for this run of a benchmark.
func (w Wire) prepare(b *testing.B) *ground {
	b.Helper()
	ctx := context.Background() // that of the benchmark ends before its cleanup
	g := &ground{url: os.Getenv(BrokerVariable), wire: w, queue: eventing.Queue{
		Event: "benchmark." + eventing.NewID().String(), Listener: "tally", Durable: w.Durable,
	}}
	provider := g.provider(b)
	check(b, provider.Start(ctx))
	b.Cleanup(func() {
		check(b, provider.Remove(ctx, g.queue))
		check(b, provider.Remove(ctx, g.queue.DeadLetter()))
		check(b, provider.Stop(ctx))
	})
	check(b, provider.Declare(ctx, []eventing.Queue{g.queue}))
	return g
}

func (g *ground) provider(b *testing.B) *amqp.Provider {
	b.Helper()
	provider, err := amqp.New(amqp.Config{URL: g.url, Naming: naming})
	check(b, err)
	return provider
}
