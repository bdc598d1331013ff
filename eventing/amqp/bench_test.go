package amqp_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

// BenchmarkSubmit sends 1 KB, pipelined by one goroutine, to an event with one
// queue.
func BenchmarkSubmit(b *testing.B) {
	place := brokertest.URL(b)
	for name, durable := range map[string]bool{"transient": false, "durable": true} {
		b.Run(name, func(b *testing.B) {
			ctx := context.Background()
			provider, err := amqp.New(amqp.Config{URL: place})
			require.NoError(b, err)
			require.NoError(b, provider.Start(ctx))
			queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: durable}
			declare(b, provider, place, queue)
			message := &eventing.Message{
				ID: eventing.NewID(), Event: queue.Event, ContentType: "application/json",
				Durable: durable, Body: bytes.Repeat([]byte("x"), 1000),
			}
			receipts := make(chan eventing.Receipt, 2000)
			done := make(chan error, 1)
			b.ReportAllocs()
			b.ResetTimer()
			go func() {
				var failed error
				for receipt := range receipts {
					if err := receipt.Wait(ctx); err != nil {
						failed = err
					}
				}
				done <- failed
			}()
			for range b.N {
				receipt, err := provider.Submit(ctx, message)
				if err != nil {
					b.Fatal(err)
				}
				receipts <- receipt
			}
			close(receipts)
			require.NoError(b, <-done)
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
			require.NoError(b, provider.Stop(ctx))
		})
	}
}
