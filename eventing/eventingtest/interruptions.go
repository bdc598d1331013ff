package eventingtest

import (
	"context"
	"fmt"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// Promise 10: the broker going away is normal. It heals by itself.
func interruptionCases() []Case {
	return []Case{
		interrupted(newCase(10, "a lost connection is made again", connectionHeals, eventing.Durable())),
	}
}

// interruptions is how often the case has the connection end.
const interruptions = 3

// connectionHeals has the connection end while events are sent and handled.
func connectionHeals(s *scene) {
	provider, interrupt := s.harness.Interrupted(s.T, "")
	reached := make(chan struct{}, 1)
	manager := s.prepare(process{
		wrap: func(eventing.Provider) eventing.Provider { return provider },
		listeners: []any{&pair{reaction: s.note("pair", func(_ context.Context, event sample) error {
			if event.Number%10 == 0 {
				select {
				case reached <- struct{}{}:
				default:
				}
			}
			return nil
		})}},
	})
	require.NoError(s, manager.Start(s.limit()), "start")
	var sent []int
	for n := range interruptions {
		sent = append(sent, s.send(manager, 20*n, 10)...)
		s.wait("an event", reached)
		interrupt()
		sent = append(sent, s.send(manager, 20*n+10, 10)...)
	}
	s.await("each event that was sent", func() bool {
		handled := s.numbers("pair")
		return !slices.ContainsFunc(sent, func(number int) bool { return !slices.Contains(handled, number) })
	})
	s.await("health", func() bool { return manager.Health(s.Context()) == nil })
	require.NoError(s, provider.Err(), fmt.Sprintf("after %d interruptions", interruptions))
	s.stop(manager)
}
