// Command compare runs the benchmarks of Aspyx and its peers in turns and
// prints the ratios. What is slow or busy about a machine so hits all sides
// alike; a figure by itself says little.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"github.com/aspyx-go/aspyx/benchmarks"
)

func main() {
	testing.Init() // for test.benchtime
	rounds := flag.Int("rounds", 9, "how often each benchmark runs, 5 or more")
	length := flag.Duration("time", 200*time.Millisecond, "how long each run of a benchmark takes at least")
	flag.Parse()
	if err := run(os.Stdout, *rounds, *length); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func run(out io.Writer, rounds int, length time.Duration) error {
	if rounds < 5 {
		return fmt.Errorf("%d rounds are too few to tell a difference from chance: ask for 5 or more", rounds)
	}
	if err := flag.Set("test.benchtime", length.String()); err != nil {
		return fmt.Errorf("set the time of a run: %w", err)
	}
	if _, err := io.WriteString(out, conditions(rounds, length)); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	for _, c := range comparisons() {
		if err := c.measure(rounds); err != nil {
			return fmt.Errorf("compare %q: %w", c.title, err)
		}
		if _, err := io.WriteString(out, c.String()); err != nil {
			return fmt.Errorf("print: %w", err)
		}
	}
	return nil
}

// The sides, as the tables name them.
const (
	aspyx          = "aspyx"
	floor          = "floor"
	watermill      = "watermill"
	watermillAsync = "watermill async"
	dig            = "dig"
	boot10         = "boot of 10"
	boot100        = "boot of 100"
	boot1000       = "boot of 1000"
	get            = "Get"
)

func comparisons() []*comparison {
	return []*comparison{
		{
			title: "Send an event in memory, encoded and decoded, until it was handled",
			sides: []*side{
				{name: aspyx, bench: benchmarks.SendAspyx},
				{name: floor, bench: benchmarks.SendFloor},
				{name: watermill, bench: benchmarks.SendWatermill},
				{name: watermillAsync, bench: benchmarks.SendWatermillAsync},
			},
			claims: []claim{
				ratio(aspyx, floor).atMost(3),
				ratio(watermill, aspyx).atLeast(8),
				ratio(watermillAsync, aspyx).atLeast(8),
				moreAllocations(aspyx, floor).atMost(8),
			},
		},
		{
			title: "Boot a container of 100 components",
			sides: []*side{
				{name: aspyx, bench: benchmarks.BootAspyx(100)},
				{name: dig, bench: benchmarks.BootDig(100)},
			},
			claims: []claim{ratio(dig, aspyx).atLeast(2)},
		},
		{
			title: "Boot containers of growing size, per component",
			sides: []*side{
				{name: boot10, bench: benchmarks.BootAspyx(10), parts: 10},
				{name: boot100, bench: benchmarks.BootAspyx(100), parts: 100},
				{name: boot1000, bench: benchmarks.BootAspyx(1000), parts: 1000},
			},
			claims: []claim{
				// Linear: a component costs the same in a large container. Half
				// as much again is left to the caches and the collector.
				ratio(boot1000, boot100).atMost(1.5),
				ratio(boot1000, boot10).atMost(1.5),
			},
		},
		{
			title:  "Get a singleton",
			sides:  []*side{{name: get, bench: benchmarks.Get}},
			claims: []claim{allocations(get).atMost(0)},
		},
	}
}
