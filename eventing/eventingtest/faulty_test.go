package eventingtest_test

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/aspyx-go/aspyx/eventing"
)

// faulty is a provider that does one thing wrong: what is set here. A fault
// that spans processes shares its state between the providers of one broker.
type faulty struct {
	eventing.Provider

	queue   func(eventing.Queue) eventing.Queue                                         // which queue is meant
	attach  func(eventing.Consumer, eventing.Queue, int) eventing.Consumer              // what a consumer is
	submit  func(context.Context, *faulty, *eventing.Message) (eventing.Receipt, error) // how to submit
	receive func(*eventing.Message) *eventing.Message                                   // what arrives
	stop    func(context.Context, *faulty) error                                        // how to stop
	remove  func(context.Context, *faulty, eventing.Queue) error                        // how to remove a queue
	lacks   func(*eventing.Capabilities)                                                // what it says of itself

	lost atomic.Bool // the connection was
}

func (f *faulty) Capabilities() eventing.Capabilities {
	capable, _ := f.Provider.(eventing.Capable)
	capabilities := capable.Capabilities()
	if f.lacks != nil {
		f.lacks(&capabilities)
	}
	return capabilities
}

func (f *faulty) Declare(ctx context.Context, queues []eventing.Queue) error {
	meant := make([]eventing.Queue, len(queues))
	for i, queue := range queues {
		meant[i] = f.meant(queue)
	}
	return f.Provider.Declare(ctx, meant)
}

func (f *faulty) Attach(ctx context.Context, queue eventing.Queue, prefetch int) (eventing.Consumer, error) {
	consumer, err := f.Provider.Attach(ctx, f.meant(queue), prefetch)
	if err != nil {
		return nil, err
	}
	if f.receive != nil {
		consumer = &altering{consumer, f.receive}
	}
	if f.attach != nil {
		consumer = f.attach(consumer, queue, prefetch)
	}
	return consumer, nil
}

func (f *faulty) Submit(ctx context.Context, message *eventing.Message) (eventing.Receipt, error) {
	if message.Target != nil {
		meant := f.meant(*message.Target)
		message = change(message, func(m *eventing.Message) { m.Target = &meant })
	}
	if f.submit != nil {
		return f.submit(ctx, f, message)
	}
	return f.Provider.Submit(ctx, message)
}

func (f *faulty) Remove(ctx context.Context, queue eventing.Queue) error {
	if f.remove != nil {
		return f.remove(ctx, f, f.meant(queue))
	}
	return f.Provider.Remove(ctx, f.meant(queue))
}

func (f *faulty) Stop(ctx context.Context) error {
	if f.stop != nil {
		return f.stop(ctx, f)
	}
	return f.Provider.Stop(ctx)
}

func (f *faulty) meant(queue eventing.Queue) eventing.Queue {
	if f.queue == nil {
		return queue
	}
	return f.queue(queue)
}

// change returns a changed copy: messages are shared.
func change(message *eventing.Message, f func(*eventing.Message)) *eventing.Message {
	changed := *message
	f(&changed)
	return &changed
}

// altering is a consumer whose messages aren't what was sent.
type altering struct {
	eventing.Consumer

	alter func(*eventing.Message) *eventing.Message
}

func (a *altering) Receive(ctx context.Context, into *eventing.Delivery) error {
	if err := a.Consumer.Receive(ctx, into); err != nil {
		return err
	}
	original := into.Message
	into.Message, into.Tag = a.alter(original), tag{into.Tag, original}
	return nil
}

// tag keeps what the provider below must see again when it settles.
type tag struct {
	inner    any
	original *eventing.Message
}

func (a *altering) Settle(delivery *eventing.Delivery, disposition eventing.Disposition) error {
	return a.Consumer.Settle(restored(delivery), disposition)
}

func restored(delivery *eventing.Delivery) *eventing.Delivery {
	kept, _ := delivery.Tag.(tag)
	return &eventing.Delivery{Message: kept.original, Count: delivery.Count, Tag: kept.inner}
}

// settling is a consumer that settles in its own way.
type settling struct {
	eventing.Consumer

	received func(*settling, *eventing.Delivery) error
	settle   func(*settling, *eventing.Delivery, eventing.Disposition) error
	closing  func(context.Context, *settling) error
}

func (s *settling) Receive(ctx context.Context, into *eventing.Delivery) error {
	err := s.Consumer.Receive(ctx, into)
	if err == nil && s.received != nil {
		err = s.received(s, into)
	}
	return err
}

func (s *settling) Settle(delivery *eventing.Delivery, disposition eventing.Disposition) error {
	if s.settle != nil {
		return s.settle(s, delivery, disposition)
	}
	return s.Consumer.Settle(delivery, disposition)
}

func (s *settling) Close(ctx context.Context) error {
	if s.closing != nil {
		return s.closing(ctx, s)
	}
	return s.Consumer.Close(ctx)
}

// purge accepts so many messages of those that wait.
func purge(ctx context.Context, consumer eventing.Consumer, most int) {
	// Fake time: nothing is ready when it is over.
	ctx, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	for range most {
		var delivery eventing.Delivery
		if consumer.Receive(ctx, &delivery) != nil {
			return
		}
		_ = consumer.Settle(&delivery, eventing.Accept)
	}
}
