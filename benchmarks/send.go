package benchmarks

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/goccy/go-json"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// stamp is a pipeline that works on both sides.
type stamp struct {
	eventing.AbstractEnvelopePipeline
}

func (p *stamp) Send(ctx context.Context, envelope *eventing.Envelope, event *eventing.EventDescriptor) error {
	envelope.Set("tenant", "north")
	return p.ProceedSend(ctx, envelope, event)
}

func (p *stamp) Handle(ctx context.Context, envelope *eventing.Envelope, listener *eventing.EventListenerDescriptor) error {
	if tenant := envelope.Get("tenant"); tenant != "north" {
		return fmt.Errorf("the event is of tenant %q", tenant)
	}
	return p.ProceedHandle(ctx, envelope, listener)
}

// SendAspyx sends events by an event manager on the memory provider, until all
// were handled.
func SendAspyx(load Load) func(*testing.B) {
	return func(b *testing.B) {
		b.Helper()
		ctx, all := b.Context(), newTally(b.N, load.Listeners)
		provider, err := memory.New(memory.Config{MaxMessages: room})
		check(b, err)
		config := eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[order](), eventing.EventOf[keyedOrder]()}}
		policy := eventing.DefaultPolicy
		if load.Equipped {
			config.Pipelines = []any{&stamp{}}
			policy.Timeout = time.Minute
		}
		manager, err := eventing.NewEventManager(provider, config)
		check(b, err)
		check(b, manager.Start(ctx))
		for i := range load.Listeners {
			options := []eventing.SubscribeOption{eventing.As(fmt.Sprintf("tally-%d", i)), eventing.FailurePolicy(policy)}
			if load.Keyed {
				_, err = eventing.Subscribe(ctx, manager, func(_ context.Context, o keyedOrder) error {
					all.handle(&o.content)
					return nil
				}, options...)
			} else {
				_, err = eventing.Subscribe(ctx, manager, func(_ context.Context, o order) error {
					all.handle(&o.content)
					return nil
				}, options...)
			}
			check(b, err)
		}
		load.send(b, func(i int) error {
			if load.Keyed {
				return manager.SendEvent(ctx, keyedOrder{content: contentAt(i)})
			}
			return manager.SendEvent(ctx, orderAt(i))
		})
		all.wait(b)
		check(b, manager.Stop(ctx))
	}
}

// SendFloor does by hand the least that must be done: encode, a buffered
// channel to a second goroutine for each listener, decode, call. It has no
// headers, ids, pipelines, keys, acknowledgement or retries.
func SendFloor(load Load) func(*testing.B) {
	return func(b *testing.B) {
		b.Helper()
		all := newTally(b.N, load.Listeners)
		queues := make([]chan []byte, load.Listeners)
		for i := range queues {
			queues[i] = make(chan []byte, room)
			go func() {
				for body := range queues[i] {
					o := new(order)
					if err := json.Unmarshal(body, o); err != nil {
						report(b, err)
					}
					all.handle(&o.content)
				}
			}()
		}
		load.send(b, func(i int) error {
			body, err := json.Marshal(orderAt(i))
			for _, queue := range queues {
				queue <- body
			}
			return err
		})
		all.wait(b)
		for _, queue := range queues {
			close(queue)
		}
	}
}
