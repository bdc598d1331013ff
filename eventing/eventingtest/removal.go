package eventingtest

import (
	"errors"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// removalCases prove what promise 4 says of queues that nobody wants any more:
// they stay until they are removed, and then they are gone.
func removalCases() []Case {
	return []Case{
		newCase(4, "a removed queue is gone", removedIsGone, eventing.Durable()),
		newCase(4, "a queue with a consumer isn't removed", usedStays, eventing.Durable()),
	}
}

// remove removes a queue, and is false where the broker lets nobody do that.
func (s *scene) remove(provider eventing.Provider, queue eventing.Queue, what string) bool {
	s.Helper()
	return s.isRemoved(provider.Remove(s.limit(), queue), what)
}

// isRemoved looks at the error of a removal.
func (s *scene) isRemoved(err error, what string) bool {
	s.Helper()
	if errors.Is(err, errors.ErrUnsupported) {
		s.refused("removal of queues")
		return false
	}
	require.NoError(s, err, what)
	return true
}

func removedIsGone(s *scene) {
	provider, queue, other := s.provider(), s.queue("alpha"), s.queue("beta")
	if !s.remove(provider, queue, "remove a queue that doesn't exist") {
		return
	}
	require.NoError(s, provider.Declare(s.limit(), []eventing.Queue{queue, other}))
	s.submitNumbers(provider, 3)
	dead := queue.DeadLetter()
	letter := s.message(9)
	letter.Target = &dead
	s.submit(provider, letter)
	s.remove(s.provider(), queue, "remove a queue with a backlog, by another process")

	consumer := s.attach(provider, queue, 10)
	s.fenceQueue(provider, consumer, queue)
	assert.Equal(s, sequence(0, 3), s.take(s.attach(provider, other, 10), 3), "another queue keeps its own")
	assert.Equal(s, []int{9}, s.take(s.attach(provider, dead, 10), 1), "its dead letters stay")
}

func usedStays(s *scene) {
	provider, queue := s.provider(), s.queue("alpha")
	consumer := s.attach(provider, queue, 10)
	s.submitNumbers(provider, 2)
	err := s.provider().Remove(s.limit(), queue)
	if errors.Is(err, errors.ErrUnsupported) {
		return
	}
	require.ErrorIs(s, err, eventing.ErrQueueInUse, "removal of a queue with a consumer")
	s.submit(provider, s.message(2))
	assert.Equal(s, sequence(0, 3), s.take(consumer, 3), "the consumer goes on")
	require.NoError(s, consumer.Close(s.limit()))
	s.remove(provider, queue, "remove the queue when its consumer has gone")
}
