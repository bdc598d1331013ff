package soak

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aspyx-go/aspyx/eventing"
)

// fence is the body of the message behind all that may be left.
const fence = "fence"

// lookForRest reports what is left in the queues. Nobody else consumes from them
// any more.
func (r *run) lookForRest(ctx context.Context, report *Report) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	provider, err := r.source.Open(eventing.Settings{Logger: r.logger})
	if err != nil {
		return err
	}
	if err := provider.Start(ctx); err != nil {
		return err
	}
	var errs []error
	for _, queue := range queues() {
		count, err := rest(ctx, provider, queue)
		if count > 0 {
			report.violate("events left in the queues", count, queue.String())
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("look into %s: %w", queue, err))
		}
	}
	return errors.Join(append(errs, provider.Stop(ctx))...)
}

// rest returns how many messages are in the queue.
func rest(ctx context.Context, provider eventing.Provider, queue eventing.Queue) (count int, err error) {
	receipt, err := provider.Submit(ctx, &eventing.Message{
		ID: eventing.NewID(), Event: queue.Event, Target: &queue, Time: time.Now(), Durable: true, Body: []byte(fence),
	})
	if err != nil {
		return 0, err
	}
	if err := receipt.Wait(ctx); err != nil {
		return 0, err
	}
	consumer, err := provider.Attach(ctx, queue, 100)
	if err != nil {
		return 0, err
	}
	for {
		var delivery eventing.Delivery
		if err := consumer.Receive(ctx, &delivery); err != nil {
			return count, err
		}
		if err := consumer.Settle(&delivery, eventing.Accept); err != nil {
			return count, err
		}
		if string(delivery.Message.Body) == fence {
			return count, consumer.Close(ctx)
		}
		count++
	}
}
