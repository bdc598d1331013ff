package eventing_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// telling is a provider that tells how it and its consumers are.
type telling struct {
	eventing.Provider
	health error
	status atomic.Pointer[eventing.ConsumerStatus]
}

func (p *telling) Health() error { return p.health }

func (p *telling) TransportStats() eventing.TransportStats {
	return eventing.TransportStats{Published: 3, BlockedTime: time.Second}
}

func (p *telling) Attach(ctx context.Context, queue eventing.Queue, prefetch int) (eventing.Consumer, error) {
	consumer, err := p.Provider.Attach(ctx, queue, prefetch)
	return &tellingConsumer{consumer, p}, err
}

type tellingConsumer struct {
	eventing.Consumer
	provider *telling
}

func (c *tellingConsumer) Status() eventing.ConsumerStatus { return *c.provider.status.Load() }

func startTelling(t *testing.T) (*eventing.EventManager, *telling) {
	t.Helper()
	inner, err := memory.New(memory.Config{})
	require.NoError(t, err)
	provider := &telling{Provider: inner}
	provider.status.Store(&eventing.ConsumerStatus{Attached: true, Credit: 32})
	manager, err := eventing.NewEventManager(provider, eventing.Config{Listeners: []any{ignoring()}, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	assert.Nil(t, manager.Subscriptions()[0].Consumer, "there is none yet")
	require.NoError(t, manager.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, manager.Stop(context.Background())) })
	return manager, provider
}

func TestStatusOfAConsumer(t *testing.T) {
	t.Parallel()
	manager, provider := startTelling(t)
	require.NoError(t, manager.Health(t.Context()))
	assert.Equal(t, provider.status.Load(), manager.Subscriptions()[0].Consumer)

	idle := fmt.Errorf("%w: nothing comes", eventing.ErrStalled)
	provider.status.Store(&eventing.ConsumerStatus{Attached: true, Err: idle})
	require.EqualError(t, manager.Health(t.Context()), `listener "orders": eventing: stalled: nothing comes`)
	require.ErrorIs(t, manager.Health(t.Context()), eventing.ErrStalled)

	require.NoError(t, manager.Pause(t.Context(), "orders"))
	require.NoError(t, manager.Health(t.Context()), "a paused listener isn't unhealthy")
	assert.Nil(t, manager.Subscriptions()[0].Consumer)
	require.NoError(t, manager.Resume(t.Context(), "orders"))
	require.Error(t, manager.Health(t.Context()))
}

// TestALostConnectionIsToldOnce, not once for each listener.
func TestALostConnectionIsToldOnce(t *testing.T) {
	t.Parallel()
	manager, provider := startTelling(t)
	lost := errors.New("the connection is lost")
	provider.health = errors.Join(lost, errBroken)
	provider.status.Store(&eventing.ConsumerStatus{Err: lost})
	err := manager.Health(t.Context())
	assert.Equal(t, 1, strings.Count(fmt.Sprint(err), "is lost"), err)
	require.ErrorIs(t, manager.Subscriptions()[0].Consumer.Err, lost)
}

func TestStatsOfTheTransport(t *testing.T) {
	t.Parallel()
	manager, provider := startTelling(t)
	assert.Equal(t, provider.TransportStats(), manager.Stats().Transport)
	other, _ := start(t, eventing.Config{Listeners: []any{ignoring()}})
	assert.Zero(t, other.Stats().Transport)
	assert.Nil(t, other.Subscriptions()[0].Consumer)
}
