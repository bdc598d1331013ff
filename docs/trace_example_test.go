package docs_test

import (
	"context"
	"fmt"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/trace"
)

// Traced carries the sender's trace to the listeners.
var Traced = environment.Module("traced",
	Shop,
	environment.Register[trace.Pipeline](),
	environment.Register[Tracer](),
)

// Tracer prints where it is in the trace.
type Tracer struct {
	eventing.Listener[OrderPlaced] `listener:"name=tracer"`
}

// On is called for each OrderPlaced.
func (t *Tracer) On(ctx context.Context, event OrderPlaced) error {
	parent, ok := trace.From(ctx)
	fmt.Println(event.ID, ok, parent.Parent(), parent.State)
	return nil
}

func Example_trace() {
	current, err := trace.Parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "congo=t61rcWkgMzE")
	if err != nil {
		fmt.Println(err)
	}
	ctx := trace.With(context.Background(), current)
	env := environment.New(Traced)
	manager := environment.Get[*eventing.EventManager](env)
	if err := manager.SendEvent(ctx, OrderPlaced{ID: "4711", Amount: 30}); err != nil {
		fmt.Println(err)
	}
	if err := env.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	// Unordered output:
	// order 4711: 30 to pay
	// 4711 true 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 congo=t61rcWkgMzE
}
