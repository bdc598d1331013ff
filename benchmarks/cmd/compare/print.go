package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// conditions tells what the figures depend on.
func conditions(rounds int, length time.Duration) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s/%s, %d of %d CPUs (%s)\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), runtime.NumCPU(), processor())
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			switch module.Path {
			case "github.com/Azure/go-amqp", "github.com/ThreeDotsLabs/watermill", "github.com/goccy/go-json",
				"go.uber.org/dig", "go.uber.org/fx", "github.com/samber/do/v2":
				fmt.Fprintf(&text, "%s %s\n", module.Path, module.Version)
			}
		}
	}
	fmt.Fprintf(&text, "%d rounds in turns, each at least %v a side; ratios are of medians\n", rounds, length)
	return text.String()
}

// processor returns the name of the CPU, where the system tells it.
func processor() string {
	const unknown = "of unknown name"
	content, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return unknown
	}
	for line := range strings.Lines(string(content)) {
		key, value, _ := strings.Cut(line, ":")
		if strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return unknown
}

// String returns the table of the sides, and the claims with their verdicts.
func (c *comparison) String() string {
	const row = "%18s  %9s  %9s  %9s  %6s  %7s\n"
	var text strings.Builder
	fmt.Fprintf(&text, "\n%s\n"+row, c.title, "", "median", "min", "max", "allocs", "bytes")
	for _, s := range c.sides {
		fmt.Fprintf(&text, row, s.name,
			nanoseconds(s.median()), nanoseconds(s.times[0]), nanoseconds(s.times[len(s.times)-1]),
			number(s.allocations), fmt.Sprintf("%.0f", s.bytes))
	}
	for _, claim := range c.claims {
		fmt.Fprintf(&text, "  %s\n", claim.line(c))
	}
	return text.String()
}

// number prints a whole number as one, any other with two digits.
func number(value float64) string {
	if value == float64(int64(value)) {
		return fmt.Sprintf("%.0f", value)
	}
	return fmt.Sprintf("%.2f", value)
}

func nanoseconds(value float64) string {
	switch {
	case value >= 1e6:
		return fmt.Sprintf("%.2f ms", value/1e6)
	case value >= 1e3:
		return fmt.Sprintf("%.2f µs", value/1e3)
	default:
		return fmt.Sprintf("%.1f ns", value)
	}
}
