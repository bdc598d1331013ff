package docs_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// OrderPlaced tells that something was ordered.
type OrderPlaced struct {
	eventing.Event `event:"name=order.placed,durable"`
	ID             string `json:"id"`
	Amount         int    `json:"amount"`
}

// Billing writes a bill for each order.
type Billing struct {
	eventing.Listener[OrderPlaced] `listener:"name=billing,retries=5"`
}

// On is called for each OrderPlaced.
func (b *Billing) On(ctx context.Context, event OrderPlaced) error {
	_, err := fmt.Printf("order %s: %d to pay\n", event.ID, event.Amount)
	return err
}

var _ eventing.Handler[OrderPlaced] = (*Billing)(nil)

// Shop is what most examples boot.
var Shop = environment.Module("shop",
	eventing.Module(memory.Config{}),
	environment.Register[OrderPlaced](),
	environment.Register[Billing](),
)

func Example_sendEvent() {
	ctx := context.Background()
	env := environment.New(Shop)
	manager := environment.Get[*eventing.EventManager](env)
	if err := manager.SendEvent(ctx, OrderPlaced{ID: "4711", Amount: 30}); err != nil {
		fmt.Println(err)
	}
	if err := env.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// order 4711: 30 to pay
}

// Audit notes who ordered.
type Audit struct {
	eventing.Listener[OrderPlaced] `listener:"name=audit"`
}

// On is called for each OrderPlaced.
func (a *Audit) On(ctx context.Context, event OrderPlaced) error {
	envelope := eventing.EnvelopeFrom(ctx)
	_, err := fmt.Printf("order %s of tenant %s\n", event.ID, envelope.Get("tenant"))
	return err
}

func Example_headers() {
	ctx := context.Background()
	env := environment.New(environment.Module("shop",
		eventing.Module(memory.Config{}),
		environment.Register[Audit](),
	))
	manager := environment.Get[*eventing.EventManager](env)
	err := manager.SendEvent(ctx, OrderPlaced{ID: "4711"}, eventing.WithHeader("tenant", "north"))
	fmt.Println("confirmed:", err == nil)
	err = manager.SendEvent(ctx, OrderPlaced{ID: "4712"}, eventing.WithHeader("JMSType", "order"))
	fmt.Println("refused:", errors.Is(err, eventing.ErrHeader))
	if err := env.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	// Unordered output:
	// confirmed: true
	// refused: true
	// order 4711 of tenant north
}

func Example_sendEvents() {
	ctx := context.Background()
	env := environment.New(Shop)
	manager := environment.Get[*eventing.EventManager](env)
	events := []any{OrderPlaced{ID: "1", Amount: 10}, "no event", OrderPlaced{ID: "2", Amount: 20}}
	err := eventing.SendEvents(ctx, manager, events)
	if failed, ok := errors.AsType[*eventing.IndexError](err); ok {
		defer fmt.Println("number", failed.Index, "was not sent:", failed.Err)
	}
	if err := env.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// order 1: 10 to pay
	// order 2: 20 to pay
	// number 1 was not sent: eventing: not an event: string: embed eventing.Event in it, or add eventing.RegisterEvent
}

// Parcel stands for a type that can't embed eventing.Event: it is generated,
// or belongs to another module.
type Parcel struct {
	Number string
}

// Tracking follows parcels.
type Tracking struct {
	eventing.Listener[Parcel] `listener:"name=tracking"`
}

// On is called for each Parcel.
func (t *Tracking) On(ctx context.Context, parcel Parcel) error {
	_, err := fmt.Println("parcel", parcel.Number)
	return err
}

func Example_registerEvent() {
	ctx := context.Background()
	env := environment.New(environment.Module("parcels",
		eventing.Module(memory.Config{}),
		eventing.RegisterEvent[Parcel](eventing.Name("parcel.sent"), eventing.Durable()),
		environment.Register[Tracking](),
	))
	manager := environment.Get[*eventing.EventManager](env)
	if err := manager.SendEvent(ctx, Parcel{Number: "P-1"}); err != nil {
		fmt.Println(err)
	}
	if err := env.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// parcel P-1
}

// outcome tells what is known of an event after SendEvent.
func outcome(err error) string {
	switch {
	case err == nil:
		return "confirmed"
	case errors.Is(err, eventing.ErrNotSent):
		return "not sent: safe to send again"
	case errors.Is(err, eventing.ErrUnconfirmed):
		return "unknown: sending again may repeat it"
	case errors.Is(err, eventing.ErrRejected):
		return "refused: this event, and only this one"
	default:
		return "never got as far as the broker"
	}
}

func Example_outcome() {
	ctx, cancel := context.WithCancel(context.Background())
	env := environment.New(Shop)
	manager := environment.Get[*eventing.EventManager](env)
	cancel() // the caller has given up
	fmt.Println(outcome(manager.SendEvent(ctx, OrderPlaced{ID: "4711"})))
	if err := env.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
	}
	fmt.Println(outcome(manager.SendEvent(context.Background(), OrderPlaced{ID: "4711"})))
	// Output:
	// not sent: safe to send again
	// never got as far as the broker
}
