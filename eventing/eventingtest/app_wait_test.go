package eventingtest_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/eventingtest"
)

// Wait isn't taken in by queues that are empty one after the other. That of
// what billing sends is looked at first, and then so many others that it takes a
// while until it is billing's turn; that of mailing takes longer.
func TestWaitSeesWhatHandlersSend(t *testing.T) {
	t.Parallel()
	app := eventingtest.Start(t, shop)
	others := make([]eventing.Queue, 1000)
	for i := range others {
		others[i] = eventing.Queue{Event: fmt.Sprintf("payment-%d", i), Listener: "other"}
	}
	eventingtest.Declare(t, app, others)
	for i := range 50 {
		app.Send(placed{ID: "slow"})
		app.Wait()
		require.Len(t, eventingtest.Consumed[paid](app), i+1)
	}
}

// slowly takes its time before an event is handed over.
type slowly struct {
	eventing.AbstractEnvelopePipeline
}

func (p *slowly) Send(ctx context.Context, envelope *eventing.Envelope, event *eventing.EventDescriptor) error {
	time.Sleep(10 * time.Second)
	return p.ProceedSend(ctx, envelope, event)
}

func TestWaitSeesWhatIsBeingSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		app := eventingtest.Start(t, environment.Module("slow", shop, environment.Register[slowly]()))
		go func() { assert.NoError(t, app.Manager().SendEvent(t.Context(), placed{ID: "1"})) }()
		synctest.Wait()
		app.Wait()
		assert.Len(t, eventingtest.Consumed[paid](app), 1)
	})
}

// Wait ends when the last who could handle an event has gone, here though its
// handler is stuck.
func TestWaitSeesWhoHasGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		app := eventingtest.Start(t, shop)
		subscription, err := eventing.Subscribe(t.Context(), app.Manager(), func(context.Context, placed) error {
			time.Sleep(time.Hour)
			return nil
		}, eventing.As("slow"), eventing.DurableQueue())
		require.NoError(t, err)
		for range 3 {
			app.Send(placed{ID: "1"})
		}
		began := time.Now()
		time.AfterFunc(time.Minute, func() {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			assert.ErrorContains(t, subscription.Unsubscribe(ctx, eventing.KeepQueue()), "ignores that its context is done")
		})
		app.Wait()
		assert.Equal(t, 70*time.Second, time.Since(began))
		assert.Len(t, eventingtest.Consumed[placed](app), 2*3, "those of the other listeners")
		app.Advance(time.Hour) // until the handler has ended
	})
}
