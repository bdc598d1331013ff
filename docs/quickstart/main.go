// Quickstart is the program of the quick start: one event, one listener.
//
//	go run ./docs/quickstart
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// OrderPlaced is an event: it embeds eventing.Event.
type OrderPlaced struct {
	eventing.Event `event:"name=order.placed,durable"`
	ID             string `json:"id"`
}

// Billing is a listener: it embeds eventing.Listener and has On.
type Billing struct {
	eventing.Listener[OrderPlaced] `listener:"name=billing"`
	Bills                          *Bills `inject:""`
}

// On is called for each OrderPlaced. Returning nil acknowledges it.
func (b *Billing) On(ctx context.Context, event OrderPlaced) error {
	return b.Bills.Write(ctx, event.ID)
}

// Bills writes bills. It knows nothing of events.
type Bills struct{}

// NewBills returns where bills are written.
func NewBills() *Bills { return &Bills{} }

// Write writes the bill for one order.
func (*Bills) Write(_ context.Context, order string) error {
	_, err := fmt.Println("bill for order", order)
	return err
}

// Module says what the program is made of.
var Module = environment.Module("shop",
	eventing.Module(eventing.Configured(memory.Scheme, amqp.Scheme)),
	environment.Register[OrderPlaced](),
	environment.Register[Billing](),
	environment.Provide(NewBills),
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	env, err := environment.Boot(ctx, Module)
	if err != nil {
		return err
	}
	manager := environment.Get[*eventing.EventManager](env)
	if err := manager.SendEvent(ctx, OrderPlaced{ID: "4711"}); err != nil {
		return errors.Join(err, env.Shutdown(ctx))
	}
	return env.Shutdown(ctx)
}
