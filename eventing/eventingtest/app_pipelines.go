package eventingtest

import (
	"context"
	"sync"

	"github.com/aspyx-go/aspyx/eventing"
)

// outermost sees a send from its beginning, and an attempt as the failure policy
// does.
type outermost struct {
	eventing.AbstractEnvelopePipeline `pipeline:"order=-9223372036854775808"`

	app *App
}

// Send counts what is on its way.
func (p *outermost) Send(ctx context.Context, envelope *eventing.Envelope, event *eventing.EventDescriptor) error {
	p.app.traffic.begin()
	defer p.app.traffic.end()
	return p.ProceedSend(ctx, envelope, event)
}

// Handle notes how the attempt has ended.
func (p *outermost) Handle(ctx context.Context, envelope *eventing.Envelope, listener *eventing.EventListenerDescriptor) error {
	envelope.OnOutcome(func(err error) { p.app.journey.attempted(envelope, listener, err) })
	return p.ProceedHandle(ctx, envelope, listener)
}

// innermost sees what the other pipelines let through.
type innermost struct {
	eventing.AbstractEnvelopePipeline `pipeline:"order=9223372036854775807"`

	app *App
}

// Send notes what is handed over. In memory that is confirmed at once.
func (p *innermost) Send(ctx context.Context, envelope *eventing.Envelope, event *eventing.EventDescriptor) error {
	sent := p.app.journey.sending(envelope, event)
	err := p.ProceedSend(ctx, envelope, event)
	if err == nil {
		p.app.journey.sent(sent)
	}
	return err
}

// Handle takes the listener's place where that is to fail.
func (p *innermost) Handle(ctx context.Context, envelope *eventing.Envelope, listener *eventing.EventListenerDescriptor) error {
	if err := p.app.failures.take(listener.Name); err != nil {
		return err
	}
	return p.ProceedHandle(ctx, envelope, listener)
}

// failures are those that were ordered by [App.Fail].
type failures struct {
	mu         sync.Mutex
	byListener map[string]failure
}

type failure struct {
	times int
	err   error
}

func (f *failures) set(listener string, times int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byListener == nil {
		f.byListener = map[string]failure{}
	}
	f.byListener[listener] = failure{times, err}
}

// take returns the error of this attempt, if it is to fail.
func (f *failures) take(listener string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	next, ok := f.byListener[listener]
	if !ok || next.times == 0 {
		return nil
	}
	if next.times != Always {
		next.times--
	}
	f.byListener[listener] = next
	return next.err
}
