package eventing_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// lateProvider is memory, as a broker that outlives it, which says what it does only once it is connected.
type lateProvider struct {
	eventing.Provider
	connected    chan struct{}
	capabilities eventing.Capabilities // from then on
}

var _ eventing.Offline = (*lateProvider)(nil)

func (p *lateProvider) Connected() <-chan struct{} { return p.connected }

func (p *lateProvider) Capabilities() eventing.Capabilities {
	select {
	case <-p.connected:
		return p.capabilities
	default:
		return eventing.Capabilities{}
	}
}

type ticket struct {
	eventing.Event `event:"name=ticket,key=Name"`
	Name           string
}

type ticketListener struct {
	eventing.Listener[ticket] `listener:"name=tickets"`
	handled                   recorder[string]
}

func (l *ticketListener) On(_ context.Context, event ticket) error {
	l.handled.add(event.Name)
	return nil
}

// late is a manager that was started without a broker.
type late struct {
	*eventing.EventManager
	provider *lateProvider
	orders   recorder[int]
	tickets  *ticketListener
	log      bytes.Buffer // read after a synctest.Wait
}

// startLate starts a manager whose provider has the capabilities later.
func startLate(t *testing.T, capabilities eventing.Capabilities) *late {
	t.Helper()
	inMemory, err := memory.New(memory.Config{ServerName: "server"})
	require.NoError(t, err)
	l := &late{provider: &lateProvider{inMemory, make(chan struct{}), capabilities}, tickets: &ticketListener{}}
	l.EventManager, err = eventing.NewEventManager(l.provider, eventing.Config{
		Logger: slog.New(slog.NewTextHandler(&l.log, nil)),
		Listeners: []any{l.tickets, &orderListener{on: func(_ context.Context, event order) error {
			l.orders.add(event.ID)
			return nil
		}}},
	})
	require.NoError(t, err)
	require.NoError(t, l.Start(t.Context()))
	return l
}

func (l *late) stop(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	require.NoError(t, l.Stop(ctx))
}

var all = eventing.Capabilities{Delay: true, Count: true, Groups: true, Mandatory: true}

func TestListenersWaitForTheFirstConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := startLate(t, all)
		defer l.stop(t)
		var dynamic recorder[int]
		_, err := eventing.Subscribe(t.Context(), l.EventManager, func(_ context.Context, event order) error {
			dynamic.add(event.ID)
			return nil
		})
		require.NoError(t, err)
		require.NoError(t, l.SendEvent(t.Context(), order{ID: 1}))
		require.NoError(t, l.SendEvent(t.Context(), ticket{Name: "a"}))
		time.Sleep(time.Hour)
		assert.Empty(t, append(l.orders.all(), dynamic.all()...), "not before it is known what the broker does")
		assert.Empty(t, l.tickets.handled.all())
		assert.False(t, l.Policies()[0].Capabilities.Groups)
		close(l.provider.connected)
		synctest.Wait()
		assert.Equal(t, []int{1}, l.orders.all())
		assert.Equal(t, []int{1}, dynamic.all())
		assert.Equal(t, []string{"a"}, l.tickets.handled.all())
		assert.True(t, l.Policies()[0].Capabilities.Groups)
		require.NoError(t, l.Health(t.Context()))
	})
}

func TestWhatTheBrokerLacksIsRefusedAtTheFirstConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := startLate(t, eventing.Capabilities{Delay: true})
		defer l.stop(t)
		require.NoError(t, l.SendEvent(t.Context(), order{ID: 1}))
		require.NoError(t, l.Health(t.Context()))
		close(l.provider.connected)
		synctest.Wait()
		err := l.Health(t.Context())
		require.ErrorIs(t, err, errors.ErrUnsupported)
		require.ErrorContains(t, err, `listener "tickets" needs the order of events with one key`)
		assert.Contains(t, l.log.String(), "eventing has failed")
		assert.Empty(t, l.orders.all(), "no listener works")
		_, err = eventing.Subscribe(t.Context(), l.EventManager, func(context.Context, order) error { return nil })
		require.ErrorIs(t, err, errors.ErrUnsupported)
	})
}

// TestOptionsWaitForTheFirstConnection: whether they are kept isn't known before.
func TestOptionsWaitForTheFirstConnection(t *testing.T) {
	t.Parallel()
	for name, option := range map[string]eventing.SendOption{
		"delay": eventing.WithDelay(time.Second), "mandatory": eventing.WithMandatory(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := startLate(t, all)
				defer l.stop(t)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				err := l.SendEvent(ctx, order{ID: 1}, option)
				require.ErrorIs(t, err, eventing.ErrNotSent)
				require.ErrorIs(t, err, eventing.ErrUnavailable)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				sent := make(chan error)
				go func() { sent <- l.SendEvent(context.Background(), order{ID: 2}, option) }()
				time.Sleep(time.Second)
				close(l.provider.connected)
				require.NoError(t, <-sent)
				time.Sleep(time.Minute)
				synctest.Wait()
				assert.Equal(t, []int{2}, l.orders.all())
			})
		})
	}
}

func TestOptionsThatTheBrokerLacks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := startLate(t, eventing.Capabilities{Groups: true, Delay: true})
		defer l.stop(t)
		close(l.provider.connected)
		err := l.SendEvent(t.Context(), order{ID: 1}, eventing.WithMandatory())
		require.ErrorIs(t, err, eventing.ErrOption)
	})
}

func TestStopBeforeTheFirstConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := startLate(t, all)
		sent := make(chan error)
		go func() { sent <- l.SendEvent(context.Background(), order{ID: 2}, eventing.WithMandatory()) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		begin := time.Now()
		require.NoError(t, l.Stop(ctx))
		assert.Zero(t, time.Since(begin))
		require.Error(t, <-sent)
	})
}

func TestPauseBeforeTheFirstConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := startLate(t, all)
		defer l.stop(t)
		require.NoError(t, l.Pause(t.Context(), "orders"))
		require.NoError(t, l.SendEvent(t.Context(), order{ID: 1}))
		close(l.provider.connected)
		synctest.Wait()
		assert.Empty(t, l.orders.all())
		require.NoError(t, l.Resume(t.Context(), "orders"))
		synctest.Wait()
		assert.Equal(t, []int{1}, l.orders.all())
	})
}
