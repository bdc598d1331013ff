package main

import (
	"os"

	"github.com/aspyx-go/aspyx/benchmarks"
)

// The sides of the Python original, with its AMQP provider.
const (
	original = "Python original"
	awake    = "Python, awake"
)

// originals compare with the Python original, over a broker too.
func originals() []*comparison {
	if os.Getenv(benchmarks.BrokerVariable) == "" {
		return nil // brokered tells
	}
	wire := benchmarks.Wire{Bytes: 256, Handlers: 1}
	return []*comparison{{
		title: title("Python original, end to end", wire),
		sides: []*side{
			{name: aspyx, bench: benchmarks.BurstAspyx(wire), parts: benchmarks.Burst},
			{name: original, bench: benchmarks.BurstOriginal(wire), metric: benchmarks.EventNS},
			{name: awake, bench: benchmarks.BurstOriginal(wire), metric: benchmarks.AwakeNS},
		},
		claims: []claim{
			rate(aspyx), rate(original), rate(awake),
			ratio(original, aspyx).atLeast(25), ratio(awake, aspyx), metric(original, benchmarks.Failures),
		},
	}}
}

// rate is how many a second the median is.
func rate(of string) claim {
	return claim{
		text:  "events a second of " + of,
		value: func(c *comparison) float64 { return float64(int64(1e9 / c.find(of).median())) },
	}
}
