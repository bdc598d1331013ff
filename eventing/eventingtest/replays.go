package eventingtest

import (
	"context"
	"slices"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// replayCases prove what promise 8 says of dead letters: they can be looked at,
// and are handled again by their listener only, with their old id.
func replayCases() []Case {
	return []Case{
		newCase(8, "dead letters are read, and stay", deadLettersAreRead),
		newCase(8, "a replayed dead letter comes to its listener only", deadLettersAreReplayed),
	}
}

// fail sends the events 0 to count-1, which the listener fails, and returns its
// dead letters.
func (s *scene) fail(manager *eventing.EventManager, count int, listener string, others ...string) *eventing.DeadLetterQueue {
	s.Helper()
	s.send(manager, 0, count)
	s.fence(manager, append(others, listener)...)
	letters, err := eventing.DeadLetters(manager, listener)
	require.NoError(s, err)
	return letters
}

func failOnce(before map[int]bool) reaction {
	return func(_ context.Context, event sample) error {
		if event.Number == fenceNumber || before[event.Number] {
			return nil
		}
		before[event.Number] = true
		return eventing.Permanent(&refusal{"out of stock"})
	}
}

func deadLettersAreRead(s *scene) {
	manager := s.start(process{listeners: []any{&once{reaction: s.note("once", failOnce(map[int]bool{}))}}})
	letters := s.fail(manager, 4, "once")
	for range 3 { // reading changes nothing, however often
		read, err := letters.Read(s.limit(), 3)
		require.NoError(s, err)
		require.Len(s, read, 3)
		for i := range read {
			assert.JSONEq(s, string(s.message(i).Body), string(read[i].Body), "the oldest come first")
			assert.Equal(s, "out of stock", read[i].Error)
			assert.Equal(s, "once", read[i].Listener)
			assert.Equal(s, 1, read[i].Attempts)
		}
	}
	count, err := letters.Count(s.limit(), 100)
	require.NoError(s, err)
	assert.Equal(s, 4, count)
	replayed, err := letters.Replay(s.limit(), eventing.Replay{DryRun: true})
	require.NoError(s, err)
	assert.Len(s, replayed, 4)
	purged, err := letters.Purge(s.limit(), 3)
	require.NoError(s, err)
	assert.Equal(s, 3, purged)
	s.fence(manager, "once")
	s.stop(manager)
	assert.Equal(s, []int{0, 1, 2, 3}, s.handled("once"), "the dry run has replayed nothing")
	assert.Equal(s, 3, s.number(&eventing.Delivery{Message: s.deadLetter("once")}), "what the purge has left")
}

func deadLettersAreReplayed(s *scene) {
	ids := map[int][]string{}
	keep := func(ctx context.Context, event sample) error {
		ids[event.Number] = append(ids[event.Number], eventing.EnvelopeFrom(ctx).ID().String())
		return nil
	}
	manager := s.start(process{listeners: []any{
		&once{reaction: s.note("once", keep, failOnce(map[int]bool{}))},
		&alpha{reaction: s.note("alpha")},
	}})
	letters := s.fail(manager, 3, "once", "alpha")
	replayed, err := letters.Replay(s.limit(), eventing.Replay{
		Max: 1, Select: func(letter *eventing.DeadLetter) bool { return slices.Equal(letter.Body, s.message(1).Body) },
	})
	require.NoError(s, err)
	require.Len(s, replayed, 1)
	s.await("the replay", func() bool {
		return slices.Contains(s.calls("once"), call{"once", 1, 1}) && len(s.handled("once")) == 4
	})
	s.stop(manager) // all that was kept is seen here
	assert.Equal(s, []int{0, 1, 2, 1}, s.handled("once"))
	assert.Equal(s, []int{0, 1, 2}, s.handled("alpha"), "the other listener")
	assert.Equal(s, ids[1][:1], slices.Compact(ids[1]), "the event keeps its id")

	queue := s.queue("once").DeadLetter()
	provider := s.provider()
	consumer := s.attach(provider, queue, 10)
	assert.Equal(s, []int{0, 2}, s.take(consumer, 2), "the others are left, in their order")
	s.fenceQueue(provider, consumer, queue)
}
