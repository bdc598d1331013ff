package main

import (
	"fmt"
	"os"
	"testing"

	"github.com/aspyx-go/aspyx/benchmarks"
)

// twin is the client library by itself.
const twin = "go-amqp"

// bench makes the benchmark of a side.
type bench func(benchmarks.Wire) func(*testing.B)

// brokered are the comparisons that need a broker.
func brokered() []*comparison {
	if os.Getenv(benchmarks.BrokerVariable) == "" {
		fmt.Printf("left out: the tables with a broker. Run make bench-broker, or set %s to a broker's URL.\n", benchmarks.BrokerVariable)
		return nil
	}
	var all []*comparison
	for _, durable := range []bool{false, true} {
		for _, size := range []int{256, 1024} {
			wire := benchmarks.Wire{Bytes: size, Durable: durable, Handlers: 1}
			publish, deliver := 1.5, 1.2
			if durable { // then the broker is the limit
				publish, deliver = 1, 1
			}
			all = append(all,
				beside("publish until it was confirmed", wire, benchmarks.PublishAspyx, benchmarks.PublishTwin, publish),
				beside("send until it was handled", wire, benchmarks.DeliverAspyx, benchmarks.DeliverTwin, deliver),
				latency(wire),
			)
		}
	}
	return all
}

func title(what string, wire benchmarks.Wire) string {
	kind := "not durable"
	if wire.Durable {
		kind = "durable"
	}
	return fmt.Sprintf("Broker: %s, %d bytes, %s", what, wire.Bytes, kind)
}

// beside compares with the twin, which is to take that many times as long.
func beside(what string, wire benchmarks.Wire, ours, theirs bench, longer float64) *comparison {
	return &comparison{
		title:  title(what, wire),
		sides:  []*side{{name: aspyx, bench: ours(wire)}, {name: twin, bench: theirs(wire)}},
		claims: []claim{ratio(twin, aspyx).atLeast(longer), moreAllocations(aspyx, twin).atMost(4)},
	}
}

// latency is at a fixed rate. The table shows the 99th percentile.
func latency(wire benchmarks.Wire) *comparison {
	return &comparison{
		title: title(fmt.Sprintf("99th percentile of the latency at %d a second", benchmarks.Rate), wire),
		sides: []*side{
			{name: aspyx, bench: benchmarks.LatencyAspyx(wire), metric: benchmarks.TailNS},
			{name: twin, bench: benchmarks.LatencyTwin(wire), metric: benchmarks.TailNS},
		},
		claims: []claim{ratio(aspyx, twin), metric(aspyx, benchmarks.MedianUS), metric(twin, benchmarks.MedianUS)},
	}
}
