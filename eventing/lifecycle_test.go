package eventing_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// hookedProvider is memory, with hooks that stand for a slow or broken broker.
type hookedProvider struct {
	eventing.Provider
	start   func(ctx context.Context) error // before the start
	attach  func(ctx context.Context) error // after each attachment
	receive func() error                    // before each delivery
	settle  func(eventing.Disposition) error
	submit  func(ctx context.Context, message *eventing.Message) (eventing.Receipt, error)
}

func (p *hookedProvider) Start(ctx context.Context) error {
	if p.start != nil {
		if err := p.start(ctx); err != nil {
			return err
		}
	}
	return p.Provider.Start(context.WithoutCancel(ctx))
}

func (p *hookedProvider) Attach(ctx context.Context, queue eventing.Queue, prefetch int) (eventing.Consumer, error) {
	consumer, err := p.Provider.Attach(ctx, queue, prefetch)
	if err == nil && p.attach != nil {
		if err := p.attach(ctx); err != nil {
			return nil, err
		}
	}
	return &hookedConsumer{consumer, p}, err
}

func (p *hookedProvider) Submit(ctx context.Context, message *eventing.Message) (eventing.Receipt, error) {
	if p.submit != nil {
		return p.submit(ctx, message)
	}
	return p.Provider.Submit(ctx, message)
}

type hookedConsumer struct {
	eventing.Consumer
	provider *hookedProvider
}

func (c *hookedConsumer) Settle(delivery *eventing.Delivery, disposition eventing.Disposition) error {
	if c.provider.settle != nil {
		if err := c.provider.settle(disposition); err != nil {
			return err
		}
	}
	return c.Consumer.Settle(delivery, disposition)
}

func (c *hookedConsumer) Receive(ctx context.Context, into *eventing.Delivery) error {
	if c.provider.receive != nil {
		if err := c.provider.receive(); err != nil {
			return err
		}
	}
	return c.Consumer.Receive(ctx, into)
}

// Open makes a hookedProvider a source of itself.
func (p *hookedProvider) Open(settings eventing.Settings) (eventing.Provider, error) {
	if p.Provider == nil {
		var err error
		if p.Provider, err = memory.NewBroker().Open(settings); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// hold returns a hook that holds until it is released, or, unless it is deaf,
// its context is done.
func hold(deaf bool) (hook func(context.Context) error, release func()) {
	released := make(chan struct{})
	return func(ctx context.Context) error {
		done := ctx.Done()
		if deaf {
			done = nil
		}
		select {
		case <-released:
			return nil
		case <-done:
			return context.Cause(ctx)
		}
	}, func() { close(released) }
}

func TestStopDuringStart(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ atAttach, deaf bool }{
		"that connects":              {},
		"that connects, and is deaf": {deaf: true},
		"that attaches":              {atAttach: true},
		"that attaches, and is deaf": {atAttach: true, deaf: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // which fails on goroutines left
				hook, release := hold(test.deaf)
				provider := &hookedProvider{start: hook}
				if test.atAttach {
					provider = &hookedProvider{attach: hook}
				}
				_, err := provider.Open(eventing.Settings{})
				require.NoError(t, err)
				manager, err := eventing.NewEventManager(provider, eventing.Config{
					Listeners: []any{&orderListener{}, &patientListener{}},
					Logger:    slog.New(slog.DiscardHandler),
				})
				require.NoError(t, err)
				started := make(chan error, 1)
				go func() { started <- manager.Start(t.Context()) }()
				synctest.Wait()
				begin := time.Now()
				err = manager.Stop(t.Context())
				if test.deaf {
					require.ErrorContains(t, err, "interrupt the start: its provider ignores that its context is done")
					assert.LessOrEqual(t, time.Since(begin), 30*time.Second)
					release()
				} else {
					require.NoError(t, err)
					assert.Zero(t, time.Since(begin))
				}
				require.ErrorIs(t, <-started, eventing.ErrClosed)
				if test.atAttach || test.deaf {
					require.ErrorIs(t, provider.Err(), eventing.ErrClosed, "the provider has started and must be stopped")
				}
				require.ErrorIs(t, manager.Health(t.Context()), eventing.ErrClosed)
				require.NoError(t, manager.Stop(t.Context()), "a second stop does nothing")
			})
		})
	}
}

// The race detector looks at this.
func TestStartAndStopAtOnce(t *testing.T) {
	t.Parallel()
	for range 200 {
		provider := &hookedProvider{}
		_, err := provider.Open(eventing.Settings{})
		require.NoError(t, err)
		manager, err := eventing.NewEventManager(provider, eventing.Config{Listeners: []any{&orderListener{}, &patientListener{}}})
		require.NoError(t, err)
		started := make(chan error, 1)
		go func() { started <- manager.Start(context.Background()) }()
		require.NoError(t, manager.Stop(t.Context()))
		if err := <-started; err != nil {
			require.ErrorIs(t, err, eventing.ErrClosed)
		}
		require.ErrorIs(t, manager.Health(t.Context()), eventing.ErrClosed)
	}
}

func TestADeadListenerIsUnhealthy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		manager := startOn(t, &hookedProvider{receive: func() error { return errBroken }},
			eventing.Config{Listeners: []any{&orderListener{}}})
		synctest.Wait()
		err := manager.Health(t.Context())
		require.ErrorIs(t, err, errBroken)
		require.ErrorContains(t, err, `receive for listener "orders"`)
	})
}

// ailingProvider is out of order for a while.
type ailingProvider struct {
	hookedProvider
	ailment atomic.Pointer[error]
}

func (p *ailingProvider) Health() error {
	if ailment := p.ailment.Load(); ailment != nil {
		return *ailment
	}
	return nil
}

func TestHealthOfAProviderThatIsOutOfOrderForAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := &ailingProvider{}
		_, err := provider.Open(eventing.Settings{})
		require.NoError(t, err)
		manager, err := eventing.NewEventManager(provider, eventing.Config{})
		require.NoError(t, err)
		require.NoError(t, manager.Start(t.Context()))
		require.NoError(t, manager.Health(t.Context()))
		provider.ailment.Store(&errBroken)
		require.ErrorIs(t, manager.Health(t.Context()), errBroken)
		provider.ailment.Store(nil)
		require.NoError(t, manager.Health(t.Context()))
		require.NoError(t, manager.Stop(t.Context()))
	})
}
