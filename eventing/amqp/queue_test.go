package amqp

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// fill submits as many jobs as there is room for.
func fill(t *testing.T, s *sender, bytes int64) []*job {
	t.Helper()
	var all []*job
	for {
		work := &job{sender: s, size: bytes}
		added, err := s.queue.add(work)
		require.NoError(t, err)
		if !added {
			return all
		}
		all = append(all, work)
	}
}

func TestQueueIsBounded(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		window int
		bytes  int64
		room   int // for so many messages
		free   int // so many leave before there is room again
	}{
		{window: 8, bytes: 1, room: 8, free: 2},
		{window: 1, bytes: 1, room: 1, free: 1},
		{window: 3, bytes: 1, room: 3, free: 1},
		{window: 1000, bytes: byteWindow / 4, room: 4, free: 1},
		{window: 1000, bytes: byteWindow/4 + 1, room: 4, free: 2},
		{window: 1000, bytes: byteWindow * 2, room: 1, free: 1},
	} {
		s := newSender(node{}, connected, test.window)
		all := fill(t, s, test.bytes)
		assert.Len(t, all, test.room, "%+v", test)
		// Those that are written are on their way still.
		assert.Equal(t, all, s.queue.take(nil))
		assert.Empty(t, fill(t, s, test.bytes), "%+v", test)
		for i, work := range all[:test.free] {
			work.decide(nil)
			if i+1 < test.free {
				assert.Empty(t, fill(t, s, test.bytes), "%+v", test)
			}
		}
		assert.Len(t, fill(t, s, test.bytes), test.free, "%+v", test)
	}
}

// TestQueueThatIsFull has callers wait for room, each within its context.
func TestQueueThatIsFull(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSender(node{}, connected, 4)
		all := fill(t, s, 1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		err := s.submit(ctx, newJob(s, &eventing.Message{}))
		require.ErrorIs(t, err, eventing.ErrNotSent)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(begun))

		var wait sync.WaitGroup
		for range 3 {
			wait.Go(func() { assert.NoError(t, s.submit(t.Context(), newJob(s, &eventing.Message{}))) })
		}
		synctest.Wait()
		for _, work := range all {
			work.decide(nil)
		}
		wait.Wait() // one after the other: none is forgotten
		assert.Len(t, s.queue.take(nil), 4+3)
	})
}

// TestQueueThatEnds refuses those who wait for room, and gives back what waits
// to be written.
func TestQueueThatEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSender(node{}, connected, 1)
		all := fill(t, s, 1)
		refused := make(chan error)
		for range 2 {
			go func() { refused <- s.submit(t.Context(), newJob(s, &eventing.Message{})) }()
		}
		synctest.Wait()
		assert.Equal(t, all, s.queue.end(eventing.ErrClosed))
		close(s.done)
		for range 2 {
			require.ErrorIs(t, <-refused, eventing.ErrClosed)
		}
		require.ErrorIs(t, s.submit(t.Context(), newJob(s, &eventing.Message{})), eventing.ErrClosed)
		assert.Empty(t, s.queue.take(nil))
	})
}

// TestQueueTakesNothingForAContextThatIsDone, even where there is room.
func TestQueueTakesNothingForAContextThatIsDone(t *testing.T) {
	t.Parallel()
	s := newSender(node{}, connected, 1)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(eventing.ErrStopping)
	err := s.submit(ctx, newJob(s, &eventing.Message{}))
	require.ErrorIs(t, err, eventing.ErrNotSent)
	require.ErrorIs(t, err, eventing.ErrStopping)
	assert.Empty(t, s.queue.take(nil))
}
