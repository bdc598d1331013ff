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
		work := newJob(newSender(node{}, connected, new(counters)), &eventing.Message{})
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
		work := newJob(newSender(node{}, connected, new(counters)), &eventing.Message{})
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
	work := newJob(newSender(node{}, connected, new(counters)), &eventing.Message{})
	work.end(eventing.ErrClosed)
	require.ErrorIs(t, work.Wait(t.Context()), eventing.ErrNotSent)
	work = newJob(newSender(node{}, connected, new(counters)), &eventing.Message{})
	work.begin()
	work.end(eventing.ErrClosed)
	require.ErrorIs(t, work.Wait(t.Context()), eventing.ErrUnconfirmed)
}

// TestOutcomesAreCountedOnce, whoever learns of them first.
func TestOutcomesAreCountedOnce(t *testing.T) {
	t.Parallel()
	given, cancel := context.WithCancel(t.Context())
	cancel()
	for name, test := range map[string]struct {
		end       func(*job)
		confirmed uint64
		rejected  uint64
		unknown   uint64
	}{
		"accepted":               {func(j *job) { j.decide(nil) }, 1, 0, 0},
		"rejected":               {func(j *job) { j.decide(eventing.ErrRejected) }, 0, 1, 0},
		"never sent":             {func(j *job) { j.decide(eventing.ErrNotSent) }, 0, 0, 0},
		"ended":                  {func(j *job) { j.end(eventing.ErrClosed) }, 0, 0, 1},
		"given up":               {func(j *job) { _ = j.Wait(given) }, 0, 0, 1},
		"given up and ended":     {func(j *job) { _ = j.Wait(given); j.end(errGivenUp) }, 0, 0, 1},
		"given up and confirmed": {func(j *job) { _ = j.Wait(given); j.decide(nil) }, 1, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			counters := new(counters)
			work := newJob(newSender(node{}, connected, counters), &eventing.Message{})
			work.begin()
			test.end(work)
			assert.Equal(t, test.confirmed, counters.confirmed.Load())
			assert.Equal(t, test.rejected, counters.rejected.Load())
			assert.Equal(t, test.unknown, counters.unknown.Load())
		})
	}
}
