package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/aspyx-go/aspyx/benchmarks"
)

// comparison is some sides that run in turns, and what is claimed of them.
type comparison struct {
	title  string
	sides  []*side
	claims []claim
}

// side is one benchmark of a comparison.
type side struct {
	name  string
	bench func(*testing.B)
	parts int // what one operation consists of; 0 means 1

	metric string // what to take in place of the mean time; empty means nothing

	times       []float64 // in nanoseconds per part, one of each round, sorted after the last
	allocations float64   // per part, in the last round
	bytes       float64
	metrics     map[string]float64 // of the last round
}

var errFailed = errors.New("it has failed: run go test -bench . to see why")

// measure runs all sides, round by round. Each round begins with another side,
// so that none always follows the same one.
func (c *comparison) measure(rounds int) error {
	for round := range rounds {
		for i := range c.sides {
			s := c.sides[(round+i)%len(c.sides)]
			if err := s.run(); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	for _, s := range c.sides {
		slices.Sort(s.times)
	}
	return nil
}

func (s *side) run() error {
	result := testing.Benchmark(s.bench)
	// It has a result too where it has failed and gone on.
	if err := benchmarks.Failure(); err != nil {
		return err
	}
	if result.N == 0 {
		return errFailed
	}
	parts := float64(max(1, s.parts))
	time := float64(result.T.Nanoseconds()) / float64(result.N) / parts
	if s.metric != "" {
		time = result.Extra[s.metric]
	}
	s.times = append(s.times, time)
	s.metrics = result.Extra
	s.allocations = float64(result.AllocsPerOp()) / parts
	s.bytes = float64(result.AllocedBytesPerOp()) / parts
	return nil
}

// median is of sorted times.
func (s *side) median() float64 {
	middle := len(s.times) / 2
	if len(s.times)%2 == 1 {
		return s.times[middle]
	}
	return (s.times[middle-1] + s.times[middle]) / 2
}

// find returns the side of that name, which the table of comparisons has.
func (c *comparison) find(name string) *side {
	return c.sides[slices.IndexFunc(c.sides, func(s *side) bool { return s.name == name })]
}

// claim is a figure, with its limit if it has one.
type claim struct {
	text  string
	value func(c *comparison) float64
	bound bound
	limit float64
}

// bound is the kind of a claim's limit.
type bound int

const (
	none bound = iota
	least
	most
)

// ratio is how many times as long one side takes as another.
func ratio(one, other string) claim {
	return claim{
		text:  fmt.Sprintf("time of %s / %s", one, other),
		value: func(c *comparison) float64 { return c.find(one).median() / c.find(other).median() },
	}
}

// fastest is how many times as long the fastest of some sides takes as another.
func fastest(of []string, other string) claim {
	return claim{
		text: "time of the fastest other / " + other,
		value: func(c *comparison) float64 {
			shortest := math.Inf(1)
			for _, name := range of {
				shortest = min(shortest, c.find(name).median())
			}
			return shortest / c.find(other).median()
		},
	}
}

// moreAllocations is how many more allocations one side has than another.
func moreAllocations(one, other string) claim {
	return claim{
		text:  fmt.Sprintf("allocations of %s - %s", one, other),
		value: func(c *comparison) float64 { return c.find(one).allocations - c.find(other).allocations },
	}
}

func allocations(of string) claim {
	return claim{
		text:  "allocations of " + of,
		value: func(c *comparison) float64 { return c.find(of).allocations },
	}
}

// metric is a figure of the last round.
func metric(of, unit string) claim {
	return claim{
		text:  fmt.Sprintf("%s of %s", unit, of),
		value: func(c *comparison) float64 { return c.find(of).metrics[unit] },
	}
}

func (c claim) atMost(limit float64) claim {
	c.limit, c.bound = limit, most
	return c
}

func (c claim) atLeast(limit float64) claim {
	c.limit, c.bound = limit, least
	return c
}

// line returns the figure, and whether it keeps its limit.
func (c claim) line(of *comparison) string {
	value := c.value(of)
	text := c.text + ": " + number(value)
	switch c.bound {
	case least:
		return text + " (target at least " + number(c.limit) + ": " + verdict(value >= c.limit) + ")"
	case most:
		return text + " (target at most " + number(c.limit) + ": " + verdict(value <= c.limit) + ")"
	case none:
	}
	return text
}

func verdict(kept bool) string {
	if kept {
		return "met"
	}
	return "MISSED"
}
