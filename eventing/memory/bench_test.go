package memory_test

import (
	"testing"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// BenchmarkRoundTrip submits, receives and accepts in one goroutine.
func BenchmarkRoundTrip(b *testing.B) { roundTrip(b, hello("body")) }

func BenchmarkRoundTripKeyed(b *testing.B) { roundTrip(b, hello("body", key("key"))) }

func roundTrip(b *testing.B, message *eventing.Message) {
	b.Helper()
	provider := open(b, memory.Config{}, greeter)
	consumer := attach(b, provider, greeter, 1)
	ctx := b.Context()
	var delivery eventing.Delivery
	b.ReportAllocs()
	for b.Loop() {
		if _, err := provider.Submit(ctx, message); err != nil {
			b.Fatal(err)
		}
		if err := consumer.Receive(ctx, &delivery); err != nil {
			b.Fatal(err)
		}
		if err := consumer.Settle(&delivery, eventing.Accept); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPipe submits in one goroutine and receives in another. With one
// message of room they go in step: the worst case.
func BenchmarkPipe(b *testing.B) {
	for name, config := range map[string]memory.Config{"default": {}, "in step": {MaxMessages: 1}} {
		b.Run(name, func(b *testing.B) {
			provider := open(b, config, greeter)
			consumer := attach(b, provider, greeter, 10)
			message, ctx := hello("body"), b.Context()
			b.ReportAllocs()
			b.ResetTimer()
			sending := call(func() error {
				for range b.N {
					if _, err := provider.Submit(ctx, message); err != nil {
						return err
					}
				}
				return nil
			})
			var delivery eventing.Delivery
			for range b.N {
				if err := consumer.Receive(ctx, &delivery); err != nil {
					b.Fatal(err)
				}
				if err := consumer.Settle(&delivery, eventing.Accept); err != nil {
					b.Fatal(err)
				}
			}
			if err := <-sending.done; err != nil {
				b.Fatal(err)
			}
		})
	}
}
