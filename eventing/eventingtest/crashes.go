package eventingtest

import (
	"context"
	"fmt"
	"slices"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// crashCases prove what promise 3 says of an event that ends its process each
// time: it doesn't come for ever.
func crashCases() []Case {
	return []Case{
		crashing(newCase(3, "a delivery that ends with its process is counted", crashIsCounted, eventing.Durable())),
		crashing(newCase(3, "an event that ends its process each time is dead-lettered", crashedIsDeadLettered, eventing.Durable())),
	}
}

// deliveries is how often the default policy has an event delivered.
const deliveries = 5

// maxCrashes is how often the cases crash at most. Artemis counts some of them
// only, as its threads happen to see the end of a connection.
const maxCrashes = 100

// crashIsCounted looks at the count, or where the broker has none at its flag.
func crashIsCounted(s *scene) {
	queue, counts := s.queue("alpha"), s.capabilities().Count
	count := 0
	for n := 0; n < maxCrashes && count < deliveries; n++ {
		provider, crash := s.harness.Crashing(s.T, "")
		require.NoError(s, provider.Start(s.limit()), "start the provider")
		consumer := s.attach(provider, queue, 1)
		if n == 0 {
			s.submitDurable(provider, 3)
		}
		delivery := s.receive(consumer, "the event")
		require.Equal(s, 0, s.number(delivery))
		if counts {
			assert.GreaterOrEqual(s, delivery.Count, max(count, 1), "the count of deliveries never falls")
			assert.LessOrEqual(s, delivery.Count, count+1, "one delivery counts once")
			count = delivery.Count
		} else {
			assert.Zero(s, delivery.Count, "the count of a broker that doesn't count")
			assert.False(s, n == 0 && delivery.Redelivered, "the first delivery is no other one")
			if delivery.Redelivered {
				count = deliveries
			}
		}
		crash()
		s.Cleanup(func() { _ = provider.Stop(s.cleanupContext()) })
	}
	require.Equal(s, deliveries, count, "the count, or what the flag stands for, after %d deliveries that ended with their process", maxCrashes)
}

func (s *scene) submitDurable(provider eventing.Provider, count int) {
	s.Helper()
	for n := range count {
		message := s.message(n)
		message.Durable = true
		s.submit(provider, message)
	}
}

// crashedIsDeadLettered has processes die by event 3, with others in their
// hands. Those must all be handled, though the broker may have counted them.
func crashedIsDeadLettered(s *scene) {
	gate := s.gate()
	s.stop(s.start(process{listeners: []any{&pair{}}})) // leaves the queue behind
	sender := s.start(process{})
	s.send(sender, 0, 10)
	over := false
	for n := 0; n < maxCrashes && !over; n++ {
		name := fmt.Sprint("process ", n)
		provider, crash := s.harness.Crashing(s.T, "")
		manager := s.prepare(process{
			wrap: func(eventing.Provider) eventing.Provider { return provider },
			listeners: []any{&pair{reaction: s.note(name, func(_ context.Context, event sample) error {
				if event.Number == 3 {
					crash()
					gate.pass() // what is dead says nothing more
				}
				return nil
			})}},
		})
		s.send(sender, fenceNumber, 1)
		require.NoError(s, manager.Start(s.limit()), "start")
		s.await("the event that ends "+name, func() bool {
			over = manager.Stats().DeadLettered > 0
			return over || slices.Contains(s.numbers(name), 3)
		})
		if over {
			s.fence(manager, name)
			s.stop(manager)
		} else {
			s.wait("its end", gate.reached)
		}
	}
	require.True(s, over, "the event is dead-lettered after %d processes at most", maxCrashes)
	for number := range 10 {
		handled := slices.ContainsFunc(s.journal.all(), func(c call) bool { return c.number == number })
		assert.True(s, handled, "event %d is handled", number)
	}
	letter := s.deadLetter("pair") // the only one
	assert.Equal(s, 3, s.number(&eventing.Delivery{Message: letter}))
	s.assertReason(letter, "pair", deliveries, "crashed", fmt.Sprintf("%T", &eventing.CrashedError{}))
}
