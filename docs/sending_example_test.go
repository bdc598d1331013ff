package docs_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

func Example_sendOptions() {
	ctx := context.Background()
	env := environment.New(Shop)
	manager := environment.Get[*eventing.EventManager](env)
	err := manager.SendEvent(ctx, OrderPlaced{ID: "4711", Amount: 30},
		eventing.WithID(eventing.ParseID("order/4711")),
		eventing.WithDelay(50*time.Millisecond),
		eventing.WithTTL(time.Hour),
		eventing.WithPriority(7),
	)
	if err != nil {
		fmt.Println(err)
	}
	if err := env.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// order 4711: 30 to pay
}

// PriceOffered checks itself.
type PriceOffered struct {
	eventing.Event `event:"name=price.offered"`
	Article        string `json:"article"`
	Cents          int    `json:"cents"`
}

// Validate refuses a price that nobody can pay.
func (o PriceOffered) Validate() error {
	if o.Cents <= 0 {
		return fmt.Errorf("the price of %s is %d", o.Article, o.Cents)
	}
	return nil
}

func Example_validate() {
	ctx := context.Background()
	env := environment.New(environment.Module("prices",
		eventing.Module(memory.Config{}),
		environment.Register[PriceOffered](),
	))
	manager := environment.Get[*eventing.EventManager](env)
	err := manager.SendEvent(ctx, PriceOffered{Article: "tea"})
	fmt.Println(err)
	fmt.Println("not sent:", errors.Is(err, eventing.ErrInvalid))
	if err := env.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// validate event "price.offered": eventing: invalid event: the price of tea is 0
	// not sent: true
}

func Example_sendAsync() {
	ctx := context.Background()
	env := environment.New(Shop)
	manager := environment.Get[*eventing.EventManager](env)
	first := manager.SendAsync(ctx, OrderPlaced{ID: "1", Amount: 10})
	second := manager.SendAsync(ctx, OrderPlaced{ID: "2", Amount: 20})
	fmt.Println(errors.Join(first.Wait(ctx), second.Wait(ctx)))
	if err := env.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	// Unordered output:
	// order 1: 10 to pay
	// order 2: 20 to pay
	// <nil>
}
