package eventing

import (
	"context"
	"fmt"
	"sync"
)

// readings are the calls that read dead letters. A stop ends them first: they
// hold consumers.
type readings struct {
	busy    sync.WaitGroup  // grows under the lock of the manager's life, unless that stops
	context context.Context //nolint:containedctx // of all of them
	cancel  context.CancelCauseFunc
}

var errReadingStopped = fmt.Errorf("%w: the manager stops", ErrClosed)

// beginReading returns a context that ends with ctx or the manager's stop. The
// reader calls end when it holds nothing any more.
func (m *EventManager) beginReading(ctx context.Context) (_ context.Context, end func(), err error) {
	if err := m.state.sendable(); err != nil {
		return nil, nil, err
	}
	if !m.life.unlessStopping(func() { m.readings.busy.Add(1) }) {
		return nil, nil, errReadingStopped
	}
	reading, cancel := context.WithCancelCause(ctx)
	release := context.AfterFunc(m.readings.context, func() { cancel(context.Cause(m.readings.context)) })
	return reading, func() {
		release()
		cancel(nil)
		m.readings.busy.Done()
	}, nil
}

// end ends the readers, and waits for them until ctx is done.
func (r *readings) end(ctx context.Context) error {
	r.cancel(errReadingStopped)
	ended := make(chan struct{})
	go func() { // ends with the readers: one that is stuck is its author's
		r.busy.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop a reader of dead letters: it ignores that its context is done: %w", ctx.Err())
	}
}
