package benchmarks_test

import (
	"strconv"
	"testing"

	"github.com/aspyx-go/aspyx/benchmarks"
)

func BenchmarkSend(b *testing.B) {
	b.Run("aspyx", benchmarks.SendAspyx)
	b.Run("floor", benchmarks.SendFloor)
	b.Run("watermill", benchmarks.SendWatermill)
	b.Run("watermill async", benchmarks.SendWatermillAsync)
}

func BenchmarkBoot(b *testing.B) {
	for _, components := range []int{10, 100, 1000} {
		b.Run("aspyx/"+strconv.Itoa(components), benchmarks.BootAspyx(components))
		b.Run("dig/"+strconv.Itoa(components), benchmarks.BootDig(components))
	}
}

func BenchmarkGet(b *testing.B) { benchmarks.Get(b) }
