package eventingtest

import (
	"context"
	"slices"
	"sync"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// sharingCases prove promise 2: who shares a queue, and who has one of its own.
func sharingCases() []Case {
	return []Case{
		newCase(2, "processes compete for a listener's queue", processesCompete),
		newCase(2, "members of a group compete", groupCompetes),
		newCase(2, "a per-process listener is called on every server", perProcessReachesAll),
		newCase(2, "a broadcast reaches every server", broadcastReachesAll, eventing.Broadcast()),
		newCase(2, "a server's queue has one consumer", serverQueueIsExclusive),
	}
}

func processesCompete(s *scene) {
	s.compete(s.queue("alpha"),
		func(r reaction) any { return &alpha{reaction: r} },
		func(r reaction) any { return &alpha{reaction: r} })
}

func groupCompetes(s *scene) {
	queue := s.queue("member-one")
	queue.Group = "crew"
	s.compete(queue,
		func(r reaction) any { return &memberOne{reaction: r} },
		func(r reaction) any { return &memberTwo{reaction: r} })
}

// compete runs two listeners of one queue in a process each. The first event
// of each waits for the other's, so that both must get some.
func (s *scene) compete(queue eventing.Queue, left, right func(reaction) any) {
	met := [2]chan struct{}{make(chan struct{}), make(chan struct{})}
	meet := func(own, other int) reaction {
		arrive := sync.OnceFunc(func() { close(met[own]) })
		return func(context.Context, sample) error {
			arrive()
			select {
			case <-met[other]:
			case <-s.Context().Done():
			}
			return nil
		}
	}
	first := s.start(process{listeners: []any{left(s.note("first", meet(0, 1)))}})
	second := s.start(process{listeners: []any{right(s.note("second", meet(1, 0)))}})

	numbers := s.send(first, 0, 100)
	handled := func() []int {
		return slices.Sorted(slices.Values(slices.Concat(s.numbers("first"), s.numbers("second"))))
	}
	s.await("both processes together handle all events", func() bool { return len(handled()) >= len(numbers) })
	s.stop(first)
	s.stop(second)
	assert.Equal(s, numbers, handled(), "each event is handled once, by one of them")
	s.requireEmpty(queue)
}

func perProcessReachesAll(s *scene) {
	s.reachAll(func(r reaction) any { return &each{reaction: r} })
}

func broadcastReachesAll(s *scene) {
	s.reachAll(func(r reaction) any { return &alpha{reaction: r} })
}

// reachAll runs a listener on two servers, each of which must get all events.
func (s *scene) reachAll(listener func(reaction) any) {
	north := s.start(process{server: "north", listeners: []any{listener(s.note("north"))}})
	s.start(process{server: "south", listeners: []any{listener(s.note("south"))}})
	numbers := s.send(north, 0, 20)
	s.fence(north, "north", "south")
	assert.Equal(s, numbers, s.handled("north"), "the events that reached the first server")
	assert.Equal(s, numbers, s.handled("south"), "the events that reached the second server")
}

func serverQueueIsExclusive(s *scene) {
	listeners := func(name string) []any { return []any{&each{reaction: s.note(name)}} }
	north := s.start(process{server: "north", listeners: listeners("first")})
	double := s.prepare(process{server: "north", listeners: listeners("second")})
	require.ErrorIs(s, double.Start(s.limit()), eventing.ErrQueueInUse, "start of a second server with the same name")

	numbers := s.send(north, 0, 3)
	s.fence(north, "first")
	assert.Equal(s, numbers, s.handled("first"), "the first server goes on")
	assert.Empty(s, s.numbers("second"))
	s.stop(north)

	next := s.start(process{server: "north", listeners: listeners("third")})
	s.fence(next, "third")
}
