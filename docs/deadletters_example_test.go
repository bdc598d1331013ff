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

// Parcels has no truck at first.
type Parcels struct {
	eventing.Listener[OrderPlaced] `listener:"name=parcels,retries=0"`
	truck                          bool
	failed                         chan struct{}
	delivered                      []string
}

// On gets the truck too late.
func (p *Parcels) On(ctx context.Context, event OrderPlaced) error {
	if !p.truck {
		p.truck = true
		close(p.failed)
		return errors.New("there is no truck")
	}
	p.delivered = append(p.delivered, event.ID)
	return nil
}

func Example_deadLetters() {
	ctx := context.Background()
	parcels := &Parcels{failed: make(chan struct{})}
	env := environment.New(environment.Module("parcels",
		eventing.Module(memory.Config{}),
		environment.Supply(parcels),
	), environment.Logger(slog.New(slog.DiscardHandler)))
	manager := environment.Get[*eventing.EventManager](env)
	if err := manager.SendEvent(ctx, OrderPlaced{ID: "4711"}); err != nil {
		fmt.Println(err)
	}
	<-parcels.failed
	letters, err := eventing.DeadLetters(manager, "parcels")
	if err != nil {
		fmt.Println(err)
		return
	}
	read, err := letters.Read(ctx, 10) // the oldest first; they stay
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, letter := range read {
		fmt.Println(letter.Attempts, letter.Error, string(letter.Body))
	}
	replayed, err := letters.Replay(ctx, eventing.Replay{Max: 100, Rate: 10})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("replayed:", len(replayed))
	if err := env.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	fmt.Println("delivered:", parcels.delivered)
	// Output:
	// 1 there is no truck {"id":"4711","amount":0}
	// replayed: 1
	// delivered: [4711]
}
