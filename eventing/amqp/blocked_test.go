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
	s := newSender(node{address: "orders"}, away, defaultWindow, &provider.counters)
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

// hand gives the sender a message.
func hand(t *testing.T, s *sender) *job {
	t.Helper()
	work := newJob(s, &eventing.Message{})
	added, err := s.queue.add(work)
	require.True(t, added)
	require.NoError(t, err)
	return work
}

func TestAnAddressThatGetsOnWithNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, counters := heldBack(t, connected)
		pass(time.Hour + time.Millisecond)
		assert.Zero(t, counters.blocked.Load(), "nothing was to be sent")
		first, second := hand(t, s), hand(t, s)
		pass(30 * time.Second)
		require.NoError(t, s.health(defaultPatience))
		assert.Equal(t, 29*time.Second, time.Duration(counters.blocked.Load()), "from the first glance on")
		pass(10 * time.Second)
		require.ErrorIs(t, s.health(defaultPatience), eventing.ErrStalled)
		require.ErrorContains(t, s.health(defaultPatience), "address orders has 2 events on their way, and the broker has taken and confirmed none for 39s")
		assert.Equal(t, 39*time.Second, time.Duration(counters.blocked.Load()))

		first.decide(nil)
		require.NoError(t, s.health(defaultPatience), "at once")
		pass(time.Minute)
		require.ErrorContains(t, s.health(defaultPatience), "has 1 events")
		second.decide(nil)
		pass(time.Hour)
		assert.Equal(t, 98*time.Second, time.Duration(counters.blocked.Load()))
	})
}

func TestAddressesThatGetOn(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]func() error{
		"with one message after the other":                   connected,
		"there is no connection, which the connection tells": func() error { return errors.New("lost") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, counters := heldBack(t, away)
				work := hand(t, s)
				for range 100 {
					if away() == nil {
						next := hand(t, s)
						work.decide(nil)
						work = next
					}
					pass(time.Second)
					require.NoError(t, s.health(defaultPatience))
				}
				assert.Zero(t, counters.blocked.Load())
			})
		})
	}
}
