package benchmarks_test

import (
	"os"
	"testing"

	"github.com/aspyx-go/aspyx/benchmarks"
)

// BenchmarkOriginal needs a broker, and Python.
func BenchmarkOriginal(b *testing.B) {
	if os.Getenv(benchmarks.BrokerVariable) == "" {
		b.Logf("left out: set %s to a broker's URL, or run make bench-broker", benchmarks.BrokerVariable)
		return
	}
	wire := benchmarks.Wire{Bytes: 256, Handlers: 1}
	b.Run("aspyx", benchmarks.BurstAspyx(wire))
	b.Run("python", benchmarks.BurstOriginal(wire))
}
