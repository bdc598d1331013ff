// Package errhandler calls handlers for errors by the type of the error. It
// knows neither the container nor events; both use it.
//
//	manager, err := errhandler.New(
//		errhandler.HandleIs(sql.ErrNoRows, shop.OnNoRows), // func(ctx context.Context, err error, next errhandler.Next) error
//		errhandler.Handle(shop.OnTimeout),                 // func(ctx context.Context, err *TimeoutError, next errhandler.Next) error
//		errhandler.Handle(shop.OnAny),                     // func(ctx context.Context, err error, next errhandler.Next) error
//	)
//	…
//	return manager.Handle(ctx, err)
//
// # What a handler matches
//
// A handler made by [Handle] matches what [errors.As] finds for its type: the
// error itself or one that it wraps or joins, also by way of a method As. The
// type is a concrete one or an interface; error matches every error. A handler
// for *T doesn't match a T, nor the reverse. A handler made by [HandleIs]
// matches what [errors.Is] finds.
//
// # Order
//
// For each error one handler is called: the most specific one that matches.
//
//  1. Those for a value, by HandleIs. One whose target is another's by
//     [errors.Is] comes before that one.
//  2. Those for a concrete type.
//  3. Those for an interface. One that implements another comes before it.
//  4. Those for error, or an interface that asks for nothing else.
//
// Otherwise the order is that of registration. It is fixed by [New], the same
// in every run, and doesn't depend on the error: where one error wraps another
// and both have a handler for their concrete type, the one registered first is
// called, not that of the outer error. Several handlers for one type or value
// are allowed, since different parts of a program may want to see it; the
// second is called only if the first calls next.
//
// # Going on
//
// No other handler is called unless the handler calls its [Next], with the
// error that it was given or with another. The search goes on below the
// handler, so those above never see the other error, and it always ends. Below
// the last match next returns the error as it is.
//
// A handler for a type is given the part of the error that has this type. If
// it hands that very value on, to next or as its result, this means the whole
// error in which it was found: no wrapping around it and no error joined to it
// is lost. Any other error replaces the whole. Values of a type that can't be
// compared are the same if they are deeply equal.
//
// # Result
//
// What the handler returns is what [Manager.Handle] returns. Nil means that
// the error is handled, all of it: also what was joined to the part that the
// handler was given. An error that no handler matches is returned as it is.
//
// # Panics
//
// A panic in a handler becomes a [*PanicError], which wraps the error that was
// to be handled. It is the result of that handler: if another one has called
// next, next returns it. A panic in a method As, Is or Unwrap of the error is
// treated alike; a Goexit in one isn't.
//
// A runtime.Goexit in a handler, as a test's FailNow calls it, becomes such an
// error too, with the value [ErrGoexit]. It ends all handlers of the error, and
// is the result of Handle. A goroutine that has called Goexit can't be kept
// alive, so handlers run in a goroutine of their own: one for each error that a
// handler matches, none for others. Handle waits until it has ended, however
// long that takes: it is for the handlers to heed their context.
//
// # Concurrency
//
// All functions and methods are safe for concurrent use. A manager never
// changes, and takes no lock. Handlers may be called concurrently.
package errhandler
