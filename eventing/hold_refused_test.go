package eventing_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// refusing is a provider that refuses to attach while there is a reason. The
// first attachment is free.
type refusing struct {
	eventing.Provider
	attached atomic.Int32
	reason   atomic.Pointer[error]
}

func (r *refusing) Attach(ctx context.Context, queue eventing.Queue, prefetch int) (eventing.Consumer, error) {
	if reason := r.reason.Load(); reason != nil && r.attached.Load() > 0 {
		return nil, fmt.Errorf("attach to %s: %w", queue, *reason)
	}
	r.attached.Add(1)
	return r.Provider.Attach(ctx, queue, prefetch)
}

func startRefusing(t *testing.T, reason error, on func(order) error) (*eventing.EventManager, *refusing) {
	t.Helper()
	broker := memory.NewBroker()
	leaveUnsettled(t, broker, 1, 1)
	provider, err := broker.Open(eventing.Settings{ServerName: "server"})
	require.NoError(t, err)
	r := &refusing{Provider: provider}
	r.reason.Store(&reason)
	return startCrowd(t, r, &crowd{on: on}), r
}

// TestAQueueThatIsStillInUse: where the connection was lost meanwhile, the
// broker may take the former consumer to be alive for a while.
func TestAQueueThatIsStillInUse(t *testing.T) {
	t.Parallel()
	for _, reason := range []error{eventing.ErrQueueInUse, eventing.ErrUnavailable} {
		synctest.Test(t, func(t *testing.T) {
			var calls recorder[order]
			manager, provider := startRefusing(t, reason, func(event order) error { calls.add(event); return nil })
			time.Sleep(time.Minute)
			err := manager.Health(t.Context())
			require.ErrorIs(t, err, reason)
			require.ErrorContains(t, err, `listener "crowd" is held up: attach again`)
			require.ErrorIs(t, manager.Subscriptions()[0].HeldUp, reason)
			assert.Empty(t, calls.all())

			provider.reason.Store(nil)
			time.Sleep(time.Minute)
			require.NoError(t, manager.Health(t.Context()))
			assert.Len(t, calls.all(), 1)
		})
	}
}

func TestPauseAndStopOfAListenerThatCantAttachAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		manager, provider := startRefusing(t, eventing.ErrQueueInUse, func(order) error { return nil })
		time.Sleep(time.Minute)
		require.NoError(t, manager.Pause(t.Context(), "crowd"))
		require.NoError(t, manager.Health(t.Context()))
		require.ErrorIs(t, manager.Resume(t.Context(), "crowd"), eventing.ErrQueueInUse)
		provider.reason.Store(nil)
		require.NoError(t, manager.Resume(t.Context(), "crowd"))
		synctest.Wait()
		assert.Equal(t, uint64(1), manager.Stats().Handled)
	})
	synctest.Test(t, func(t *testing.T) {
		manager, _ := startRefusing(t, eventing.ErrQueueInUse, func(order) error { return nil })
		time.Sleep(time.Minute)
		begin := time.Now()
		require.NoError(t, manager.Stop(t.Context()))
		assert.Zero(t, time.Since(begin))
	})
}

// TestAnotherReasonNotToAttachIsAFailure: it isn't known to go away.
func TestAnotherReasonNotToAttachIsAFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		manager, provider := startRefusing(t, errBroken, func(order) error { return nil })
		synctest.Wait()
		provider.reason.Store(nil)
		time.Sleep(time.Minute)
		require.ErrorIs(t, manager.Health(t.Context()), errBroken)
	})
}
