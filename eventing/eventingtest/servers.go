package eventingtest

import (
	"context"
	"slices"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// serverCases prove promise 8 where several servers handle one event, each in
// a queue of its own: their copies share an address, and are no duplicates of
// one another.
func serverCases() []Case {
	return []Case{
		newCase(8, "a delayed retry comes on every server that failed", retryOnEveryServer),
		newCase(8, "every server that failed leaves a dead letter", deadLetterOfEveryServer),
	}
}

func retryOnEveryServer(s *scene) {
	if s.lacksDelay() {
		return
	}
	listener := func(server string) []any {
		return []any{&eachLater{reaction: s.note(server, failFirst(0))}}
	}
	north := s.start(process{server: "north", listeners: listener("north")})
	s.start(process{server: "south", listeners: listener("south")})
	s.send(north, 0, 1)
	for _, server := range []string{"north", "south"} {
		s.await("the retry on the server "+server, func() bool {
			return slices.Contains(s.calls(server), call{server, 0, 2})
		})
	}
	s.fence(north, "north", "south")
	for _, server := range []string{"north", "south"} {
		assert.Equal(s, []call{{server, 0, 1}, {server, 0, 2}, {server, fenceNumber, 1}}, s.calls(server))
	}
}

func deadLetterOfEveryServer(s *scene) {
	listener := func(server string) []any {
		return []any{&eachOnce{reaction: s.note(server, func(_ context.Context, event sample) error {
			if event.Number == 0 {
				return &refusal{"no room in the " + server}
			}
			return nil
		})}}
	}
	north := s.start(process{server: "north", listeners: listener("north")})
	south := s.start(process{server: "south", listeners: listener("south")})
	s.send(north, 0, 1)
	s.fence(north, "north", "south")
	s.stop(north)
	s.stop(south)

	queue := s.queue("each-once").DeadLetter()
	provider := s.provider()
	consumer := s.attach(provider, queue, 10)
	reasons := map[string]string{}
	for _, which := range []string{"the first dead letter", "the second dead letter"} {
		delivery := s.receive(consumer, which)
		require.Equal(s, 0, s.number(delivery), "the body of %s", which)
		headers := headersOf(delivery.Message)
		reasons[headers["aspyx_server"]] = headers["aspyx_error"]
		s.settle(consumer, delivery, eventing.Accept)
	}
	assert.Equal(s, map[string]string{
		s.server("north"): "no room in the north", s.server("south"): "no room in the south",
	}, reasons, "the reasons by server")
	s.fenceQueue(provider, consumer, queue)
	s.release(consumer, provider)
}
