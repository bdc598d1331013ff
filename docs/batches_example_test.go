package docs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// Warehouse writes up to 500 orders at once. The first of them waits for 2
// seconds at most.
type Warehouse struct {
	eventing.BatchListener[OrderPlaced] `listener:"name=warehouse,size=500,age=2s,retries=0"`
}

// On tells which of the orders couldn't be written.
func (w *Warehouse) On(ctx context.Context, orders []OrderPlaced) error {
	failed := map[int]error{}
	for i, order := range orders {
		if order.Amount < 0 {
			failed[i] = fmt.Errorf("the amount is %d", order.Amount)
		}
	}
	fmt.Println("orders:", len(orders))
	return &eventing.BatchError{Errors: failed}
}

var _ eventing.BatchHandler[OrderPlaced] = (*Warehouse)(nil)

// Outcomes tells how each event has ended.
type Outcomes struct {
	eventing.AbstractEnvelopePipeline
}

// Handle sees the outcome of its own event, whatever becomes of the others.
func (p *Outcomes) Handle(ctx context.Context, envelope *eventing.Envelope, listener *eventing.EventListenerDescriptor) error {
	err := p.ProceedHandle(ctx, envelope, listener)
	if err != nil {
		fmt.Println(envelope.Get("number"), "failed:", err)
	}
	return err
}

func Example_batches() {
	ctx := context.Background()
	env := environment.New(environment.Module("warehouse",
		eventing.Module(memory.Config{}),
		environment.Register[Warehouse](),
		environment.Register[Outcomes](),
	), environment.Logger(slog.New(slog.DiscardHandler)))
	manager := environment.Get[*eventing.EventManager](env)
	var errs []error
	for i, amount := range []int{10, -20, 30} {
		errs = append(errs, manager.SendEvent(ctx, OrderPlaced{Amount: amount}, eventing.WithHeader("number", fmt.Sprint(i))))
	}
	errs = append(errs, env.Shutdown(ctx)) // hands over what has come
	if err := errors.Join(errs...); err != nil {
		fmt.Println(err)
	}
	// Output:
	// orders: 3
	// 1 failed: the amount is -20
}
