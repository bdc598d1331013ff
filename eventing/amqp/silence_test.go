package amqp

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// watched is a consumer without a broker, that a watch looks after.
type watched struct {
	*consumer
	on *attachment

	mu    sync.Mutex // guards what follows
	asked int
	found backlog
	err   error
}

// script changes what the broker tells.
func (w *watched) script(change func(w *watched)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(w)
}

func (w *watched) answer() (*backlog, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	found := w.found
	return &found, w.err
}

func watch(t *testing.T) *watched {
	t.Helper()
	provider, err := New(Config{})
	require.NoError(t, err)
	w := &watched{consumer: provider.newConsumer(eventing.Queue{Event: "event", Listener: "audit"}, "event::audit", 32)}
	w.link()
	w.waiting.Store(1)
	provider.consumers[w.consumer] = struct{}{}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		provider.watchConsumers(func(_ context.Context, queue eventing.Queue) (*backlog, error) {
			assert.Equal(t, w.queue, queue)
			return w.answer()
		})
	}()
	t.Cleanup(func() {
		provider.end(eventing.ErrClosed)
		<-ended
	})
	return w
}

// link gives the consumer another link.
func (w *watched) link() {
	w.on = &attachment{since: time.Now()}
	w.on.flow.issued.Store(32)
	w.current.Store(w.on)
}

// deliver has the consumer receive one message.
func (w *watched) deliver() { w.count(w.on, &eventing.Delivery{}) }

// looks lets so many looks pass.
func looks(n int) {
	time.Sleep(time.Duration(n)*lookInterval + time.Second)
	synctest.Wait()
}

func (w *watched) health() error { return w.silence.Load().health(w.on) }

func TestEventsThatWaitInVain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := watch(t)
		w.deliver()
		w.script(func(w *watched) { w.found.deliverable = 120 })
		looks(1)
		assert.Zero(t, w.asked, "something came")
		looks(1)
		assert.Equal(t, 1, w.asked)
		require.NoError(t, w.health(), "one look may deceive")
		looks(1)
		require.ErrorIs(t, w.health(), eventing.ErrStalled)
		require.EqualError(t, w.health(), `eventing: stalled: 120 events wait in queue "audit", the listener has credit for 31, and nothing has come for 1m33s: look at the queue and its consumers on the broker`)
		w.script(func(w *watched) { w.err = errors.New("no answer") })
		looks(3)
		require.ErrorContains(t, w.health(), "3m4s", "no answer isn't an all-clear")

		w.deliver()
		require.NoError(t, w.health(), "at once")
		w.script(func(w *watched) { w.err = nil })
		asked := w.asked
		looks(1)
		assert.Equal(t, asked, w.asked)
		looks(2)
		require.ErrorContains(t, w.health(), "credit for 30")
		w.script(func(w *watched) { w.found = backlog{} })
		looks(1)
		require.NoError(t, w.health(), "others have taken them")
	})
}

func TestPausedQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := watch(t)
		w.script(func(w *watched) { w.found = backlog{paused: true} })
		looks(5)
		require.NoError(t, w.health(), "nothing waits")
		w.script(func(w *watched) { w.found = backlog{deliverable: 3, paused: true, others: true} })
		looks(2)
		require.EqualError(t, w.health(), `eventing: stalled: queue "audit" is paused on the broker, and 3 events wait in it: resume it there`)
		w.script(func(w *watched) { w.found.paused = false })
		looks(1)
		require.NoError(t, w.health())
	})
}

// TestNoFalseAlarm has consumers get nothing for good reasons.
func TestNoFalseAlarm(t *testing.T) {
	t.Parallel()
	for name, reason := range map[string]func(w *watched){
		"the events are those of other consumers": func(w *watched) { w.found.others = true },
		"the queue is worked off by others":       func(w *watched) { w.found.settled++ },
		"the queue was empty in between": func(w *watched) {
			w.found.deliverable = int64(w.asked % 2)
		},
		"events come":                    func(w *watched) { w.deliver() },
		"all workers are busy":           func(w *watched) { w.waiting.Store(0) },
		"all are in the listener's hand": func(w *watched) { w.on.flow.received.Store(32) },
		"links come and go":              func(w *watched) { w.link() },
		"there is no link":               func(w *watched) { w.current.Store(nil) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := watch(t)
				w.script(func(w *watched) { w.found = backlog{deliverable: 5} })
				for range 10 {
					w.script(reason)
					looks(1)
					require.NoError(t, w.health())
				}
			})
		})
	}
}

// TestAnEventThatComesWhileTheBrokerIsAsked isn't one that waits.
func TestAnEventThatComesWhileTheBrokerIsAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider, err := New(Config{})
		require.NoError(t, err)
		w := &watched{consumer: provider.newConsumer(eventing.Queue{Event: "event", Listener: "audit"}, "event::audit", 32)}
		w.link()
		w.waiting.Store(1)
		provider.consumers[w.consumer] = struct{}{}
		go provider.watchConsumers(func(context.Context, eventing.Queue) (*backlog, error) {
			w.deliver()
			return &backlog{deliverable: 1}, nil
		})
		looks(10)
		assert.Zero(t, w.look.owed)
		provider.end(eventing.ErrClosed)
	})
}
