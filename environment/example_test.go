package environment_test

import (
	"context"
	"fmt"

	"github.com/aspyx-go/aspyx/environment"
)

// Clock tells the time.
type Clock interface{ Now() string }

// StoppedClock always tells the same.
type StoppedClock struct{ time string }

// Now tells the time.
func (c *StoppedClock) Now() string { return c.time }

// NewStoppedClock returns a clock that tells this time.
func NewStoppedClock(time string) *StoppedClock { return &StoppedClock{time} }

// Speaker is made by the container, which fills its field.
type Speaker struct {
	Clock Clock `inject:""` // *StoppedClock, the only one that implements it
}

func ExampleBoot() {
	ctx := context.Background()
	module := environment.Module("clock",
		environment.Supply("noon"),
		environment.Provide(NewStoppedClock),
		environment.Register[Speaker](),
	)
	env, err := environment.Boot(ctx, module)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("it is", environment.Get[*Speaker](env).Clock.Now())
	if err := env.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// it is noon
}

func ExampleValidate() {
	module := environment.Module("clock",
		environment.Provide(NewStoppedClock),
		environment.Register[Speaker](),
	)
	fmt.Println(environment.Validate(module))
	// Output:
	// environment: 1 problem in module "clock"
	//   missing string, needed by
	//     parameter 1 of environment_test.NewStoppedClock func(string) *environment_test.StoppedClock  environment/example_test.go:20
	//     <- module "clock"                                                                            environment/example_test.go:48
	//     hint: add environment.Supply with such a value, or environment.Provide with a constructor of it
}
