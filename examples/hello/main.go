// Hello sends one event to one listener, through a pipeline that carries a
// session id across the wire.
//
//	go run ./examples/hello
//	go run ./examples/hello -url amqp://user:password@localhost:61616
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/eventing/memory"
	"github.com/aspyx-go/aspyx/examples/hello/session"
)

// HelloEvent is an event: it embeds eventing.Event. The tag is optional.
type HelloEvent struct {
	eventing.Event `event:"name=hello,durable"`
	World          string `json:"world"`
}

// HelloEventListener is a listener: it embeds eventing.Listener[HelloEvent] and
// has On.
type HelloEventListener struct {
	eventing.Listener[HelloEvent] `listener:"name=greeter"`
	Greeter                       *Greeter `inject:""`
}

// On is called for each HelloEvent. Returning nil acknowledges it.
func (l *HelloEventListener) On(ctx context.Context, event HelloEvent) error {
	return l.Greeter.Greet(ctx, event.World)
}

// SessionPipeline carries a session id across the wire: Send puts the sender's
// into a header, Handle gives it to the listener's context.
type SessionPipeline struct {
	eventing.AbstractEnvelopePipeline `pipeline:"order=10"`
}

// Send is called for each event that is sent.
func (p *SessionPipeline) Send(ctx context.Context, envelope *eventing.Envelope, event *eventing.EventDescriptor) error {
	envelope.Set("session", session.ID(ctx))
	return p.ProceedSend(ctx, envelope, event)
}

// Handle is called for each event that is received.
func (p *SessionPipeline) Handle(ctx context.Context, envelope *eventing.Envelope, listener *eventing.EventListenerDescriptor) error {
	return p.ProceedHandle(session.With(ctx, envelope.Get("session")), envelope, listener)
}

// Module says what the program is made of.
var Module = environment.Module("hello",
	eventing.Module(memory.Config{}),
	environment.Register[HelloEvent](),
	environment.Register[HelloEventListener](),
	environment.Register[SessionPipeline](),
	environment.Provide(NewGreeter),
)

func main() {
	url := flag.String("url", "memory://", "where the event goes: memory:// or amqp://user:password@host:port")
	flag.Parse()
	if err := run(context.Background(), *url, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, url string, out io.Writer) error {
	source, err := eventing.FromURL(url, memory.Scheme, amqp.Scheme)
	if err != nil {
		return err
	}
	env, err := environment.Boot(ctx, Module, eventing.Use(source))
	if err != nil {
		return err
	}

	greeter := environment.Get[*Greeter](env) // with Go 1.27: env.Get[*Greeter]()
	greeter.PrintTo(out)
	manager := environment.Get[*eventing.EventManager](env)
	err = manager.SendEvent(session.With(ctx, "4711"), HelloEvent{World: "world"})
	if err == nil {
		err = greeter.WaitFor(ctx) // until the greeting was printed
	}
	return errors.Join(err, env.Shutdown(ctx))
}
