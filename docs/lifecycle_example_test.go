package docs_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aspyx-go/aspyx/environment"
)

// Slow takes its time.
type Slow struct{}

// OnRunning waits for something that doesn't come.
func (*Slow) OnRunning(ctx context.Context) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

func Example_hookTimeout() {
	_, err := environment.Boot(context.Background(), environment.Module("slow", environment.Register[Slow]()),
		environment.HookTimeout(10*time.Millisecond))
	fmt.Println(err)
	// Output:
	// start *docs_test.Slow: environment: the time of the hook OnRunning (10ms) is over: context deadline exceeded
}

// Poller works in a goroutine.
type Poller struct {
	Env  *environment.Environment `inject:""`
	work sync.WaitGroup
}

// OnRunning starts a goroutine. Its end is waited for in OnStopping.
func (p *Poller) OnRunning(context.Context) error {
	p.work.Go(p.poll)
	return nil
}

func (p *Poller) poll() {
	ctx := p.Env.Context()
	<-ctx.Done() // or a tick
	fmt.Println("end:", context.Cause(ctx))
}

// OnStopping waits for the goroutine.
func (p *Poller) OnStopping(context.Context) error {
	p.work.Wait()
	return nil
}

func Example_context() {
	env := environment.New(environment.Module("poller", environment.Register[Poller]()))
	shutdown(env)
	// Output:
	// end: environment: stopped
}
