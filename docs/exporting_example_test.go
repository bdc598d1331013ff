package docs_test

import (
	"context"
	"encoding/json"
	"expvar"
	"fmt"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

func Example_exportCounters() {
	env := environment.New(environment.Module("courier",
		eventing.Module(memory.Config{}),
		environment.Register[Courier](),
	))
	manager := environment.Get[*eventing.EventManager](env)
	if expvar.Get("eventing") == nil { // a name can be taken once
		expvar.Publish("eventing", expvar.Func(func() any { return manager.Stats() }))
	}
	if err := manager.SendEvent(context.Background(), OrderPlaced{ID: "4711"}); err != nil {
		fmt.Println(err)
	}
	shutdown(env) // handles what is left
	var shown struct{ Sent, Handled, Retried int }
	if err := json.Unmarshal([]byte(expvar.Get("eventing").String()), &shown); err != nil {
		fmt.Println(err)
	}
	fmt.Printf("%+v\n", shown)
	// Output:
	// {Sent:1 Handled:1 Retried:1}
}

func Example_consumers() {
	env := environment.New(environment.Module("courier",
		eventing.Module(memory.Config{}),
		environment.Register[Courier](),
	))
	defer shutdown(env)
	manager := environment.Get[*eventing.EventManager](env)
	for _, listener := range manager.Subscriptions() {
		fmt.Println(listener.Name, listener.Queue, listener.Stats.Handled)
		if status := listener.Consumer; status != nil {
			fmt.Println(status.Attached, status.Credit, status.LastDelivery, status.Err)
		}
	}
	// Output:
	// courier order.placed::courier 0
}
