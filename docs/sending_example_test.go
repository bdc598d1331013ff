package docs_test

import (
	"context"
	"fmt"
	"time"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
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
