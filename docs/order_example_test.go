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

// AccountBooked happens in order, for each account.
type AccountBooked struct {
	eventing.Event `event:"name=account.booked,durable,key=Account"`
	Account        string `json:"account"`
	Number         int    `json:"number"`
}

// Bookkeeping has the first booking fail at first.
type Bookkeeping struct {
	eventing.Listener[AccountBooked] `listener:"name=ledger,backoff=200ms"`
}

// On is called for the next booking of an account when the last one is through.
func (b *Bookkeeping) On(ctx context.Context, event AccountBooked) error {
	envelope := eventing.EnvelopeFrom(ctx)
	fmt.Printf("%s %d, attempt %d\n", envelope.Key(), event.Number, envelope.Attempt())
	if event == (AccountBooked{Account: "north", Number: 1}) && envelope.Attempt() == 1 {
		return errors.New("the ledger is locked")
	}
	return nil
}

func Example_keys() {
	ctx := context.Background()
	env := environment.New(environment.Module("ledger",
		eventing.Module(memory.Config{}),
		environment.Register[Bookkeeping](),
	), environment.Logger(slog.New(slog.DiscardHandler)))
	manager := environment.Get[*eventing.EventManager](env)
	err := eventing.SendEvents(ctx, manager, []AccountBooked{
		{Account: "north", Number: 1}, {Account: "north", Number: 2}, {Account: "south", Number: 1},
	})
	if err != nil {
		fmt.Println(err)
	}
	if err := env.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// north 1, attempt 1
	// south 1, attempt 1
	// north 1, attempt 2
	// north 2, attempt 1
}
