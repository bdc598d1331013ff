// Command compare runs the benchmarks of Aspyx and its peers in turns and
// prints the ratios. What is slow or busy about a machine so hits all sides
// alike; a figure by itself says little.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"testing"
	"time"
)

func main() {
	testing.Init() // for test.benchtime
	rounds := flag.Int("rounds", 7, "how often each benchmark runs, 5 or more")
	only := flag.String("only", "", "run only comparisons whose title matches this regular `expression`")
	length := flag.Duration("time", 100*time.Millisecond, "how long each run of a benchmark takes at least")
	flag.Parse()
	if err := run(os.Stdout, *only, *rounds, *length); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func run(out io.Writer, only string, rounds int, length time.Duration) error {
	if rounds < 5 {
		return fmt.Errorf("%d rounds are too few to tell a difference from chance: ask for 5 or more", rounds)
	}
	wanted, err := regexp.Compile(only)
	if err != nil {
		return fmt.Errorf("read -only: %w", err)
	}
	if err := flag.Set("test.benchtime", length.String()); err != nil {
		return fmt.Errorf("set the time of a run: %w", err)
	}
	if _, err := io.WriteString(out, conditions(rounds, length)); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	for _, c := range comparisons() {
		if !wanted.MatchString(c.title) {
			continue
		}
		if err := c.measure(rounds); err != nil {
			return fmt.Errorf("compare %q: %w", c.title, err)
		}
		if _, err := io.WriteString(out, c.String()); err != nil {
			return fmt.Errorf("print: %w", err)
		}
	}
	return nil
}
