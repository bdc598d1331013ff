package eventing

import (
	"context"
	"sync"
	"time"
)

// batches gather the events of one listener. Each comes on the goroutine of its
// worker, from the end of the pipelines, and waits for its outcome. The first one
// of a batch leads it: it waits for the others, and calls the listener.
type batches struct {
	subscription *subscription
	listener     *EventListenerDescriptor
	call         invokeBatch
	slots        chan struct{} // one for each batch that is handled

	// Written by begin, before the workers of the hold work.
	size      int
	receiving context.Context //nolint:containedctx // ends when no more events are to come

	mu   sync.Mutex
	open *batch // the one that takes events, or nil
}

type batch struct {
	envelopes []*Envelope
	full      chan struct{} // closed when it has all it may have
	done      chan struct{} // closed when outcomes is known
	outcomes  []error
}

func newBatches(s *subscription, call invokeBatch) *batches {
	return &batches{subscription: s, listener: s.listener, call: call, slots: make(chan struct{}, s.listener.Concurrency)}
}

// begin is called at the beginning of each hold. A narrow one has one event at a
// time: none is worth waiting for.
func (b *batches) begin(on *hold) {
	b.size, b.receiving = 1, on.receiving
	if on.wide {
		b.size = b.listener.BatchSize
	}
}

// join is the end of the pipelines.
func (b *batches) join(_ context.Context, e *Envelope) error {
	if _, err := e.decoded(); err != nil {
		return err
	}
	joined, at := b.enter(e)
	if at == 0 {
		b.lead(joined) //nolint:contextcheck // a batch has a context of its own: those of its events differ
	} else {
		<-joined.done
	}
	return joined.outcomes[at]
}

// enter adds an event to the open batch, and tells at which place.
func (b *batches) enter(e *Envelope) (joined *batch, at int) {
	b.mu.Lock()
	if b.open == nil {
		b.open = &batch{full: make(chan struct{}), done: make(chan struct{})}
	}
	joined, at = b.open, len(b.open.envelopes)
	joined.envelopes = append(joined.envelopes, e)
	full := at+1 == b.size
	if full {
		b.open = nil
	}
	b.mu.Unlock()
	if full {
		close(joined.full)
	}
	return joined, at
}

// lead has the batch handled. While all slots are taken, events still join.
func (b *batches) lead(led *batch) {
	defer close(led.done) // also when the listener ends this goroutine
	b.gather(led)
	select {
	case b.slots <- struct{}{}:
		defer func() { <-b.slots }()
		b.shut(led)
		b.handle(led)
	case <-b.subscription.base.Done():
		b.shut(led)
		led.outcomes = perEvent(context.Cause(b.subscription.base), len(led.envelopes))
	}
}

// hurried is how long a batch waits once a stop has begun: enough for what is
// in a queue in memory, which is emptied then.
const hurried = 10 * time.Millisecond

// gather waits until the batch is full or old, or no more events are to come.
func (b *batches) gather(led *batch) {
	timer := time.NewTimer(b.listener.BatchAge)
	defer timer.Stop()
	stopping := b.subscription.manager.stopping.Done()
	for {
		select {
		case <-led.full:
		case <-timer.C:
		case <-b.receiving.Done():
		case <-stopping:
			stopping = nil
			timer.Reset(min(b.listener.BatchAge, hurried))
			continue
		}
		return
	}
}

// shut has no more events join the batch.
func (b *batches) shut(led *batch) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open == led {
		b.open = nil
	}
}

// handle calls the listener and notes the outcomes.
func (b *batches) handle(led *batch) {
	ctx := context.Context(&batchContext{Context: b.subscription.base, envelopes: led.envelopes, subscription: b.subscription})
	if timeout := b.listener.Policy.Timeout; timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, timeout, errHandlerTimeout)
		defer cancel()
	}
	var err error
	returned := false
	defer func() { // also on Goexit
		if value := recover(); value != nil {
			err = newPanicError(value)
		} else if !returned {
			err = newPanicError(errGoexit)
		}
		led.outcomes = perEvent(err, len(led.envelopes))
	}()
	err = b.call(ctx, led.envelopes)
	returned = true
}

// batchContext is the context of one call of On.
type batchContext struct {
	context.Context //nolint:containedctx // the parent: this is a context

	envelopes    []*Envelope
	subscription *subscription
}

// Value returns the envelopes, the subscription, or the parent's value.
func (c *batchContext) Value(key any) any {
	switch key {
	case envelopesKey{}:
		return c.envelopes
	case subscriptionKey{}:
		return c.subscription
	}
	return c.Context.Value(key)
}
