package amqp

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

func TestJobTellsThatItIsDecided(t *testing.T) {
	t.Parallel()
	for _, early := range []bool{true, false} {
		told := 0
		tell := func() { told++ }
		work := newJob(newSender(node{}, connected, defaultWindow), &eventing.Message{})
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

// TestOutcomesOfAJobThatIsGivenUp: what was written may have arrived, and
// neither is written (again).
func TestOutcomesOfAJobThatIsGivenUp(t *testing.T) {
	t.Parallel()
	given, cancel := context.WithCancel(t.Context())
	cancel()
	for _, written := range []bool{false, true} {
		want := eventing.ErrNotSent
		work := newJob(newSender(node{}, connected, defaultWindow), &eventing.Message{})
		if written {
			want = eventing.ErrUnconfirmed
			assert.True(t, work.begin())
			assert.True(t, work.begin(), "once more, on another link")
		}
		require.ErrorIs(t, work.Wait(given), want)
		assert.False(t, work.begin())
		work.end(errGivenUp)
		require.ErrorIs(t, <-work.outcome, want)
	}
}

// TestOutcomesOfAJobThatIsEnded has somebody wait for them.
func TestOutcomesOfAJobThatIsEnded(t *testing.T) {
	t.Parallel()
	work := newJob(newSender(node{}, connected, defaultWindow), &eventing.Message{})
	work.end(eventing.ErrClosed)
	require.ErrorIs(t, work.Wait(t.Context()), eventing.ErrNotSent)
	work = newJob(newSender(node{}, connected, defaultWindow), &eventing.Message{})
	work.begin()
	work.end(eventing.ErrClosed)
	require.ErrorIs(t, work.Wait(t.Context()), eventing.ErrUnconfirmed)
}
