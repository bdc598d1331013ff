package errhandler_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aspyx-go/aspyx/errhandler"
)

// StockError is an article that is sold out.
type StockError struct{ Article string }

// Error describes the error.
func (e *StockError) Error() string { return e.Article + " is sold out" }

// ErrCancelled is an order that the customer has cancelled.
var ErrCancelled = errors.New("cancelled")

// Shop has handlers for its errors.
type Shop struct{}

// OnSoldOut orders more: the error is handled.
func (s *Shop) OnSoldOut(_ context.Context, err *StockError, _ errhandler.Next) error {
	fmt.Println("order more of", err.Article)
	return nil
}

// OnCancelled has nothing to do.
func (s *Shop) OnCancelled(context.Context, error, errhandler.Next) error { return nil }

// OnAny reports what no other handler is for, and leaves it to the caller.
func (s *Shop) OnAny(_ context.Context, err error, _ errhandler.Next) error {
	fmt.Println("report", err)
	return err
}

func ExampleNew() {
	shop := &Shop{}
	manager, err := errhandler.New(
		errhandler.Handle(shop.OnAny),
		errhandler.Handle(shop.OnSoldOut),
		errhandler.HandleIs(ErrCancelled, shop.OnCancelled),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(manager)

	ctx := context.Background()
	fmt.Println(manager.Handle(ctx, fmt.Errorf("order 4711: %w", &StockError{"tea"})))
	fmt.Println(manager.Handle(ctx, fmt.Errorf("order 4712: %w", ErrCancelled)))
	fmt.Println(manager.Handle(ctx, errors.New("the disk is full")))
	// Output:
	// error handlers:
	//   1  "cancelled"                  errhandler_test.(*Shop).OnCancelled
	//   2  *errhandler_test.StockError  errhandler_test.(*Shop).OnSoldOut
	//   3  error                        errhandler_test.(*Shop).OnAny
	// order more of tea
	// <nil>
	// <nil>
	// report the disk is full
	// the disk is full
}

func ExampleNext() {
	log := func(ctx context.Context, err error, next errhandler.Next) error {
		fmt.Println("log:", err)
		return next(ctx, err)
	}
	count := func(ctx context.Context, err *StockError, next errhandler.Next) error {
		fmt.Println("count:", err)
		return next(ctx, err) // goes on with the whole error
	}
	manager, err := errhandler.New(errhandler.Handle(log), errhandler.Handle(count))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("left:", manager.Handle(context.Background(), fmt.Errorf("order 4711: %w", &StockError{"tea"})))
	// Output:
	// count: tea is sold out
	// log: order 4711: tea is sold out
	// left: order 4711: tea is sold out
}
