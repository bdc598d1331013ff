package amqp

import "context"

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
	p.mu.Lock()
	if err := p.usable(); err != nil {
		p.mu.Unlock()
		return none, err
	}
	p.work.Go(func() {
		value, err := work()
		select {
		case results <- result{value, err}:
		case <-ctx.Done():
			if err == nil && discard != nil {
				discard(value)
			}
		}
	})
	p.mu.Unlock()
	select {
	case got := <-results:
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
