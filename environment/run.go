package environment

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Run waits until the process gets SIGINT or SIGTERM, the context ends, or
// [Environment.Stop] is called, and then shuts the environment down. From then
// on a signal has the effect that it had before Run: a second one ends the
// process at once, unless the program catches it too, as it does until it
// calls the stop function of its own [signal.NotifyContext]. If Shutdown is
// called elsewhere, Run waits for it.
//
// It returns the cause that was given to Stop, joined with the errors of the
// shutdown. A signal and the end of the context are no errors.
func (e *Environment) Run(ctx context.Context) error {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	select {
	case <-signals:
	case <-ctx.Done():
	case <-e.stopAsk:
	case <-e.stopping:
	}
	signal.Stop(signals)
	err := e.Shutdown(context.WithoutCancel(ctx))
	if cause := e.cause.Load(); cause != nil {
		return join(*cause, err)
	}
	return err
}

// Stop asks [Environment.Run] to shut the environment down and to return the
// cause, which may be nil. It doesn't wait. Only the first call counts. It may
// be called at any time, also while the environment is booting.
func (e *Environment) Stop(cause error) {
	if e.cause.CompareAndSwap(nil, &cause) {
		close(e.stopAsk)
	}
}
