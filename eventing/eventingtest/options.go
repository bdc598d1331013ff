package eventingtest

import (
	"context"
	"slices"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// optionCases prove that what a sender says of one event is kept: promise 5,
// as for its headers.
func optionCases() []Case {
	return []Case{
		newCase(5, "a delayed event comes when it is due", delayedEvent),
		newCase(5, "an event that is over isn't delivered", expiredEvent, eventing.Durable()),
		newCase(5, "an event tells what has caused it", causeIsTold),
		newCase(5, "a dead letter has no time to live", deadLetterStays, eventing.Durable()),
	}
}

// delayedEvent has two listeners: the event is late for each of them.
func delayedEvent(s *scene) {
	const delay = time.Second
	if s.lacksDelay() {
		err := s.start(process{}).SendEvent(s.limit(), sample{0}, eventing.WithDelay(delay))
		require.ErrorIs(s, err, eventing.ErrOption, "a delay that the provider can't keep")
		return
	}
	visits := make(chan time.Time, 10)
	watch := func(_ context.Context, event sample) error {
		if event.Number == 0 {
			visits <- time.Now()
		}
		return nil
	}
	manager := s.start(process{listeners: []any{
		&alpha{reaction: s.note("alpha", watch)},
		&beta{reaction: s.note("beta", watch)},
	}})
	sent := time.Now()
	require.NoError(s, manager.SendEvent(s.limit(), sample{0}, eventing.WithDelay(delay), eventing.WithTTL(time.Hour)))
	s.send(manager, 1, 1)
	for _, listener := range []string{"alpha", "beta"} {
		s.await("the delayed event for "+listener, func() bool { return slices.Contains(s.numbers(listener), 0) })
		assert.Equal(s, []int{1, 0}, s.handled(listener), "the events behind a delayed one don't wait for it")
		at := await(s, "the time of the call", visits)
		// Brokers count in whole milliseconds, and with a clock of their own.
		assert.GreaterOrEqual(s, at.Sub(sent), delay-100*time.Millisecond, "the delay")
	}
}

// expiredEvent looks at a queue when the time of some messages is over.
func expiredEvent(s *scene) {
	const brief = 300 * time.Millisecond
	provider, queue := s.provider(), s.queue("alpha")
	require.NoError(s, provider.Declare(s.limit(), []eventing.Queue{queue}))
	submit := func(number int, ttl time.Duration, target *eventing.Queue) {
		message := s.message(number)
		message.Durable, message.TTL, message.Target = true, ttl, target
		s.submit(provider, message)
	}
	submit(0, brief, nil)
	submit(1, time.Hour, nil)
	submit(2, brief, &queue)
	submit(3, 0, nil)
	submit(4, brief, nil)
	s.pass(2 * brief)
	consumer := s.attach(provider, queue, 10)
	assert.Equal(s, []int{1, 3}, s.take(consumer, 2), "what is alive")
	s.fenceQueue(provider, consumer, queue)
}

func deadLetterStays(s *scene) {
	const brief = time.Second
	manager := s.start(process{listeners: []any{&once{reaction: s.note("once", failFirst(7))}}})
	require.NoError(s, manager.SendEvent(s.limit(), sample{7}, eventing.WithTTL(brief)))
	s.fence(manager, "once")
	s.stop(manager)
	s.pass(brief + brief/2)
	letter := s.deadLetter("once")
	assert.Equal(s, 7, s.number(&eventing.Delivery{Message: letter}))
	assert.Zero(s, letter.TTL)
}

// causeIsTold has a handler send, at its second attempt, and reads in the next
// handler what has begun it.
func causeIsTold(s *scene) {
	type ids struct{ id, correlation, causation eventing.ID }
	read := func(ctx context.Context) ids {
		envelope := eventing.EnvelopeFrom(ctx)
		return ids{envelope.ID(), envelope.CorrelationID(), envelope.CausationID()}
	}
	causes, effects := make(chan ids, 1), make(chan ids, 1)
	var manager *eventing.EventManager
	ready := make(chan struct{})
	manager = s.start(process{listeners: []any{
		&twice{reaction: func(ctx context.Context, event sample) error {
			s.wait("the manager has started", ready)
			if err := failFirst(event.Number)(ctx, event); err != nil {
				return err
			}
			causes <- read(ctx)
			return manager.SendEvent(ctx, reply(event))
		}},
		&answers{handle: func(ctx context.Context, _ reply) error {
			effects <- read(ctx)
			return nil
		}},
	}})
	close(ready)
	s.send(manager, 5, 1)
	cause := await(s, "the event is handled", causes)
	assert.Equal(s, cause.id, cause.correlation, "nobody has caused the first event")
	assert.Zero(s, cause.causation)
	effect := await(s, "the handler's event is handled", effects)
	assert.NotEqual(s, cause.id, effect.id)
	assert.Equal(s, cause.id, effect.correlation, "the correlation id")
	assert.Equal(s, cause.id, effect.causation, "the causation id")
}

// pass lets time pass, which is what the case is about.
func (s *scene) pass(d time.Duration) {
	s.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.Context().Done():
		require.FailNow(s, "the test has ended")
	}
}
