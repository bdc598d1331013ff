package docs_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
)

func Example_subscribe() {
	ctx := context.Background()
	env := environment.New(Shop)
	manager := environment.Get[*eventing.EventManager](env)
	seen := make(chan string)
	subscription, err := eventing.Subscribe(ctx, manager, func(ctx context.Context, event OrderPlaced) error {
		seen <- event.ID
		return nil
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = manager.SendEvent(ctx, OrderPlaced{ID: "4711", Amount: 30})
	fmt.Println("seen:", <-seen)
	err = errors.Join(err, subscription.Unsubscribe(ctx))
	if err := errors.Join(err, env.Shutdown(ctx)); err != nil {
		fmt.Println(err)
	}
	// Unordered output:
	// order 4711: 30 to pay
	// seen: 4711
}

func Example_subscribeAs() {
	ctx := context.Background()
	env := environment.New(Shop)
	manager := environment.Get[*eventing.EventManager](env)
	seen := make(chan string, 2)
	note := func(_ context.Context, event OrderPlaced) error {
		seen <- event.ID
		return nil
	}
	audit, err := eventing.Subscribe(ctx, manager, note,
		eventing.As("audit"),
		eventing.Concurrency(4),
		eventing.FailurePolicy(eventing.Policy{Retries: 5}),
		eventing.Metadata("owner", "finance"),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	err = audit.Unsubscribe(ctx, eventing.KeepQueue())
	err = errors.Join(err, manager.SendEvent(ctx, OrderPlaced{ID: "4712"}))
	_, again := eventing.Subscribe(ctx, manager, note, eventing.As("audit"))
	fmt.Println("seen:", <-seen)
	if err := errors.Join(err, again, env.Shutdown(ctx)); err != nil {
		fmt.Println(err)
	}
	// Unordered output:
	// order 4712: 0 to pay
	// seen: 4712
}

func Example_subscribeName() {
	ctx := context.Background()
	env := environment.New(Shop)
	manager := environment.Get[*eventing.EventManager](env)
	seen := make(chan string)
	_, err := eventing.SubscribeName(ctx, manager, "order.placed", func(ctx context.Context, envelope *eventing.Envelope) error {
		body, err := envelope.Body()
		seen <- fmt.Sprintf("%s %s %s", envelope.EventName(), envelope.ContentType(), body)
		return err
	})
	err = errors.Join(err, manager.SendEvent(ctx, OrderPlaced{ID: "4713", Amount: 1}))
	fmt.Println(<-seen)
	if err := errors.Join(err, env.Shutdown(ctx)); err != nil {
		fmt.Println(err)
	}
	// Unordered output:
	// order 4713: 1 to pay
	// order.placed application/json {"id":"4713","amount":1}
}

func Example_pause() {
	ctx := context.Background()
	env := environment.New(Shop)
	manager := environment.Get[*eventing.EventManager](env)
	if err := manager.Pause(ctx, "billing"); err != nil { // no handler of it runs any more
		fmt.Println(err)
	}
	if err := manager.SendEvent(ctx, OrderPlaced{ID: "4714", Amount: 5}); err != nil {
		fmt.Println(err)
	}
	for _, info := range manager.Subscriptions() {
		fmt.Println(info.Name, info.Queue, "paused:", info.Paused)
	}
	if err := manager.Resume(ctx, "billing"); err != nil {
		fmt.Println(err)
	}
	if err := env.Shutdown(ctx); err != nil { // handles what is left
		fmt.Println(err)
	}
	// Output:
	// billing order.placed::billing paused: true
	// order 4714: 5 to pay
}
