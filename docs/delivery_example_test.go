package docs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

func Example_defaultPolicy() {
	fmt.Println(eventing.DefaultPolicy)
	// Output:
	// 3 retries, the first after 100ms, then doubling up to 1m0s, in place for at most 2s and by delayed redelivery from then on; then dead letter; timeout none; dead letter as crashed after 5 deliveries without an end
}

// Shipping fails: there is no truck.
type Shipping struct {
	eventing.Listener[OrderPlaced] `listener:"name=shipping,retries=2,backoff=10ms"`
}

// On is called for each attempt.
func (s *Shipping) On(ctx context.Context, event OrderPlaced) error {
	fmt.Println("attempt", eventing.EnvelopeFrom(ctx).Attempt())
	return errors.New("there is no truck")
}

func Example_deadLetter() {
	ctx := context.Background()
	provider, err := memory.New(memory.Config{})
	if err != nil {
		fmt.Println(err)
	}
	manager, err := eventing.NewEventManager(provider, eventing.Config{
		Listeners: []any{&Shipping{}},
		Logger:    slog.New(slog.DiscardHandler),
	})
	if err != nil {
		fmt.Println(err)
	}
	err = errors.Join(
		manager.Start(ctx),
		manager.SendEvent(ctx, OrderPlaced{ID: "4711"}),
		manager.Stop(ctx), // handles what is left
	)
	if err != nil {
		fmt.Println(err)
	}
	for _, queue := range provider.Broker().Stats() {
		fmt.Printf("%s: %d\n", queue.Queue, queue.Messages)
	}
	// Output:
	// attempt 1
	// attempt 2
	// attempt 3
	// DLQ.order.placed.shipping: 1
	// shipping: 0
}

// Stock refuses what can't exist.
type Stock struct {
	eventing.Listener[OrderPlaced] `listener:"name=stock"`
}

// On fails once and for all: trying again can't make the amount positive.
func (s *Stock) On(ctx context.Context, event OrderPlaced) error {
	fmt.Println("attempt", eventing.EnvelopeFrom(ctx).Attempt())
	if event.Amount < 0 {
		return eventing.Permanent(fmt.Errorf("amount %d of order %s is negative", event.Amount, event.ID))
	}
	return nil
}

func Example_permanent() {
	ctx := context.Background()
	env := environment.New(environment.Module("stock",
		eventing.Module(memory.Config{}),
		environment.Register[Stock](),
	), environment.Logger(slog.New(slog.DiscardHandler)))
	manager := environment.Get[*eventing.EventManager](env)
	if err := manager.SendEvent(ctx, OrderPlaced{ID: "4711", Amount: -1}); err != nil {
		fmt.Println(err)
	}
	if err := env.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	fmt.Println("dead letters:", manager.Stats().DeadLettered)
	// Output:
	// attempt 1
	// dead letters: 1
}

// Mailing fails twice.
type Mailing struct {
	eventing.Listener[OrderPlaced] `listener:"name=mail,retries=0"`
}

// On fails until the third attempt.
func (m *Mailing) On(ctx context.Context, event OrderPlaced) error {
	attempt := eventing.EnvelopeFrom(ctx).Attempt()
	fmt.Println("attempt", attempt)
	if attempt < 3 {
		return errors.New("the mail server is busy")
	}
	return nil
}

func Example_policy() {
	ctx := context.Background()
	env, err := environment.Boot(ctx, environment.Module("mail",
		eventing.Module(memory.Config{}),
		environment.Register[Mailing](),
		eventing.WithPolicy[Mailing](eventing.Policy{
			Retries:    5,
			Backoff:    50 * time.Millisecond,
			MaxBackoff: 100 * time.Millisecond,
		}),
	))
	if err != nil {
		fmt.Println(err)
		return
	}
	manager := environment.Get[*eventing.EventManager](env)
	if err := manager.SendEvent(ctx, OrderPlaced{ID: "4711"}); err != nil {
		fmt.Println(err)
	}
	if err := env.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// attempt 1
	// attempt 2
	// attempt 3
}

// Bank is closed at first.
type Bank struct {
	eventing.Listener[OrderPlaced] `listener:"name=bank"`
}

// On asks to be called again when the bank is open.
func (b *Bank) On(ctx context.Context, event OrderPlaced) error {
	attempt := eventing.EnvelopeFrom(ctx).Attempt()
	fmt.Println("attempt", attempt)
	if attempt == 1 {
		return eventing.RetryAfter(errors.New("the bank is closed"), 50*time.Millisecond)
	}
	return nil
}

func Example_retryAfter() {
	ctx := context.Background()
	env := environment.New(environment.Module("bank",
		eventing.Module(memory.Config{}),
		environment.Register[Bank](),
	))
	manager := environment.Get[*eventing.EventManager](env)
	if err := manager.SendEvent(ctx, OrderPlaced{ID: "4711"}); err != nil {
		fmt.Println(err)
	}
	if err := env.Shutdown(ctx); err != nil { // handles what is left
		fmt.Println(err)
	}
	// Output:
	// attempt 1
	// attempt 2
}

// Ledger stands for a table with a unique key on the event's id.
type Ledger map[string]int

// Book books an amount, unless it has for this event before.
func (l Ledger) Book(id string, amount int) {
	if _, ok := l[id]; !ok {
		l[id] = amount
	}
}

// Accounting books each order once, however often it comes.
type Accounting struct {
	eventing.Listener[OrderPlaced] `listener:"name=accounting"`
	Ledger                         Ledger `inject:""`
}

// On books by the event's id, which no retry and no redelivery changes.
func (a *Accounting) On(ctx context.Context, event OrderPlaced) error {
	a.Ledger.Book(eventing.EnvelopeFrom(ctx).ID().String(), event.Amount)
	return nil
}

func Example_idempotence() {
	ctx := context.Background()
	ledger := Ledger{}
	env := environment.New(environment.Module("accounting",
		eventing.Module(memory.Config{}),
		environment.Register[Accounting](),
		environment.Supply(ledger),
	))
	manager := environment.Get[*eventing.EventManager](env)
	if err := manager.SendEvent(ctx, OrderPlaced{Amount: 30}); err != nil {
		fmt.Println(err)
	}
	if err := env.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	fmt.Println("entries:", len(ledger))
	// Output:
	// entries: 1
}
