package eventingtest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/eventingtest"
)

func TestApp(t *testing.T) {
	t.Parallel()
	app := eventingtest.Start(t, shop)
	app.Send(placed{ID: "1"}, eventing.WithHeader("session", "4711"))
	app.Send(&placed{ID: "2"})
	app.Wait()

	sent := eventingtest.Published[placed](app)
	require.Len(t, sent, 2)
	assert.Equal(t, []placed{{ID: "1"}, {ID: "2"}}, []placed{sent[0].Event, sent[1].Event})
	assert.Equal(t, "4711", sent[0].Envelope.Get("session"))
	assert.Equal(t, "shop", sent[1].Envelope.Get("signed-by"), "what a pipeline has set")
	assert.Len(t, eventingtest.Published[paid](app), 2, "what a listener has sent")

	listeners := map[string]int{}
	for _, c := range eventingtest.Consumed[placed](app) {
		listeners[c.Listener]++
		assert.Equal(t, 1, c.Attempts)
		assert.Contains(t, []eventing.ID{sent[0].Envelope.ID(), sent[1].Envelope.ID()}, c.Envelope.ID())
	}
	assert.Equal(t, map[string]int{"billing": 2, "audit": 2}, listeners)
	assert.Len(t, eventingtest.Consumed[paid](app), 2)
	assert.Empty(t, eventingtest.DeadLettered[placed](app))
	assert.Equal(t, "test", app.Manager().ServerName())
	assert.Same(t, app.Manager(), environment.Get[*eventing.EventManager](app.Env()))
}

func TestAppTakesOptions(t *testing.T) {
	t.Parallel()
	app := eventingtest.Start(t, shop, eventing.ServerName("web1"),
		environment.Override[*mailing](func() *mailing { return &mailing{} }))
	assert.Equal(t, "web1", app.Manager().ServerName())
}

func TestWhatIsDroppedOrFailsIsNotPublished(t *testing.T) {
	t.Parallel()
	app := eventingtest.Start(t, shop)
	app.Send(placed{ID: "worthless"})
	require.Error(t, app.Manager().SendEvent(t.Context(), placed{ID: "refused"}, eventing.WithHeader("JMSType", "x")))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, app.Manager().SendEvent(ctx, placed{ID: "too late"}), eventing.ErrNotSent)
	app.Wait()
	assert.Empty(t, eventingtest.Published[placed](app))
	assert.Empty(t, eventingtest.Consumed[placed](app))
}

func TestPublishedIsWhatWasSent(t *testing.T) {
	t.Parallel()
	app := eventingtest.Start(t, shop)
	event := &placed{ID: "before"}
	app.Send(event)
	event.ID = "after"
	assert.Equal(t, "before", eventingtest.Published[placed](app)[0].Event.ID)
}

func TestDeadLettered(t *testing.T) {
	t.Parallel()
	app := eventingtest.Start(t, shop)
	app.Send(placed{ID: "insolvent"})
	app.Wait()
	letters := eventingtest.DeadLettered[placed](app)
	require.Len(t, letters, 1)
	assert.Equal(t, placed{ID: "insolvent"}, letters[0].Event)
	assert.Equal(t, "billing", letters[0].Listener)
	assert.Equal(t, 1, letters[0].Attempts)
	require.ErrorIs(t, letters[0].Err, errInsolvent)
	assert.Equal(t, eventingtest.Published[placed](app)[0].Envelope.ID(), letters[0].Envelope.ID())
	assert.Len(t, eventingtest.Consumed[placed](app), 1, "by the other listener")
	assert.Empty(t, eventingtest.DeadLettered[paid](app))
}

// spoiled makes bodies that nobody can read.
type spoiled struct {
	eventing.AbstractEnvelopePipeline
}

func (p *spoiled) Send(ctx context.Context, envelope *eventing.Envelope, event *eventing.EventDescriptor) error {
	envelope.SetBody([]byte("{"))
	return p.ProceedSend(ctx, envelope, event)
}

func TestWhatCantBeDecodedIsDeadLettered(t *testing.T) {
	t.Parallel()
	app := eventingtest.Start(t, environment.Module("spoiled", shop, environment.Register[spoiled]()))
	app.Send(paid{ID: "1"})
	app.Wait()
	letters := eventingtest.DeadLettered[paid](app)
	require.Len(t, letters, 1)
	assert.Zero(t, letters[0].Event)
	_, ok := errors.AsType[*eventing.DecodeError](letters[0].Err)
	assert.True(t, ok)
	assert.Empty(t, eventingtest.Consumed[paid](app))
}

// In a bubble an hour of retries takes no time.
func TestTimePassesInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		app := eventingtest.Start(t, shop)
		began := time.Now()
		app.Fail("billing", 2, errInsolvent)
		app.Send(placed{ID: "1"})
		app.Advance(time.Minute - time.Second)
		assert.Empty(t, eventingtest.Published[paid](app), "a second before the first retry")
		app.Advance(time.Second)
		assert.Empty(t, eventingtest.Published[paid](app), "it fails too")
		app.Wait()
		assert.Equal(t, 2*time.Minute, time.Since(began), "two pauses")
		assert.Equal(t, 3, consumedBy(app, "billing")[0].Attempts)

		app.Send(placed{ID: "2"}, eventing.WithDelay(time.Hour))
		app.Wait()
		assert.Len(t, consumedBy(app, "billing"), 2)
		assert.Equal(t, time.Hour+2*time.Minute, time.Since(began))

		app.Send(placed{ID: "later"})
		app.Wait()
		assert.Len(t, eventingtest.Published[paid](app), 2, "what a timer is going to send isn't known")
		app.Advance(time.Minute)
		assert.Len(t, eventingtest.Consumed[paid](app), 3)
	})
}

func consumedBy(app *eventingtest.App, listener string) []eventingtest.Consumption[placed] {
	var found []eventingtest.Consumption[placed]
	for _, c := range eventingtest.Consumed[placed](app) {
		if c.Listener == listener {
			found = append(found, c)
		}
	}
	return found
}

func TestFail(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		app := eventingtest.Start(t, shop)
		app.Fail("billing", eventingtest.Always, errInsolvent)
		for range 3 {
			app.Send(placed{ID: "1"})
		}
		app.Wait()
		letters := eventingtest.DeadLettered[placed](app)
		require.Len(t, letters, 3)
		for _, letter := range letters {
			assert.Equal(t, 3, letter.Attempts)
			require.ErrorIs(t, letter.Err, errInsolvent)
			assert.Equal(t, "1", letter.Event.ID, "though On wasn't called")
		}
		assert.Len(t, consumedBy(app, "audit"), 3, "other listeners work")
		assert.Empty(t, eventingtest.Published[paid](app))

		app.Fail("billing", 0, nil)
		app.Send(placed{ID: "2"})
		app.Wait()
		assert.Len(t, consumedBy(app, "billing"), 1)
	})
}

// A replay is found among what was consumed.
func TestReplayInAnApp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		app := eventingtest.Start(t, shop)
		app.Fail("mailing", 1, errInsolvent)
		app.Send(placed{ID: "1"})
		app.Wait()
		letters := eventingtest.DeadLettered[paid](app)
		require.Len(t, letters, 1)
		queue, err := eventing.DeadLetters(app.Manager(), "mailing")
		require.NoError(t, err)
		replayed, err := queue.Replay(t.Context(), eventing.Replay{})
		require.NoError(t, err)
		require.Len(t, replayed, 1)
		app.Wait()
		require.Len(t, eventingtest.Consumed[paid](app), 1)
		assert.Equal(t, letters[0].Envelope.ID(), eventingtest.Consumed[paid](app)[0].Envelope.ID())
	})
}

// What comes at run time is seen too, and what is paused isn't waited for.
func TestSubscriptionsInAnApp(t *testing.T) {
	t.Parallel()
	app := eventingtest.Start(t, shop)
	_, err := eventing.Subscribe(t.Context(), app.Manager(), func(context.Context, paid) error { return eventing.Permanent(errInsolvent) })
	require.NoError(t, err)
	raw, err := eventing.SubscribeName(t.Context(), app.Manager(), "paid", func(context.Context, *eventing.Envelope) error { return nil })
	require.NoError(t, err)
	app.Send(paid{ID: "1"})
	app.Wait()
	require.Len(t, eventingtest.DeadLettered[paid](app), 1)
	require.ErrorIs(t, eventingtest.DeadLettered[paid](app)[0].Err, errInsolvent)
	require.Len(t, eventingtest.Consumed[paid](app), 2)

	require.NoError(t, raw.Pause(t.Context()))
	require.NoError(t, app.Manager().Pause(t.Context(), "mailing"))
	app.Send(paid{ID: "2"})
	app.Wait()
	require.Len(t, eventingtest.Consumed[paid](app), 2)
	require.NoError(t, raw.Resume(t.Context()))
	app.Wait()
	require.Len(t, eventingtest.Consumed[paid](app), 3)
}
