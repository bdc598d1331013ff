package main

import (
	"fmt"
	"time"

	"github.com/aspyx-go/aspyx/benchmarks"
)

// sending compares the sides under one load: with the hand-written floor, which
// is the least that such a load costs, and with watermill.
func sending(title string, load benchmarks.Load) *comparison {
	return &comparison{
		title: "Send an event in memory until it was handled: " + title,
		sides: []*side{
			{name: aspyx, bench: benchmarks.SendAspyx(load)},
			{name: floor, bench: benchmarks.SendFloor(load)},
			{name: watermill, bench: benchmarks.SendWatermill(load)},
			{name: watermillAsync, bench: benchmarks.SendWatermillAsync(load)},
		},
		claims: []claim{ratio(aspyx, floor), ratio(watermill, aspyx), ratio(watermillAsync, aspyx), moreAllocations(aspyx, floor)},
	}
}

// loads are one sender and one listener, with and without what may be between
// them, and then more of either.
func loads() []*comparison {
	plain := sending("plain", benchmarks.Plain)
	plain.claims = []claim{
		ratio(aspyx, floor).atMost(3), ratio(watermill, aspyx).atLeast(8),
		ratio(watermillAsync, aspyx).atLeast(8), moreAllocations(aspyx, floor).atMost(8),
	}
	equipped := sending("with a pipeline and a policy", benchmarks.Load{Senders: 1, Listeners: 1, Equipped: true})
	equipped.claims[0] = equipped.claims[0].atMost(2.5)
	equipped.claims[3] = equipped.claims[3].atMost(6)
	all := []*comparison{plain, equipped, sending("keyed", benchmarks.Load{Senders: 1, Listeners: 1, Keyed: true})}
	for _, listeners := range []int{4, 16} {
		all = append(all, sending(fmt.Sprintf("%d listeners", listeners), benchmarks.Load{Senders: 1, Listeners: listeners}))
	}
	for _, senders := range []int{8, 64} {
		all = append(all, sending(fmt.Sprintf("%d senders", senders), benchmarks.Load{Senders: senders, Listeners: 1}))
	}
	return all
}

// The crowds of the tables of fairness.
const (
	alone     = "alone"
	flood     = "beside a flood"
	floods    = "beside 16 floods"
	neighbour = "slow neighbour"
)

// fairness measures how much others raise the latency of a listener.
func fairness(title string, pause time.Duration) *comparison {
	c := &comparison{title: title}
	for _, of := range []struct {
		name  string
		crowd benchmarks.Crowd
	}{
		{alone, benchmarks.Crowd{}},
		{flood, benchmarks.Crowd{Senders: 1}},
		{floods, benchmarks.Crowd{Senders: 16}},
		{neighbour, benchmarks.Crowd{Slow: true}},
	} {
		of.crowd.Pause = pause
		c.sides = append(c.sides, &side{name: of.name, bench: benchmarks.Fairness(of.crowd), metric: benchmarks.MedianNS})
		if of.name != alone {
			c.claims = append(c.claims, ratio(of.name, alone).atMost(2))
		}
		c.claims = append(c.claims, metric(of.name, benchmarks.TailUS))
	}
	return c
}

// backlog sends to a listener that is stuck. To send costs the same behind a
// million events, and they cost memory and nothing else.
func backlog() *comparison {
	const few, many = "10 thousand", "a million"
	c := &comparison{
		title: "A million queued events, to send one",
		sides: []*side{
			{name: few, bench: benchmarks.Backlog(10_000), parts: 10_000},
			{name: many, bench: benchmarks.Backlog(1_000_000), parts: 1_000_000},
		},
		claims: []claim{ratio(many, few).atMost(2)},
	}
	for _, name := range []string{few, many} {
		c.claims = append(c.claims, metric(name, benchmarks.HeapBytes))
	}
	c.claims = append(c.claims, claim{
		text: "goroutines of a million - of 10 thousand",
		value: func(c *comparison) float64 {
			return c.find(many).metrics[benchmarks.Goroutines] - c.find(few).metrics[benchmarks.Goroutines]
		},
	}.atMost(0))
	return c
}
