package docs_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

func Example_configured() {
	module := environment.Module("shop",
		eventing.Module(eventing.Configured(memory.Scheme, amqp.Scheme)),
		environment.Register[OrderPlaced](),
		environment.Register[Billing](),
	)
	fmt.Println(environment.Validate(module))
	// Output:
	// <nil>
}

func Example_fromURL() {
	source, err := eventing.FromURL("amqps://shop:secret@broker.example.com:5671?server=north", memory.Scheme, amqp.Scheme)
	fmt.Println(source, err)
	_, err = eventing.FromURL("kafka://broker.example.com", memory.Scheme, amqp.Scheme)
	fmt.Println(err)
	// Output:
	// amqp.Config(amqps://broker.example.com:5671) <nil>
	// eventing: no provider for URLs of scheme "kafka" (known: memory, amqp, amqps)
}

func Example_besideTheOriginal() {
	source := amqp.Config{
		URL:        "amqp://localhost:61616?server=north",
		TextBodies: true, // the original reads no other body
	}
	fmt.Println(source)
	// Output:
	// amqp.Config(amqp://localhost:61616)
}

func Example_plaintextAuth() {
	_, err := amqp.New(amqp.Config{
		Host:       "broker.example.com",
		User:       "shop",
		Password:   "secret",
		ServerName: "north",
	})
	fmt.Println(err)
	// Output:
	// amqp: the password would go to broker.example.com:61616 unencrypted: use amqps://, or set Config.AllowPlaintextAuth if the network is trusted
}

// PriceChanged reaches every server, in a queue of its own.
type PriceChanged struct {
	eventing.Event `event:"name=price.changed,broadcast"`
	Article        string
}

// PriceCache forgets old prices.
type PriceCache struct {
	eventing.Listener[PriceChanged] `listener:"name=price-cache"`
	Manager                         *eventing.EventManager `inject:""`
	Forgotten                       chan string            `inject:""`
}

// On is called on each server.
func (c *PriceCache) On(ctx context.Context, event PriceChanged) error {
	c.Forgotten <- event.Article + " on " + c.Manager.ServerName()
	return nil
}

func Example_severalServers() {
	ctx := context.Background()
	forgotten := make(chan string, 2)
	module := environment.Module("prices",
		eventing.Module(memory.Config{}),
		environment.Register[PriceCache](),
		environment.Supply(forgotten),
	)
	broker := memory.NewBroker()
	north := environment.New(module, eventing.Use(broker), eventing.ServerName("north"))
	south := environment.New(module, eventing.Use(broker), eventing.ServerName("south"))
	manager := environment.Get[*eventing.EventManager](north)
	if err := manager.SendEvent(ctx, PriceChanged{Article: "tea"}); err != nil {
		fmt.Println(err)
	}
	heard := []string{<-forgotten, <-forgotten}
	slices.Sort(heard)
	fmt.Println(heard)
	for _, env := range []*environment.Environment{north, south} {
		if err := env.Shutdown(ctx); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// [tea on north tea on south]
}

func Example_ownProvider() {
	ctx := context.Background()
	module := environment.Module("shop",
		eventing.Module(), // takes the eventing.Provider that the container makes
		environment.Provide(func() (*memory.Provider, error) { return memory.New(memory.Config{MaxMessages: 100}) }),
		environment.Register[Billing](),
	)
	env := environment.New(module)
	manager := environment.Get[*eventing.EventManager](env)
	if err := manager.SendEvent(ctx, OrderPlaced{ID: "4711", Amount: 30}); err != nil {
		fmt.Println(err)
	}
	if err := env.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// order 4711: 30 to pay
}
