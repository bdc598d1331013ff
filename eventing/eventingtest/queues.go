package eventingtest

import (
	"github.com/stretchr/testify/assert"
)

// queueCases prove promise 1: an event reaches each queue once, and a delivery
// runs only the listener that owns the queue.
func queueCases() []Case {
	return []Case{
		newCase(1, "one delivery per queue", oneDeliveryPerQueue),
		newCase(1, "a delivery runs the owner of its queue", deliveryRunsOwner),
	}
}

func oneDeliveryPerQueue(s *scene) {
	manager := s.start(process{listeners: []any{
		&alpha{reaction: s.note("alpha")},
		&beta{reaction: s.note("beta")},
		&gamma{reaction: s.note("gamma")},
	}})
	numbers := s.send(manager, 0, 20)
	s.fence(manager, "alpha", "beta", "gamma")
	for _, listener := range []string{"alpha", "beta", "gamma"} {
		assert.Equal(s, numbers, s.handled(listener), "the events that %s has handled", listener)
	}
}

// deliveryRunsOwner puts a message into each queue alone: when all queues get
// the same, nobody sees whose delivery ran which listener.
func deliveryRunsOwner(s *scene) {
	manager := s.start(process{listeners: []any{
		&alpha{reaction: s.note("alpha")},
		&beta{reaction: s.note("beta")},
	}})
	provider := s.provider()
	for n, listener := range []string{"alpha", "beta"} {
		queue := s.queue(listener)
		message := s.message(n)
		message.Target = &queue
		s.submit(provider, message)
	}
	s.fence(manager, "alpha", "beta")
	assert.Equal(s, []int{0}, s.handled("alpha"), "what was sent to the queue of alpha alone")
	assert.Equal(s, []int{1}, s.handled("beta"), "what was sent to the queue of beta alone")
}
