//go:build go1.27

package docs_test

import (
	"context"
	"fmt"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
)

func Example_sendEventsMethod() {
	ctx := context.Background()
	env := environment.New(Shop)
	manager := environment.Get[*eventing.EventManager](env)
	err := manager.SendEvents(ctx, []OrderPlaced{{ID: "1", Amount: 10}, {ID: "2", Amount: 20}})
	if err != nil {
		fmt.Println(err)
	}
	if err := env.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// order 1: 10 to pay
	// order 2: 20 to pay
}
