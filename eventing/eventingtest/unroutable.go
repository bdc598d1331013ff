package eventingtest

import (
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// unroutableCases prove what promise 11 says of an event that no queue takes.
func unroutableCases() []Case {
	return []Case{
		newCase(11, "an event without a queue is confirmed", unheardIsConfirmed),
		newCase(11, "a mandatory event without a queue is refused", unheardIsRefused, eventing.Durable()),
	}
}

func unheardIsConfirmed(s *scene) {
	provider := s.provider()
	s.submit(provider, s.message(0))
	consumer := s.attach(provider, s.queue("alpha"), 10)
	s.submit(provider, s.message(1))
	assert.Equal(s, []int{1}, s.take(consumer, 1), "what was sent since there is a queue")
}

// unheardIsRefused asks of a provider that lacks it only that a manager refuses
// the option.
func unheardIsRefused(s *scene) {
	if !s.capabilities().Mandatory {
		err := s.start(process{}).SendEvent(s.limit(), sample{}, eventing.WithMandatory())
		require.ErrorIs(s, err, eventing.ErrOption, "a mandatory event, where the provider lacks that")
		return
	}
	provider := s.provider()
	must := func(number int) *eventing.Message {
		message := s.message(number)
		message.Mandatory = true
		return message
	}
	for n := range 2 {
		receipt, err := provider.Submit(s.limit(), must(n))
		if err == nil {
			err = receipt.Wait(s.limit())
		}
		require.ErrorIs(s, err, eventing.ErrRejected, "outcome of a mandatory event without a queue")
		require.ErrorIs(s, err, eventing.ErrUnroutable)
	}
	s.submit(provider, s.message(2)) // a refusal concerns that event only
	queue := s.queue("alpha")
	consumer := s.attach(provider, queue, 10)
	s.submit(provider, must(3), s.message(4))
	s.submit(s.provider(), must(5))
	assert.Equal(s, []int{3, 4, 5}, s.take(consumer, 3), "what was sent since there is a queue")
	s.fenceQueue(provider, consumer, queue)
}
