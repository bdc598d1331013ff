package docs_test

import (
	"context"
	"fmt"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/errhandler"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// TeaListener finds that there is no tea.
type TeaListener struct {
	eventing.Listener[OrderPlaced] `listener:"name=tea"`
}

// On fails.
func (*TeaListener) On(context.Context, OrderPlaced) error { return &SoldOutError{"tea"} }

// NewSoldOut has an article ordered where it is sold out.
func NewSoldOut() errhandler.Handler {
	return errhandler.Handle(func(_ context.Context, err *SoldOutError, _ errhandler.Next) error {
		fmt.Println("ordered:", err.Article)
		return nil
	})
}

func Example_listenerErrors() {
	ctx := context.Background()
	env := environment.New(environment.Module("tea",
		eventing.Module(memory.Config{}),
		environment.Register[TeaListener](),
		environment.Provide(NewSoldOut),
	))
	manager := environment.Get[*eventing.EventManager](env)
	if err := manager.SendEvent(ctx, OrderPlaced{ID: "4711"}); err != nil {
		fmt.Println(err)
	}
	if err := env.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	fmt.Println("handled:", manager.Stats().Handled)
	// Output:
	// ordered: tea
	// handled: 1
}
