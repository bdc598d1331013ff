package docs_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// Outer is the first pipeline on both sides: its order is the lowest.
type Outer struct {
	eventing.AbstractEnvelopePipeline `pipeline:"order=1"`
}

// Send is called before that of Inner.
func (p *Outer) Send(ctx context.Context, envelope *eventing.Envelope, event *eventing.EventDescriptor) error {
	fmt.Println("send: outer")
	return p.ProceedSend(ctx, envelope, event)
}

// Handle is called before that of Inner.
func (p *Outer) Handle(ctx context.Context, envelope *eventing.Envelope, listener *eventing.EventListenerDescriptor) error {
	fmt.Println("handle: outer")
	return p.ProceedHandle(ctx, envelope, listener)
}

// Inner is the second pipeline on both sides.
type Inner struct {
	eventing.AbstractEnvelopePipeline `pipeline:"order=2"`
}

// Send is called after that of Outer.
func (p *Inner) Send(ctx context.Context, envelope *eventing.Envelope, event *eventing.EventDescriptor) error {
	fmt.Println("send: inner,", event.Name)
	return p.ProceedSend(ctx, envelope, event)
}

// Handle is called after that of Outer.
func (p *Inner) Handle(ctx context.Context, envelope *eventing.Envelope, listener *eventing.EventListenerDescriptor) error {
	fmt.Println("handle: inner,", listener.Name)
	return p.ProceedHandle(ctx, envelope, listener)
}

func Example_order() {
	ctx := context.Background()
	env := environment.New(environment.Module("pipelines", Shop,
		environment.Register[Inner](),
		environment.Register[Outer](),
	))
	manager := environment.Get[*eventing.EventManager](env)
	if err := manager.SendEvent(ctx, OrderPlaced{ID: "4711", Amount: 30}); err != nil {
		fmt.Println(err)
	}
	if err := env.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// send: outer
	// send: inner, order.placed
	// handle: outer
	// handle: inner, billing
	// order 4711: 30 to pay
}

// OnlyTenant lets through what one tenant has sent.
type OnlyTenant struct {
	eventing.AbstractEnvelopePipeline
	Tenant string
}

// Handle drops the events of all other tenants.
func (p *OnlyTenant) Handle(ctx context.Context, envelope *eventing.Envelope, listener *eventing.EventListenerDescriptor) error {
	if envelope.Get("tenant") != p.Tenant {
		return eventing.Drop
	}
	return p.ProceedHandle(ctx, envelope, listener)
}

func Example_drop() {
	ctx := context.Background()
	env := environment.New(environment.Module("pipelines", Shop,
		environment.Provide(func() *OnlyTenant { return &OnlyTenant{Tenant: "north"} }),
	))
	manager := environment.Get[*eventing.EventManager](env)
	for i, tenant := range []string{"north", "south"} {
		event := OrderPlaced{ID: fmt.Sprint(i), Amount: 30}
		if err := manager.SendEvent(ctx, event, eventing.WithHeader("tenant", tenant)); err != nil {
			fmt.Println(err)
		}
	}
	if err := env.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	fmt.Println("dropped:", manager.Stats().Dropped)
	// Output:
	// order 0: 30 to pay
	// dropped: 1
}

// Compression packs bodies. Its order puts it next to the wire.
type Compression struct {
	eventing.AbstractEnvelopePipeline `pipeline:"order=100"`
}

// Send packs the encoded event.
func (p *Compression) Send(ctx context.Context, envelope *eventing.Envelope, event *eventing.EventDescriptor) error {
	body, err := envelope.Body()
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	_, err = writer.Write(body)
	if err := errors.Join(err, writer.Close()); err != nil {
		return err
	}
	envelope.SetBody(packed.Bytes())
	envelope.Set("compression", "gzip")
	return p.ProceedSend(ctx, envelope, event)
}

// Handle unpacks the body before it is decoded.
func (p *Compression) Handle(ctx context.Context, envelope *eventing.Envelope, listener *eventing.EventListenerDescriptor) error {
	if envelope.Get("compression") == "gzip" {
		body, err := unpack(envelope)
		if err != nil {
			return eventing.Permanent(err)
		}
		envelope.SetBody(body)
	}
	return p.ProceedHandle(ctx, envelope, listener)
}

const maxUnpacked = 1 << 20

func unpack(envelope *eventing.Envelope) ([]byte, error) {
	body, err := envelope.Body()
	if err != nil {
		return nil, err
	}
	reader, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	return io.ReadAll(io.LimitReader(reader, maxUnpacked))
}

func Example_setBody() {
	ctx := context.Background()
	env := environment.New(environment.Module("pipelines", Shop, environment.Register[Compression]()))
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

// Journal notes how each send has ended.
type Journal struct {
	eventing.AbstractEnvelopePipeline
}

// Send asks to be told the outcome.
func (p *Journal) Send(ctx context.Context, envelope *eventing.Envelope, event *eventing.EventDescriptor) error {
	envelope.OnOutcome(func(err error) {
		fmt.Printf("%s is confirmed: %t\n", event.Name, err == nil)
	})
	return p.ProceedSend(ctx, envelope, event)
}

func Example_onOutcome() {
	ctx := context.Background()
	env := environment.New(environment.Module("pipelines",
		eventing.Module(memory.Config{}),
		environment.Register[OrderPlaced](),
		environment.Register[Journal](),
	))
	manager := environment.Get[*eventing.EventManager](env)
	if err := manager.SendEvent(ctx, OrderPlaced{ID: "4711"}); err != nil {
		fmt.Println(err)
	}
	if err := env.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// order.placed is confirmed: true
}
