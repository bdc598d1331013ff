package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/aspyx-go/aspyx/examples/hello/session"
)

// Greeter prints greetings. It knows nothing of events.
type Greeter struct {
	mu      sync.Mutex
	out     io.Writer
	greeted chan struct{}
	once    sync.Once

	patience time.Duration // of Wait
}

// NewGreeter returns a greeter that prints to the standard output.
func NewGreeter() (*Greeter, error) {
	return &Greeter{out: os.Stdout, greeted: make(chan struct{}), patience: 10 * time.Second}, nil
}

// PrintTo has the greeter print elsewhere.
func (g *Greeter) PrintTo(out io.Writer) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.out = out
}

// Greet greets somebody in the name of the context's session.
func (g *Greeter) Greet(ctx context.Context, whom string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	defer g.once.Do(func() { close(g.greeted) })
	_, err := fmt.Fprintf(g.out, "hello %s, from session %s\n", whom, session.ID(ctx))
	return err
}

// Wait returns after the first greeting, or when none has come in time.
func (g *Greeter) Wait() { _ = g.WaitFor(context.Background()) }

// WaitFor is Wait, and tells why there was no greeting.
func (g *Greeter) WaitFor(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, g.patience, fmt.Errorf("no greeting within %v: "+
		"another hello on the same broker may have got the event, since they share the queue of their listener; end it, and try again", g.patience))
	defer cancel()
	select {
	case <-g.greeted:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
