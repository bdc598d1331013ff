package memory_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// A context that ends in the moment in which its owner is served: either is
// right, but both must agree. Which one it is differs from round to round.
const rounds = 500

func TestReceiveIsCancelledWhileServed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := open(t, memory.Config{}, greeter)
		consumer := attach(t, provider, greeter, 1)
		for range rounds {
			ctx, cancel := context.WithCancel(t.Context())
			delivery := &eventing.Delivery{}
			waiting := call(func() error { return consumer.Receive(ctx, delivery) })
			synctest.Wait()
			cancel()
			send(t, provider, 1)
			if err := <-waiting.done; err != nil {
				require.Equal(t, context.Canceled, err)
				require.Nil(t, delivery.Message)
				delivery = receive(t, consumer)
			}
			settle(t, consumer, delivery, eventing.Accept)
			require.Zero(t, stats(t, provider, greeter).Bytes)
		}
	})
}

func TestSubmitIsCancelledWhileServed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := open(t, memory.Config{MaxMessages: 1}, greeter)
		consumer := attach(t, provider, greeter, 1)
		for range rounds {
			ctx, cancel := context.WithCancel(t.Context())
			send(t, provider, 1)
			delivery := receive(t, consumer)
			waiting := submitting(ctx, provider, hello("2"))
			synctest.Wait()
			cancel()
			settle(t, consumer, delivery, eventing.Accept)
			if err := <-waiting.done; err == nil {
				assert.Equal(t, []string{"2"}, take(t, consumer, 1))
			} else {
				require.ErrorIs(t, err, eventing.ErrNotSent)
			}
			require.Zero(t, stats(t, provider, greeter).Messages)
		}
	})
}
