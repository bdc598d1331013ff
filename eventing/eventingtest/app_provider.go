package eventingtest

import (
	"context"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// source opens the provider of an app. It is a shared broker's, so that the
// shutdown doesn't have listeners handle what the test has left.
type source struct{ app *App }

// Open returns a provider that tells the app of its work.
func (s source) Open(settings eventing.Settings) (eventing.Provider, error) {
	opened, err := s.app.broker.Open(settings)
	if err != nil {
		return nil, err
	}
	return &provider{Provider: opened.(*memory.Provider), app: s.app}, nil //nolint:forcetypeassert // it is memory's
}

// provider is that of a broker in memory.
type provider struct {
	*memory.Provider

	app *App
}

// Submit notes dead letters.
func (p *provider) Submit(ctx context.Context, message *eventing.Message) (eventing.Receipt, error) {
	p.app.traffic.begin()
	defer p.app.traffic.end()
	receipt, err := p.Provider.Submit(ctx, message)
	if err == nil && message.Target != nil && message.Target.IsDeadLetter() {
		p.app.journey.buried(message)
	}
	return receipt, err
}

// Attach returns a consumer that tells when the queue may be empty.
func (p *provider) Attach(ctx context.Context, queue eventing.Queue, prefetch int) (eventing.Consumer, error) {
	attached, err := p.Provider.Attach(ctx, queue, prefetch)
	if err != nil {
		return nil, err
	}
	return &consumer{Consumer: attached, app: p.app}, nil
}

type consumer struct {
	eventing.Consumer

	app *App
}

// Settle tells that a message may have left.
func (c *consumer) Settle(delivery *eventing.Delivery, disposition eventing.Disposition) error {
	defer c.app.traffic.change()
	return c.Consumer.Settle(delivery, disposition)
}

// Close tells that nobody is going to receive what is left.
func (c *consumer) Close(ctx context.Context) error {
	defer c.app.traffic.change()
	return c.Consumer.Close(ctx)
}
