package benchmarks

import (
	"context"
	"fmt"
	"testing"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/components/cqrs"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/gochannel"
)

// SendWatermill publishes events on watermill's CQRS event bus over its
// GoChannel, until all were handled. Each Publish waits for its event's
// handler: only so there is one handler at a time, as on the other sides, and
// a bound to what waits.
func SendWatermill(load Load) func(*testing.B) {
	return sendWatermill(load, gochannel.Config{BlockPublishUntilSubscriberAck: true})
}

// SendWatermillAsync is [SendWatermill] without waiting in Publish. Handlers
// then run concurrently, in any order, and nothing bounds the goroutines.
func SendWatermillAsync(load Load) func(*testing.B) {
	return sendWatermill(load, gochannel.Config{OutputChannelBuffer: room})
}

func sendWatermill(load Load, config gochannel.Config) func(*testing.B) {
	return func(b *testing.B) {
		b.Helper()
		ctx, all := b.Context(), newTally(b.N, load.Listeners)
		channel := gochannel.NewGoChannel(config, watermill.NopLogger{})
		router, err := message.NewRouter(message.RouterConfig{}, watermill.NopLogger{})
		check(b, err)
		addHandlers(b, router, channel, all)
		bus, err := cqrs.NewEventBusWithConfig(channel, cqrs.EventBusConfig{
			GeneratePublishTopic: func(params cqrs.GenerateEventPublishTopicParams) (string, error) {
				return params.EventName, nil
			},
			Marshaler: cqrs.JSONMarshaler{},
		})
		check(b, err)
		ended := make(chan error, 1)
		go func() { ended <- router.Run(ctx) }()
		<-router.Running()

		load.send(b, func(i int) error { return bus.Publish(ctx, orderAt(i)) })
		all.wait(b)
		check(b, router.Close())
		check(b, <-ended)
		check(b, channel.Close())
	}
}

func addHandlers(b *testing.B, router *message.Router, channel *gochannel.GoChannel, all *tally) {
	b.Helper()
	processor, err := cqrs.NewEventProcessorWithConfig(router, cqrs.EventProcessorConfig{
		GenerateSubscribeTopic: func(params cqrs.EventProcessorGenerateSubscribeTopicParams) (string, error) {
			return params.EventName, nil
		},
		SubscriberConstructor: func(cqrs.EventProcessorSubscriberConstructorParams) (message.Subscriber, error) {
			return channel, nil
		},
		Marshaler: cqrs.JSONMarshaler{},
	})
	check(b, err)
	for i := range all.listeners {
		check(b, processor.AddHandlers(cqrs.NewEventHandler(fmt.Sprintf("tally-%d", i), func(_ context.Context, o *order) error {
			all.handle(&o.content)
			return nil
		})))
	}
}
