package docs_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/errhandler"
)

// SoldOutError is an article that there isn't.
type SoldOutError struct{ Article string }

// Error describes the error.
func (e *SoldOutError) Error() string { return e.Article + " is sold out" }

// ErrCancelled is an order that was cancelled.
var ErrCancelled = errors.New("cancelled")

// Desk has handlers for errors.
type Desk struct {
	Store Store `inject:""`
}

// OnSoldOut orders more: the error is handled.
func (d *Desk) OnSoldOut(ctx context.Context, err *SoldOutError, next errhandler.Next) error {
	return say(d.Store.Put("an order of " + err.Article))
}

// OnCancelled has nothing to do.
func (d *Desk) OnCancelled(ctx context.Context, err error, next errhandler.Next) error { return nil }

// OnAny reports what no other handler is for, and leaves it to the caller.
func (d *Desk) OnAny(ctx context.Context, err error, next errhandler.Next) error {
	fmt.Println("report:", err)
	return err
}

// NewErrors makes the manager, of handlers that are methods of a component.
func NewErrors(desk *Desk) (*errhandler.Manager, error) {
	return errhandler.New(
		errhandler.Handle(desk.OnAny),
		errhandler.Handle(desk.OnSoldOut),
		errhandler.HandleIs(ErrCancelled, desk.OnCancelled),
	)
}

func Example_errorHandlers() {
	ctx := context.Background()
	env := environment.New(environment.Module("desk",
		environment.Provide(NewDisk),
		environment.Register[Desk](),
		environment.Provide(NewErrors),
	))
	defer shutdown(env)
	manager := environment.Get[*errhandler.Manager](env)
	fmt.Println(manager.Handle(ctx, fmt.Errorf("order 4711: %w", &SoldOutError{"tea"})))
	fmt.Println(manager.Handle(ctx, fmt.Errorf("order 4712: %w", ErrCancelled)))
	fmt.Println(manager.Handle(ctx, errors.New("no paper")))
	// Output:
	// an order of tea is on the disk
	// <nil>
	// <nil>
	// report: no paper
	// no paper
}

func Example_errorHandlerOrder() {
	manager, err := NewErrors(&Desk{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(manager)
	// Output:
	// error handlers:
	//   1  "cancelled"              docs_test.(*Desk).OnCancelled
	//   2  *docs_test.SoldOutError  docs_test.(*Desk).OnSoldOut
	//   3  error                    docs_test.(*Desk).OnAny
}

// count sees the errors of one type and passes them on.
func count(ctx context.Context, err *SoldOutError, next errhandler.Next) error {
	fmt.Println("count:", err)
	return next(ctx, err) // the whole error, though err is a part of it
}

// report sees all that is left.
func report(ctx context.Context, err error, next errhandler.Next) error {
	fmt.Println("report:", err)
	return next(ctx, err) // nothing is below: err comes back
}

func Example_errorNext() {
	manager, err := errhandler.New(errhandler.Handle(count), errhandler.Handle(report))
	if err != nil {
		fmt.Println(err)
		return
	}
	err = manager.Handle(context.Background(), fmt.Errorf("order 4711: %w", &SoldOutError{"tea"}))
	fmt.Println("left:", err)
	// Output:
	// count: tea is sold out
	// report: order 4711: tea is sold out
	// left: order 4711: tea is sold out
}
