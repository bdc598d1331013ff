package eventingtest

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// queue returns the queue of one of the case's listeners.
func (s *scene) queue(listener string) eventing.Queue {
	descriptor := eventing.EventDescriptor{}
	for _, option := range s.options {
		option(&descriptor)
	}
	return eventing.Queue{Event: s.name, Listener: listener, Durable: descriptor.Durable}
}

// provider returns a provider of its own, started, that the case's end stops.
func (s *scene) provider() eventing.Provider {
	s.Helper()
	return s.startProvider(s.harness.Provider)
}

func (s *scene) startProvider(open func(t T, server string) eventing.Provider) eventing.Provider {
	s.Helper()
	provider := open(s.T, "")
	require.NoError(s, provider.Start(s.limit()), "start the provider")
	s.Cleanup(func() { _ = provider.Stop(s.cleanupContext()) })
	return provider
}

// attach declares the queue and consumes from it.
func (s *scene) attach(provider eventing.Provider, queue eventing.Queue, prefetch int) eventing.Consumer {
	s.Helper()
	if !queue.IsDeadLetter() {
		require.NoError(s, provider.Declare(s.limit(), []eventing.Queue{queue}), "declare %s", queue)
	}
	consumer, err := provider.Attach(s.limit(), queue, prefetch)
	require.NoError(s, err, "attach to %s", queue)
	s.Cleanup(func() { _ = consumer.Close(s.cleanupContext()) })
	return consumer
}

// message returns an event of the case as a manager would submit it.
func (s *scene) message(number int) *eventing.Message {
	body, err := json.Marshal(sample{number})
	require.NoError(s, err)
	return &eventing.Message{
		ID: eventing.NewID(), Event: s.name, ContentType: eventing.JSON.ContentType(), Time: time.Now(), Body: body,
	}
}

// submit sends messages and waits for their confirmations.
func (s *scene) submit(provider eventing.Provider, messages ...*eventing.Message) {
	s.Helper()
	ctx := s.limit()
	for _, message := range messages {
		receipt, err := provider.Submit(ctx, message)
		require.NoError(s, err, "submit")
		require.NoError(s, receipt.Wait(ctx), "confirmation")
	}
}

// submitNumbers sends the events 0 to count-1.
func (s *scene) submitNumbers(provider eventing.Provider, count int) {
	s.Helper()
	for n := range count {
		s.submit(provider, s.message(n))
	}
}

// receive waits for one message.
func (s *scene) receive(consumer eventing.Consumer, what string) *eventing.Delivery {
	s.Helper()
	delivery := &eventing.Delivery{}
	require.NoError(s, consumer.Receive(s.limit(), delivery), "receive %s", what)
	return delivery
}

// take receives and accepts so many messages, and returns their numbers.
func (s *scene) take(consumer eventing.Consumer, count int) []int {
	s.Helper()
	numbers := []int{}
	for i := range count {
		delivery := s.receive(consumer, fmt.Sprintf("message %d of %d", i+1, count))
		numbers = append(numbers, s.number(delivery))
		s.settle(consumer, delivery, eventing.Accept)
	}
	return numbers
}

func (s *scene) settle(consumer eventing.Consumer, delivery *eventing.Delivery, disposition eventing.Disposition) {
	s.Helper()
	require.NoError(s, consumer.Settle(delivery, disposition), "%v", disposition)
}

// number returns the number of an event that was received.
func (s *scene) number(delivery *eventing.Delivery) int {
	s.Helper()
	var event sample
	require.NoError(s, json.Unmarshal(delivery.Message.Body, &event), "the body is %q", delivery.Message.Body)
	return event.Number
}

// release closes the consumer and stops the provider, as the end of a process
// does.
func (s *scene) release(consumer eventing.Consumer, provider eventing.Provider) {
	s.Helper()
	require.NoError(s, consumer.Close(s.limit()), "close the consumer")
	require.NoError(s, provider.Stop(s.limit()), "stop the provider")
}

// fenceQueue sends one message more to that queue alone, and tells that it is
// the next that comes.
func (s *scene) fenceQueue(provider eventing.Provider, consumer eventing.Consumer, queue eventing.Queue) {
	s.Helper()
	fence := s.message(fenceNumber)
	fence.Target = &queue
	s.submit(provider, fence)
	delivery := s.receive(consumer, "the fence")
	assert.Equal(s, string(fence.Body), string(delivery.Message.Body), "more was in %s than expected", queue)
	s.settle(consumer, delivery, eventing.Accept)
}

// requireEmpty tells that nothing is left in a queue, which no process
// consumes from any more.
func (s *scene) requireEmpty(queue eventing.Queue) {
	s.Helper()
	provider := s.provider()
	consumer := s.attach(provider, queue, 1)
	s.fenceQueue(provider, consumer, queue)
	s.release(consumer, provider)
}

// deadLetter returns the one message in the dead-letter queue of a listener.
func (s *scene) deadLetter(listener string) *eventing.Message {
	s.Helper()
	queue := s.queue(listener).DeadLetter()
	provider := s.provider()
	consumer := s.attach(provider, queue, 10)
	delivery := s.receive(consumer, "the dead letter")
	s.settle(consumer, delivery, eventing.Accept)
	s.fenceQueue(provider, consumer, queue)
	s.release(consumer, provider)
	return delivery.Message
}
