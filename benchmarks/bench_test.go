package benchmarks_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/aspyx-go/aspyx/benchmarks"
)

func BenchmarkSend(b *testing.B) {
	b.Run("aspyx", benchmarks.SendAspyx(benchmarks.Plain))
	b.Run("aspyx equipped", benchmarks.SendAspyx(benchmarks.Load{Senders: 1, Listeners: 1, Equipped: true}))
	b.Run("aspyx keyed", benchmarks.SendAspyx(benchmarks.Load{Senders: 1, Listeners: 1, Keyed: true}))
	b.Run("aspyx 16 listeners", benchmarks.SendAspyx(benchmarks.Load{Senders: 1, Listeners: 16}))
	b.Run("aspyx 64 senders", benchmarks.SendAspyx(benchmarks.Load{Senders: 64, Listeners: 1}))
	b.Run("floor", benchmarks.SendFloor(benchmarks.Plain))
	b.Run("watermill", benchmarks.SendWatermill(benchmarks.Plain))
	b.Run("watermill async", benchmarks.SendWatermillAsync(benchmarks.Plain))
}

func BenchmarkFairness(b *testing.B) {
	b.Run("alone", benchmarks.Fairness(benchmarks.Crowd{}))
	b.Run("flood", benchmarks.Fairness(benchmarks.Crowd{Senders: 1}))
	b.Run("slow neighbour", benchmarks.Fairness(benchmarks.Crowd{Slow: true}))
}

func BenchmarkBacklog(b *testing.B) {
	b.Run("a million", benchmarks.Backlog(1_000_000))
}

func BenchmarkBoot(b *testing.B) {
	for _, shape := range []benchmarks.Shape{benchmarks.Diamond, benchmarks.Deep, benchmarks.Wide} {
		for _, components := range []int{10, 100, 1000} {
			name := shape.String() + "/" + strconv.Itoa(components)
			b.Run("aspyx/"+name, benchmarks.Boot(benchmarks.Aspyx, shape, components))
			b.Run("dig/"+name, benchmarks.Boot(benchmarks.Dig, shape, components))
			b.Run("fx/"+name, benchmarks.Boot(benchmarks.Fx, shape, components))
			b.Run("do named/"+name, benchmarks.Boot(benchmarks.DoNamed, shape, components))
		}
	}
	b.Run("aspyx/declared/100", benchmarks.Boot(benchmarks.Aspyx, benchmarks.Declared, 100))
	b.Run("do/declared/100", benchmarks.Boot(benchmarks.Do, benchmarks.Declared, 100))
}

func BenchmarkGet(b *testing.B) {
	b.Run("aspyx", benchmarks.Get(benchmarks.FromAspyx))
	b.Run("do", benchmarks.Get(benchmarks.FromDo))
	b.Run("dig", benchmarks.Get(benchmarks.FromDig))
	b.Run("aspyx parallel", benchmarks.GetParallel(benchmarks.FromAspyx))
	b.Run("do parallel", benchmarks.GetParallel(benchmarks.FromDo))
	b.Run("dig parallel", benchmarks.GetParallel(benchmarks.FromDig))
}

func BenchmarkImplementers(b *testing.B) {
	b.Run("one", benchmarks.Implementers(200))
	b.Run("list", benchmarks.ImplementerLists(200))
}

// BenchmarkBroker needs a broker.
func BenchmarkBroker(b *testing.B) {
	if os.Getenv(benchmarks.BrokerVariable) == "" {
		b.Logf("left out: set %s to a broker's URL, or run make bench-broker", benchmarks.BrokerVariable)
		return
	}
	for _, wire := range []benchmarks.Wire{{Bytes: 256, Handlers: 1}, {Bytes: 1024, Handlers: 1, Durable: true}} {
		b.Run(fmt.Sprintf("publish/aspyx/%+v", wire), benchmarks.PublishAspyx(wire))
		b.Run(fmt.Sprintf("publish/twin/%+v", wire), benchmarks.PublishTwin(wire))
		b.Run(fmt.Sprintf("deliver/aspyx/%+v", wire), benchmarks.DeliverAspyx(wire))
		b.Run(fmt.Sprintf("deliver/twin/%+v", wire), benchmarks.DeliverTwin(wire))
		b.Run(fmt.Sprintf("latency/aspyx/%+v", wire), benchmarks.LatencyAspyx(wire))
		b.Run(fmt.Sprintf("latency/twin/%+v", wire), benchmarks.LatencyTwin(wire))
	}
}
