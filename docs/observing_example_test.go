package docs_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// Courier fails at first.
type Courier struct {
	eventing.Listener[OrderPlaced] `listener:"name=courier,backoff=10ms"`
}

// On works in the second attempt.
func (c *Courier) On(ctx context.Context, _ OrderPlaced) error {
	if eventing.EnvelopeFrom(ctx).Attempt() == 1 {
		return errors.New("nobody is at home")
	}
	return nil
}

func Example_observeEvents() {
	ctx := context.Background()
	observer := func(_ context.Context, observation eventing.Observation) {
		switch o := observation.(type) {
		case *eventing.AttemptEnded:
			fmt.Println(o.Listener.Name, "attempt", o.Envelope.Attempt(), o.Err) // and o.Took
		case *eventing.EventRetried:
			fmt.Println(o.Listener.Name, "tries again after", o.After)
		case *eventing.EventHandled:
			fmt.Println(o.Listener.Name, "handled", o.Envelope.EventName())
		}
	}
	env := environment.New(environment.Module("courier",
		eventing.Module(memory.Config{}),
		environment.Register[Courier](),
	), eventing.Observe(observer))
	manager := environment.Get[*eventing.EventManager](env)
	if err := manager.SendEvent(ctx, OrderPlaced{ID: "4711"}); err != nil {
		fmt.Println(err)
	}
	if err := env.Shutdown(ctx); err != nil { // handles what is left
		fmt.Println(err)
	}
	stats := manager.Stats()
	fmt.Printf("in all: %+v\n", stats.Totals)
	fmt.Printf("order.placed: %+v\n", stats.Events["order.placed"])
	fmt.Printf("courier: %+v\n", stats.Listeners["courier"])
	// Output:
	// courier attempt 1 nobody is at home
	// courier tries again after 10ms
	// courier attempt 2 <nil>
	// courier handled order.placed
	// in all: {Sent:1 Handled:1 Retried:1 DeadLettered:0 Dropped:0 Repeated:0}
	// order.placed: {Sent:1 Failed:0 Dropped:0}
	// courier: {Handled:1 Failed:1 Retried:1 DeadLettered:0 Dropped:0 Repeated:0 Released:0 InFlight:0}
}
