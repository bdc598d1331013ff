package eventingtest

import (
	"context"
	"sync"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// stopCases prove promise 9: stopping isn't a failure.
func stopCases() []Case {
	return []Case{
		newCase(9, "a running handler finishes and can still send", runningHandlerFinishes),
		newCase(9, "what wasn't handled is released uncounted", unhandledIsReleased),
		newCase(9, "a release is never counted", releaseIsNotCounted),
		newCase(9, "a handler that the stop interrupts hasn't failed", interruptedHasNotFailed),
		newCase(9, "a stuck handler can't hold up the stop", stuckHandlerIsLeft),
	}
}

// runningHandlerFinishes lets the handler go on when the stop has ended the
// intake, which the second worker of its listener notices.
func runningHandlerFinishes(s *scene) {
	replies := make(chan int, 10)
	s.start(process{listeners: []any{&answers{handle: func(_ context.Context, event reply) error {
		replies <- event.Number
		return nil
	}}}})
	var manager *eventing.EventManager
	gate, stopping := s.gate(), make(chan struct{})
	outcome := make(chan error, 1)
	manager = s.start(process{
		wrap: func(provider eventing.Provider) eventing.Provider {
			return &watched{Provider: provider, ended: sync.OnceFunc(func() { close(stopping) })}
		},
		listeners: []any{&pair{reaction: func(ctx context.Context, event sample) error {
			gate.pass()
			outcome <- manager.SendEvent(ctx, reply(event))
			return nil
		}}},
	})
	s.send(manager, 5, 1)
	s.wait("the handler is called", gate.reached)
	stopped := s.stopping(manager, patience)
	s.wait("the stop ends the intake", stopping)
	gate.open()
	require.NoError(s, await(s, "the handler goes on", outcome), "sending while stopping")
	require.NoError(s, await(s, "the stop ends", stopped), "stop")
	assert.Equal(s, 5, await(s, "what the handler sent arrives", replies))
	s.requireEmpty(s.queue("pair"))
}

// watched is a provider that tells when a consumer stops to receive.
type watched struct {
	eventing.Provider

	ended func()
}

func (w *watched) Attach(ctx context.Context, queue eventing.Queue, prefetch int) (eventing.Consumer, error) {
	consumer, err := w.Provider.Attach(ctx, queue, prefetch)
	return &watchedConsumer{Consumer: consumer, ended: w.ended}, err
}

// Capabilities passes on what embedding hides, as Drain does.
func (w *watched) Capabilities() eventing.Capabilities {
	if capable, ok := w.Provider.(eventing.Capable); ok {
		return capable.Capabilities()
	}
	return eventing.Capabilities{Delay: true}
}

// Drain passes on what embedding hides.
func (w *watched) Drain(ctx context.Context) error {
	if drainer, ok := w.Provider.(eventing.Drainer); ok {
		return drainer.Drain(ctx)
	}
	return nil
}

type watchedConsumer struct {
	eventing.Consumer

	ended func()
}

func (w *watchedConsumer) Receive(ctx context.Context, into *eventing.Delivery) error {
	err := w.Consumer.Receive(ctx, into)
	if err != nil {
		w.ended()
	}
	return err
}

// stopping stops a manager on a goroutine, which the case's end waits for.
func (s *scene) stopping(manager *eventing.EventManager, limit time.Duration) <-chan error {
	stopped, ended := make(chan error, 1), make(chan struct{})
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.Context()), limit)
	s.Cleanup(func() { <-ended })
	go func() {
		defer close(ended)
		defer cancel()
		stopped <- manager.Stop(ctx)
	}()
	return stopped
}

// unhandledIsReleased has a second, idle listener, by which it notices the end
// of the intake.
func unhandledIsReleased(s *scene) {
	gate, stopping := s.gate(), make(chan struct{})
	manager := s.start(process{
		wrap: func(provider eventing.Provider) eventing.Provider {
			return &watched{Provider: provider, ended: sync.OnceFunc(func() { close(stopping) })}
		},
		listeners: []any{
			&alpha{reaction: s.note("first", func(context.Context, sample) error { gate.pass(); return nil })},
			&answers{},
		},
	})
	s.send(manager, 0, 10)
	s.wait("the handler is called", gate.reached)
	stopped := s.stopping(manager, patience)
	s.wait("the stop ends the intake", stopping)
	gate.open()
	require.NoError(s, await(s, "the stop ends", stopped), "stop")
	assert.Equal(s, []int{0}, s.numbers("first"), "what was in a handler when the intake ended")

	next := s.start(process{listeners: []any{&alpha{reaction: s.note("second")}}})
	s.fence(next, "second")
	handled := append(s.handled("first"), s.handled("second")...)
	assert.Equal(s, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, handled, "what both processes have handled")
	for _, c := range s.calls("second") {
		assert.Equal(s, 1, c.attempt, "the attempt at event %d after its release", c.number)
	}
	s.stop(next)
	s.requireEmpty(s.queue("alpha").DeadLetter())
}

// releaseIsNotCounted releases one message more often than any broker's limit
// of deliveries, and has others given back unreceived.
func releaseIsNotCounted(s *scene) {
	provider, queue := s.provider(), s.queue("alpha")
	consumer := s.attach(provider, queue, 10)
	s.submitNumbers(provider, 3)
	for range 25 {
		delivery := s.receive(consumer, "the released message")
		s.settle(consumer, delivery, eventing.Release)
		require.NoError(s, consumer.Close(s.limit()), "close the consumer")
		consumer = s.attach(provider, queue, 10)
	}
	s.release(consumer, provider)

	provider = s.provider()
	consumer = s.attach(provider, queue, 10)
	numbers := []int{}
	for range 3 {
		delivery := s.receive(consumer, "a message that was given back")
		numbers = append(numbers, s.number(delivery))
		assert.LessOrEqual(s, delivery.Count, 1, "the deliveries of message %d that count", s.number(delivery))
		s.settle(consumer, delivery, eventing.Accept)
	}
	assert.ElementsMatch(s, []int{0, 1, 2}, numbers)
	s.fenceQueue(provider, consumer, queue)
	s.release(consumer, provider)
}

func interruptedHasNotFailed(s *scene) {
	s.interrupt()
	s.requireEmpty(s.queue("once").DeadLetter())
	next := s.start(process{listeners: []any{&once{reaction: s.note("next")}}})
	s.fence(next, "next")
	assert.Equal(s, []call{{"next", 0, 1}, {"next", 1, 1}, {"next", fenceNumber, 1}}, s.calls("next"))
}

// stuckHandlerIsLeft has a handler that ignores its context. Its event is for
// the next process.
func stuckHandlerIsLeft(s *scene) {
	gate := s.gate()
	manager := s.start(process{listeners: []any{&once{reaction: func(context.Context, sample) error {
		gate.pass()
		return nil
	}}}})
	s.send(manager, 0, 1)
	s.wait("the handler is called", gate.reached)
	began := time.Now()
	require.Error(s, await(s, "the stop ends", s.stopping(manager, time.Second)), "stop, while a handler is stuck")
	assert.Less(s, time.Since(began), 10*time.Second, "how long a stop with a limit of one second takes")

	next := s.start(process{listeners: []any{&once{reaction: s.note("next")}}})
	s.fence(next, "next")
	assert.Equal(s, []call{{"next", 0, 1}, {"next", fenceNumber, 1}}, s.calls("next"))
}
