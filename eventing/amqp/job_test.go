package amqp

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

func TestJobTellsThatItIsDecided(t *testing.T) {
	t.Parallel()
	for _, early := range []bool{true, false} {
		told := 0
		tell := func() { told++ }
		work := submitted(t)
		if early {
			work.Notify(tell)
			assert.Zero(t, told)
		}
		work.decide(eventing.ErrRejected)
		if !early {
			work.Notify(tell)
		}
		assert.Equal(t, 1, told)
		require.ErrorIs(t, work.Wait(t.Context()), eventing.ErrRejected)
	}
}

func connected() error { return nil }

// submitted is a job of its own sender, which nobody writes.
func submitted(t *testing.T) *job {
	t.Helper()
	s := newSender(node{}, connected, 1)
	work := newJob(s, &eventing.Message{})
	require.NoError(t, s.submit(t.Context(), work))
	return work
}

// TestOutcomesOfAJobThatIsGivenUp: what was written may have arrived, and
// neither is written (again).
func TestOutcomesOfAJobThatIsGivenUp(t *testing.T) {
	t.Parallel()
	given, cancel := context.WithCancel(t.Context())
	cancel()
	for _, written := range []bool{false, true} {
		want := eventing.ErrNotSent
		work := submitted(t)
		if written {
			want = eventing.ErrUnconfirmed
			assert.True(t, work.begin())
			assert.True(t, work.begin(), "once more, on another link")
		}
		require.ErrorIs(t, work.Wait(given), want)
		assert.False(t, work.begin())
		assert.False(t, work.sender.queue.isWanted())
		work.end(eventing.ErrNotSent, errGivenUp)
		require.ErrorIs(t, work.Wait(t.Context()), want)
	}
}

// TestOutcomesOfAJobThatIsEnded has somebody wait for them.
func TestOutcomesOfAJobThatIsEnded(t *testing.T) {
	t.Parallel()
	work := submitted(t)
	work.end(eventing.ErrNotSent, eventing.ErrClosed)
	require.ErrorIs(t, work.Wait(t.Context()), eventing.ErrNotSent)
	work = submitted(t)
	work.begin()
	work.end(eventing.ErrNotSent, eventing.ErrClosed)
	require.ErrorIs(t, work.Wait(t.Context()), eventing.ErrUnconfirmed)
}

// TestOutcomesOfAJobThatIsRefused tells what was written from what wasn't too.
func TestOutcomesOfAJobThatIsRefused(t *testing.T) {
	t.Parallel()
	for _, written := range []bool{false, true} {
		work, want := submitted(t), eventing.ErrRejected
		if written {
			want = eventing.ErrUnconfirmed
			work.begin()
		}
		work.end(eventing.ErrRejected, eventing.ErrClosed)
		require.ErrorIs(t, work.Wait(t.Context()), want)
	}
}

// TestJobWakesWhoWaits for an outcome that comes later.
func TestJobWakesWhoWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		work, woken := submitted(t), make(chan error)
		go func() { woken <- work.Wait(t.Context()) }()
		synctest.Wait()
		work.decide(eventing.ErrRejected)
		require.ErrorIs(t, <-woken, eventing.ErrRejected)
	})
}
