package eventing

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// lifecycle keeps a start and a stop apart that come at the same time: what
// the start begins is begun before the stop looks at it, or not at all. Its
// lock is never held while a provider, or a user's code, is called.
type lifecycle struct {
	mu       sync.Mutex
	stopping bool                    // nothing begins any more
	steps    map[*beginning]struct{} // on their way
}

// beginning is a step of the start, or a subscription at run time.
type beginning struct {
	name      string
	cancel    context.CancelCauseFunc
	done      chan struct{}
	abandoned bool // a stop has waited in vain
}

var errInterrupted = fmt.Errorf("%w: it was stopped meanwhile", ErrClosed)

// begin begins a step, which ends when done is called. A stop ends its context
// and waits for it.
func (l *lifecycle) begin(ctx context.Context, name string) (_ context.Context, done func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopping {
		return nil, nil, errInterrupted
	}
	ctx, cancel := context.WithCancelCause(ctx)
	begun := &beginning{name: name, cancel: cancel, done: make(chan struct{})}
	if l.steps == nil {
		l.steps = map[*beginning]struct{}{}
	}
	l.steps[begun] = struct{}{}
	return ctx, func() {
		cancel(nil)
		l.mu.Lock()
		delete(l.steps, begun)
		l.mu.Unlock()
		close(begun.done)
	}, nil
}

// unlessStopping calls f with the lock held, or returns false.
func (l *lifecycle) unlessStopping(f func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopping {
		return false
	}
	f()
	return true
}

func (l *lifecycle) isStopping() bool { return !l.unlessStopping(func() {}) }

// stop lets nothing begin any more. It interrupts all steps, and waits until
// they have noticed; in vain only once.
func (l *lifecycle) stop(ctx context.Context) error {
	l.mu.Lock()
	l.stopping = true
	var steps []*beginning
	for begun := range l.steps {
		if !begun.abandoned {
			steps = append(steps, begun)
		}
	}
	l.mu.Unlock()
	for _, begun := range steps {
		begun.cancel(errInterrupted)
	}
	var errs []error
	for _, begun := range steps {
		errs = append(errs, l.await(ctx, begun))
	}
	return errors.Join(errs...)
}

func (l *lifecycle) await(ctx context.Context, begun *beginning) error {
	select {
	case <-begun.done:
		return nil
	case <-ctx.Done():
	}
	l.mu.Lock()
	begun.abandoned = true
	l.mu.Unlock()
	return fmt.Errorf("interrupt %s: its provider ignores that its context is done: %w", begun.name, ctx.Err())
}
