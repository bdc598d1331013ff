package amqp

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// heldBack is a sender that is watched, and writes nothing by itself.
func heldBack(t *testing.T, away func() error) (*sender, *counters) {
	t.Helper()
	provider, err := New(Config{})
	require.NoError(t, err)
	s := newSender(node{address: "orders"}, away, &provider.counters)
	provider.senders[s.at] = s
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		provider.watchSenders()
	}()
	t.Cleanup(func() {
		provider.end(eventing.ErrClosed)
		<-ended
	})
	return s, &provider.counters
}

func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestAnAddressThatTakesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, counters := heldBack(t, connected)
		pass(time.Hour + time.Millisecond)
		assert.Zero(t, counters.blocked.Load(), "nothing was to be sent")
		s.sending.Store(&job{})
		pass(30 * time.Second)
		require.NoError(t, s.health(defaultPatience))
		assert.Equal(t, 29*time.Second, time.Duration(counters.blocked.Load()), "from the first glance on")
		pass(10 * time.Second)
		require.ErrorIs(t, s.health(defaultPatience), eventing.ErrStalled)
		require.ErrorContains(t, s.health(defaultPatience), "address orders has taken nothing for 39s")
		assert.Equal(t, 39*time.Second, time.Duration(counters.blocked.Load()))

		s.progress.written.Add(1)
		require.NoError(t, s.health(defaultPatience), "at once")
		s.sending.Store(nil)
		pass(time.Hour)
		assert.Equal(t, 39*time.Second, time.Duration(counters.blocked.Load()))
		s.queued.Add(1)
		pass(time.Minute)
		require.Error(t, s.health(defaultPatience), "it counts who waits for the window, too")
		s.queued.Add(-1)
		pass(time.Second)
		require.NoError(t, s.health(defaultPatience), "nobody waits any more")
	})
}

func TestAddressesThatGetOn(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]func() error{
		"they are written to":                                connected,
		"there is no connection, which the connection tells": func() error { return errors.New("lost") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, counters := heldBack(t, away)
				s.queued.Add(1)
				for range 100 {
					if away() == nil {
						s.progress.written.Add(1)
					}
					pass(time.Second)
					require.NoError(t, s.health(defaultPatience))
				}
				assert.Zero(t, counters.blocked.Load())
			})
		})
	}
}
