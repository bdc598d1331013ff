package eventingtest

import (
	"github.com/stretchr/testify/assert"

	"github.com/aspyx-go/aspyx/eventing"
)

// durabilityCases prove promise 4, but for the broker's restart, which needs a
// broker to kill.
func durabilityCases() []Case {
	return []Case{
		newCase(4, "durable events wait for their listener", durableWaitsForListener, eventing.Durable()),
		newCase(4, "durable events wait for their server", durableWaitsForServer, eventing.Durable()),
		newCase(4, "messages are as durable as they were sent", durabilityArrives, eventing.Durable()),
		newCase(4, "a server's transient queue leaves nothing", transientLeavesNothing),
	}
}

func durableWaitsForListener(s *scene) {
	s.waitForListener("", &alpha{reaction: s.note("first")}, &alpha{reaction: s.note("second")})
}

func durableWaitsForServer(s *scene) {
	s.waitForListener("north", &each{reaction: s.note("first")}, &each{reaction: s.note("second")})
}

// waitForListener sends while no process of the listener runs. The sender has
// gone too before the next one starts.
func (s *scene) waitForListener(server string, first, second any) {
	s.stop(s.start(process{server: server, listeners: []any{first}}))
	sender := s.start(process{})
	numbers := s.send(sender, 0, 3)
	s.stop(sender)

	manager := s.start(process{server: server, listeners: []any{second}})
	s.fence(manager, "second")
	assert.Equal(s, numbers, s.handled("second"), "the events that were sent meanwhile")
	assert.Empty(s, s.numbers("first"))
}

func durabilityArrives(s *scene) {
	provider := s.provider()
	consumer := s.attach(provider, s.queue("alpha"), 10)
	for _, durable := range []bool{true, false} {
		message := s.message(0)
		message.Durable = durable
		s.submit(provider, message)
		delivery := s.receive(consumer, "the message")
		assert.Equal(s, durable, delivery.Message.Durable, "durable")
		s.settle(consumer, delivery, eventing.Accept)
	}
}

func transientLeavesNothing(s *scene) {
	s.stop(s.start(process{server: "north", listeners: []any{&each{reaction: s.note("first")}}}))
	sender := s.start(process{})
	s.send(sender, 0, 3)

	again := s.start(process{server: "north", listeners: []any{&each{reaction: s.note("second")}}})
	s.fence(again, "second")
	assert.Empty(s, s.handled("second"), "what was sent while the server was away")
}
