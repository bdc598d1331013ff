package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/aspyx-go/aspyx/examples/hello/session"
)

// Greeter prints greetings. It knows nothing of events.
type Greeter struct {
	mu      sync.Mutex
	out     io.Writer
	greeted chan struct{}
	once    sync.Once
}

// NewGreeter returns a greeter that prints to the standard output.
func NewGreeter() (*Greeter, error) {
	return &Greeter{out: os.Stdout, greeted: make(chan struct{})}, nil
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

// Wait returns after the first greeting.
func (g *Greeter) Wait() { <-g.greeted }
