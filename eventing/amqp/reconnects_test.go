package amqp

import (
	"context"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

// footprint is what a process has open.
type footprint struct{ goroutines, files int }

func measure(t *testing.T) footprint {
	t.Helper()
	files, err := os.ReadDir("/dev/fd")
	require.NoError(t, err)
	return footprint{runtime.NumGoroutine(), len(files)}
}

// TestAThousandReconnects leaves nothing behind, with a sender and a consumer at
// work. It makes the connections in the supervisors' place, who would pause.
func TestAThousandReconnects(t *testing.T) { //nolint:paralleltest // counts goroutines
	provider, err := New(Config{URL: brokertest.URL(t)})
	require.NoError(t, err)
	require.NoError(t, provider.enter())
	require.NoError(t, provider.beginRunning())
	queue := eventing.Queue{Event: "test.reconnects." + eventing.NewID().String(), Listener: "one", Server: eventing.NewID().String()}
	var consumer eventing.Consumer
	var before footprint
	const cycles = 500
	for cycle := range cycles {
		publishing, consuming, err := provider.connectBoth(t.Context())
		require.NoError(t, err)
		require.NoError(t, provider.learn(t.Context(), publishing))
		require.True(t, provider.publishing.Adopt(publishing))
		require.True(t, provider.consuming.Adopt(consuming))
		if cycle == 0 {
			require.NoError(t, provider.Declare(t.Context(), []eventing.Queue{queue}))
			consumer, err = provider.Attach(t.Context(), queue, 1)
			require.NoError(t, err)
		}
		if cycle%20 == 0 {
			requireCarries(t, provider, consumer, queue)
		}
		if cycle == 20 {
			before = measure(t)
		}
		if cycle == cycles-1 {
			break
		}
		for _, conn := range []*connection{publishing, consuming} {
			_ = conn.socket.Close()
			<-conn.Done()
			conn.Abort()
		}
	}
	requireCarries(t, provider, consumer, queue)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		after := measure(t)
		assert.InDelta(c, before.goroutines, after.goroutines, 5)
		assert.InDelta(c, before.files, after.files, 5)
	}, 20*time.Second, 10*time.Millisecond)
	t.Logf("%+v, then %+v", before, measure(t))
	require.NoError(t, provider.Remove(t.Context(), queue.DeadLetter()))
	require.NoError(t, consumer.Close(t.Context()))
	require.NoError(t, provider.Stop(t.Context()))
}

// requireCarries sends an event and takes it, after what may have come again.
func requireCarries(t *testing.T, provider *Provider, consumer eventing.Consumer, queue eventing.Queue) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	message := &eventing.Message{ID: eventing.NewID(), Event: queue.Event, Target: &queue}
	for {
		receipt, err := provider.Submit(ctx, message)
		require.NoError(t, err)
		require.NoError(t, receipt.Wait(ctx))
		var delivery eventing.Delivery
		require.NoError(t, consumer.Receive(ctx, &delivery))
		require.NoError(t, consumer.Settle(&delivery, eventing.Accept))
		if delivery.Message.ID == message.ID {
			return
		}
	}
}
