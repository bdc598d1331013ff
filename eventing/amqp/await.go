package amqp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aspyx-go/aspyx/eventing"
)

// noAnswerError is the end of the time that the broker had for an answer.
type noAnswerError struct{ limit time.Duration }

func (e *noAnswerError) Error() string { return fmt.Sprintf("no answer within %v", e.limit) }

func (e *noAnswerError) Unwrap() []error {
	return []error{eventing.ErrUnavailable, context.DeadlineExceeded}
}

// limit gives the broker its time for one answer: a caller may have set none.
func (p *Provider) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	limit := p.endpoint.connectTimeout
	return context.WithTimeoutCause(ctx, limit, &noAnswerError{limit})
}

// session returns a connection of the supervisor's: see [supervise.Supervisor.Session].
func (p *Provider) session(ctx context.Context, s *supervisor) (*connection, error) {
	p.mu.Lock()
	err := p.usable()
	p.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return s.Session(ctx)
}

// begin runs work in a goroutine of the provider.
func (p *Provider) begin(work func()) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.usable(); err != nil {
		return err
	}
	p.work.Go(work)
	return nil
}

// await runs work in a goroutine of the provider and returns its result, or
// the cause of ctx as soon as that is done: a peer that doesn't read can block
// any call. A result that comes too late goes to discard, unless it is nil.
func await[T any](ctx context.Context, p *Provider, work func() (T, error), discard func(T)) (T, error) {
	type result struct {
		value T
		err   error
	}
	var none T
	results := make(chan result)
	err := p.begin(func() {
		value, err := work()
		select {
		case results <- result{value, err}:
		case <-ctx.Done():
			if err == nil && discard != nil {
				discard(value)
			}
		}
	})
	if err != nil {
		return none, err
	}
	select {
	case got := <-results:
		if got.err != nil && ctx.Err() != nil && errors.Is(got.err, ctx.Err()) {
			return none, context.Cause(ctx)
		}
		return got.value, got.err
	case <-ctx.Done():
		return none, context.Cause(ctx)
	}
}

// do is await for work without a value.
func (p *Provider) do(ctx context.Context, work func() error) error {
	_, err := await(ctx, p, func() (struct{}, error) { return struct{}{}, work() }, nil)
	return err
}
