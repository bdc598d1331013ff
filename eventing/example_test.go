package eventing_test

import (
	"context"
	"fmt"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// Greeting is an event.
type Greeting struct {
	eventing.Event `event:"name=greeting"`
	Whom           string `json:"whom"`
}

// Printer is a listener.
type Printer struct {
	eventing.Listener[Greeting] `listener:"name=printer"`
}

// On is called for each Greeting.
func (*Printer) On(_ context.Context, event Greeting) error {
	_, err := fmt.Println("hello", event.Whom)
	return err
}

func Example() {
	ctx := context.Background()
	env := environment.New(environment.Module("hello",
		eventing.Module(memory.Config{}),
		environment.Register[Greeting](),
		environment.Register[Printer](),
	))
	manager := environment.Get[*eventing.EventManager](env)
	if err := manager.SendEvent(ctx, Greeting{Whom: "world"}); err != nil {
		fmt.Println(err)
	}
	if err := env.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// hello world
}

func ExampleNewEventManager() {
	ctx := context.Background()
	provider, err := memory.New(memory.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	manager, err := eventing.NewEventManager(provider, eventing.Config{
		Listeners: []any{&Printer{}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := manager.Start(ctx); err != nil {
		fmt.Println(err)
		return
	}
	if err := manager.SendEvent(ctx, Greeting{Whom: "world"}); err != nil {
		fmt.Println(err)
	}
	if err := manager.Stop(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// hello world
}
