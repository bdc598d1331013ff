package eventingtest_test

import (
	"context"
	"errors"
	"sync"

	"github.com/aspyx-go/aspyx/eventing"
)

func groupFaults() []fault {
	return []fault{
		{"ignores the key", always(ignoreKey), []string{
			"events of one key go to one process", "events of one key are one at a time and in order",
		}},
		{"drops the key", always(dropKey), []string{"events of one key go to one process", "events of one key are handled in order across retries"}},
		{"loses a key with its consumer", inherit(lose), []string{"a key goes on in order when its consumer ends"}},
		{"lets an event overtake what its key's consumer held", inherit(overtake), []string{"a key goes on in order when its consumer ends"}},
	}
}

func unroutableFaults() []fault {
	return []fault{
		{"ignores mandatory", always(ignoreMandatory), []string{"a mandatory event without a queue is refused"}},
		{"refuses what is mandatory", always(refuse(func(m *eventing.Message) bool { return m.Mandatory })), []string{
			"a mandatory event without a queue is refused",
		}},
		{"takes all events for mandatory", always(mandatoryAlways), []string{
			"an event without a queue is confirmed", "a mandatory event without a queue is refused",
		}},
	}
}

func removalFaults() []fault {
	return []fault{
		{"removes the dead letters too", always(removeDeadLetters), []string{"a removed queue is gone"}},
		{"can't remove what isn't there", always(removeOnly), []string{"a removed queue is gone"}},
	}
}

func ignoreKey(p *faulty) { onSubmit(p, func(m *eventing.Message) { m.Key = "" }) }

func dropKey(p *faulty) {
	p.receive = func(message *eventing.Message) *eventing.Message {
		return change(message, func(m *eventing.Message) { m.Key = "" })
	}
}

// heritage is what consumers that have closed were given of some keys.
type heritage struct {
	mu   sync.Mutex
	keys map[string]bool
}

func (h *heritage) has(key string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.keys[key]
}

func (h *heritage) add(keys map[string]bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for key := range keys {
		h.keys[key] = true
	}
}

// inherit has consumers receive in a wrong way what they have from others.
func inherit(receive func(*settling, *eventing.Delivery) error) func() func(*faulty) {
	return func() func(*faulty) {
		left := &heritage{keys: map[string]bool{}}
		return func(p *faulty) {
			p.attach = func(consumer eventing.Consumer, _ eventing.Queue, _ int) eventing.Consumer {
				own, first := map[string]bool{}, true
				return &settling{
					Consumer: consumer,
					received: func(s *settling, delivery *eventing.Delivery) error {
						key := delivery.Message.Key
						if key != "" && left.has(key) && first {
							first = false
							return receive(s, delivery)
						}
						own[key] = true
						return nil
					},
					closing: func(ctx context.Context, s *settling) error {
						left.add(own)
						return s.Consumer.Close(ctx)
					},
				}
			}
		}
	}
}

// lose accepts the message and waits for the next.
func lose(s *settling, delivery *eventing.Delivery) error {
	_ = s.Consumer.Settle(delivery, eventing.Accept)
	return s.Consumer.Receive(context.Background(), delivery)
}

// overtake gives the message back behind the next, which memory puts in front
// of it again once that is settled.
func overtake(s *settling, delivery *eventing.Delivery) error {
	held := *delivery
	if err := s.Consumer.Receive(context.Background(), delivery); err != nil {
		return err
	}
	return s.Consumer.Settle(&held, eventing.Release)
}

func ignoreMandatory(p *faulty) { onSubmit(p, func(m *eventing.Message) { m.Mandatory = false }) }

func mandatoryAlways(p *faulty) {
	onSubmit(p, func(m *eventing.Message) { m.Mandatory = m.Target == nil })
}

// refuse refuses some messages.
func refuse(which func(*eventing.Message) bool) func(*faulty) {
	return func(p *faulty) {
		p.submit = func(ctx context.Context, p *faulty, message *eventing.Message) (eventing.Receipt, error) {
			if which(message) {
				return nil, errors.Join(eventing.ErrRejected, eventing.ErrUnroutable)
			}
			return p.Provider.Submit(ctx, message)
		}
	}
}

func removeDeadLetters(p *faulty) {
	p.remove = func(ctx context.Context, p *faulty, queue eventing.Queue) error {
		return errors.Join(p.Provider.Remove(ctx, queue), p.Provider.Remove(ctx, queue.DeadLetter()))
	}
}

// removeOnly needs the queue to be there.
func removeOnly(p *faulty) {
	p.remove = func(ctx context.Context, p *faulty, queue eventing.Queue) error {
		consumer, err := p.Provider.Attach(ctx, queue, 1)
		if err != nil {
			return err
		}
		return errors.Join(consumer.Close(ctx), p.Provider.Remove(ctx, queue))
	}
}
