package eventingtest

import (
	"context"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// acknowledgementCases prove promise 3: the acknowledgement follows the
// handler.
func acknowledgementCases() []Case {
	return []Case{
		newCase(3, "what wasn't settled comes again", unsettledComesAgain, eventing.Durable()),
		newCase(3, "an interrupted handler's event goes to another process", interruptedGoesOn),
		newCase(3, "a failed event is tried again and then acknowledged", failedIsTriedAgain),
		newCase(3, "an event that comes again isn't handled twice", handledIsKnown),
	}
}

// unsettledComesAgain has a process go with one message accepted and two in
// its hands.
func unsettledComesAgain(s *scene) {
	provider, queue := s.provider(), s.queue("alpha")
	consumer := s.attach(provider, queue, 10)
	s.submitNumbers(provider, 3)
	for n := range 3 {
		delivery := s.receive(consumer, "a message")
		require.Equal(s, n, s.number(delivery), "messages come in order")
		if n == 0 {
			s.settle(consumer, delivery, eventing.Accept)
		}
	}
	s.release(consumer, provider)

	provider = s.provider()
	consumer = s.attach(provider, queue, 10)
	assert.ElementsMatch(s, []int{1, 2}, s.take(consumer, 2), "what the next process gets")
	s.fenceQueue(provider, consumer, queue)
}

func interruptedGoesOn(s *scene) {
	s.interrupt()
	next := s.start(process{listeners: []any{&once{reaction: s.note("next")}}})
	s.fence(next, "next")
	assert.Equal(s, []int{0, 1}, s.handled("next"), "the next process gets the event in hand and the one behind it")
}

// interrupt stops a process that has event 0 in a handler, which gives up when
// the stop's time limit cancels it, and event 1 behind it.
func (s *scene) interrupt() {
	reached := make(chan struct{}, 1)
	manager := s.start(process{listeners: []any{&once{reaction: func(ctx context.Context, _ sample) error {
		reached <- struct{}{}
		select {
		case <-ctx.Done():
		case <-s.Context().Done(): // the manager's context is its own
		}
		return context.Cause(ctx)
	}}}})
	s.send(manager, 0, 2)
	s.wait("the handler is called", reached)
	ctx, cancel := context.WithTimeout(s.Context(), time.Second)
	defer cancel()
	require.NoError(s, manager.Stop(ctx), "stop, with a handler that obeys its context")
}

func failedIsTriedAgain(s *scene) {
	manager := s.start(process{listeners: []any{&twice{reaction: s.note("twice", failFirst(0))}}})
	s.send(manager, 0, 2)
	s.fence(manager, "twice")
	s.stop(manager)
	assert.Equal(s, []call{{"twice", 0, 1}, {"twice", 0, 2}, {"twice", 1, 1}, {"twice", fenceNumber, 1}}, s.calls("twice"))
	s.requireEmpty(s.queue("twice"))
	s.requireEmpty(s.queue("twice").DeadLetter())
}

// handledIsKnown has two events come twice to listeners with an inbox. One of
// them has failed before, and so isn't known.
func handledIsKnown(s *scene) {
	failed := false // one event is handled at a time
	manager := s.start(process{listeners: []any{
		&known{reaction: s.note("known", func(_ context.Context, event sample) error {
			if event.Number == 1 && !failed {
				failed = true
				return eventing.Permanent(errFirstAttempt)
			}
			return nil
		})},
		&alpha{reaction: s.note("alpha")},
	}})
	provider := s.provider()
	for number := range 2 {
		message := s.message(number)
		s.submit(provider, message)
		again := *message
		s.submit(provider, &again)
	}
	s.fence(manager, "known", "alpha")
	assert.Equal(s, []int{0, 1, 1}, s.handled("known"), "what was handled isn't handled again, and what has failed is")
	assert.Equal(s, []int{0, 0, 1, 1}, s.handled("alpha"), "a listener without once")
	assert.Equal(s, uint64(1), manager.Stats().Repeated)
}
