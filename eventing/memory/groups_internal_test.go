package memory

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// Keys are remembered no longer than somebody owns them.
func TestKeysAreForgotten(t *testing.T) {
	t.Parallel()
	const keys = 1000
	provider, err := New(Config{})
	require.NoError(t, err)
	require.NoError(t, provider.Start(t.Context()))
	queue := eventing.Queue{Event: "hello", Listener: "greeter"}
	require.NoError(t, provider.Declare(t.Context(), []eventing.Queue{queue}))
	consumer, err := provider.Attach(t.Context(), queue, keys)
	require.NoError(t, err)
	q := provider.broker.address("hello").find("greeter")
	for round := range 3 {
		deliveries := make([]eventing.Delivery, keys)
		for i := range deliveries {
			_, err := provider.Submit(t.Context(), &eventing.Message{Event: "hello", Key: strconv.Itoa(i)})
			require.NoError(t, err)
			require.Len(t, q.groups, i, "nobody owns what is sent")
			require.NoError(t, consumer.Receive(t.Context(), &deliveries[i]))
		}
		require.Len(t, q.groups, keys)
		if round == 2 {
			require.NoError(t, consumer.Close(t.Context()))
			break
		}
		for i := range deliveries {
			require.NoError(t, consumer.Settle(&deliveries[i], eventing.Accept))
		}
		assert.Empty(t, q.groups)
	}
	assert.Empty(t, q.groups)
	assert.Equal(t, keys, q.ready.len())
	require.NoError(t, provider.Stop(t.Context()))
}
