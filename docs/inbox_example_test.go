package docs_test

import (
	"context"
	"fmt"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// Loyalty gives points, for each order once.
type Loyalty struct {
	eventing.Listener[OrderPlaced] `listener:"name=loyalty,once"`
}

// On is called for each order.
func (l *Loyalty) On(_ context.Context, event OrderPlaced) error {
	fmt.Println("points for order", event.ID)
	return nil
}

// NewInbox remembers the last 100,000 events.
func NewInbox() *eventing.MemoryInbox { return eventing.NewInbox(100_000) }

func Example_once() {
	ctx := context.Background()
	env := environment.New(environment.Module("loyalty",
		eventing.Module(memory.Config{}),
		environment.Register[Loyalty](),
		environment.Provide(NewInbox),
	))
	manager := environment.Get[*eventing.EventManager](env)
	for range 2 {
		err := manager.SendEvent(ctx, OrderPlaced{ID: "4711"}, eventing.WithID(eventing.ParseID("order/4711")))
		if err != nil {
			fmt.Println(err)
		}
	}
	if err := env.Shutdown(ctx); err != nil { // handles what is left
		fmt.Println(err)
	}
	fmt.Println("repeated:", manager.Stats().Repeated)
	// Output:
	// points for order 4711
	// repeated: 1
}
