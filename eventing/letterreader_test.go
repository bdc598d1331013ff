package eventing_test

import (
	"context"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// TestReplayTellsThatALetterMayStay when its removal fails at the last one.
func TestReplayTellsThatALetterMayStay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fail := false
		provider := &hookedProvider{}
		provider.settle = func(disposition eventing.Disposition) error {
			if fail && disposition == eventing.Accept {
				return errBroken
			}
			return nil
		}
		broken := true
		manager := startOn(t, provider, eventing.Config{Listeners: []any{&orderListener{on: func(context.Context, order) error {
			if broken {
				return eventing.Permanent(errBroken)
			}
			return nil
		}}}})
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		synctest.Wait()
		letters, err := eventing.DeadLetters(manager, "orders")
		require.NoError(t, err)
		fail, broken = true, false
		replayed, err := letters.Replay(t.Context(), eventing.Replay{Max: 1})
		require.ErrorIs(t, err, errBroken)
		assert.Len(t, replayed, 1, "its copy is confirmed")
	})
}

// TestManyLettersKeepTheirOrder though several consumers hold them.
func TestManyLettersKeepTheirOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const all = 100
		var on func(context.Context, order) error
		_, letters := failing(t, all, &on)
		for range 2 {
			read, err := letters.Read(t.Context(), 1000)
			require.NoError(t, err)
			require.Len(t, read, all)
			for i, letter := range read {
				require.Equal(t, `{"ID":`+strconv.Itoa(i)+`}`, string(letter.Body))
			}
		}
		replayed, err := letters.Replay(t.Context(), eventing.Replay{
			DryRun: true, Select: func(letter *eventing.DeadLetter) bool { return len(letter.Body) == len(`{"ID":10}`) },
		})
		require.NoError(t, err)
		assert.Len(t, replayed, 90)
	})
}

// TestLargeLettersAreNotHeldAllAtOnce shares one body among them.
func TestLargeLettersAreNotHeldAllAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broker, err := memory.Config{MaxBytes: 1 << 30}.NewBroker()
		require.NoError(t, err)
		manager := startOn(t, broker, eventing.Config{Listeners: []any{&orderListener{on: func(context.Context, order) error { return nil }}}})
		letters, err := eventing.DeadLetters(manager, "orders")
		require.NoError(t, err)
		provider, err := broker.Open(eventing.Settings{})
		require.NoError(t, err)
		require.NoError(t, provider.Start(t.Context()))
		dead := eventing.Queue{Event: "order", Listener: "orders"}.DeadLetter()
		body := make([]byte, 8<<20)
		for range 10 {
			receipt, err := provider.Submit(t.Context(), &eventing.Message{ID: eventing.NewID(), Event: "order", Target: &dead, Body: body})
			require.NoError(t, err)
			require.NoError(t, receipt.Wait(t.Context()))
		}
		require.NoError(t, provider.Stop(t.Context()))

		const held = 9 // more than 64 MiB
		read, err := letters.Read(t.Context(), 100)
		require.ErrorIs(t, err, eventing.ErrMoreLetters)
		assert.Len(t, read, held)
		count, err := letters.Count(t.Context(), 100)
		require.ErrorIs(t, err, eventing.ErrMoreLetters)
		assert.Equal(t, held, count)
		read, err = letters.Read(t.Context(), held)
		require.NoError(t, err, "no more were asked for")
		assert.Len(t, read, held)
		replayed, err := letters.Replay(t.Context(), eventing.Replay{DryRun: true})
		require.ErrorIs(t, err, eventing.ErrMoreLetters)
		assert.Len(t, replayed, held)
		count, err = letters.Purge(t.Context(), 1000)
		require.NoError(t, err)
		assert.Equal(t, 10, count, "what is purged isn't held")
	})
}

// TestAStopEndsReaders before it drains: they hold the letters.
func TestAStopEndsReaders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var on func(context.Context, order) error
		manager, letters := failing(t, 3, &on)
		replaying := make(chan error)
		go func() {
			_, err := letters.Replay(context.Background(), eventing.Replay{Max: 3, Rate: 1, Select: func(*eventing.DeadLetter) bool {
				on = func(context.Context, order) error { return nil }
				return true
			}})
			replaying <- err
		}()
		synctest.Wait() // it pauses after the first
		begin := time.Now()
		stopped := make(chan error)
		go func() { stopped <- manager.Stop(context.Background()) }()
		err := <-replaying
		require.ErrorIs(t, err, eventing.ErrClosed)
		require.ErrorContains(t, err, "the manager stops")
		require.NoError(t, <-stopped)
		assert.Zero(t, time.Since(begin))
	})
}

// TestAStuckReaderCannotHoldUpTheStop: it is its author's.
func TestAStuckReaderCannotHoldUpTheStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var on func(context.Context, order) error
		failed := []any{&orderListener{on: func(ctx context.Context, event order) error { return on(ctx, event) }}}
		on = func(context.Context, order) error { return eventing.Permanent(errBroken) }
		provider, err := memory.NewBroker().Open(eventing.Settings{ServerName: "server"})
		require.NoError(t, err)
		manager, err := eventing.NewEventManager(provider, eventing.Config{Listeners: failed})
		require.NoError(t, err)
		require.NoError(t, manager.Start(t.Context()))
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		synctest.Wait()
		letters, err := eventing.DeadLetters(manager, "orders")
		require.NoError(t, err)
		release, read := make(chan struct{}), make(chan error)
		go func() {
			_, err := letters.Replay(context.Background(), eventing.Replay{DryRun: true, Select: func(*eventing.DeadLetter) bool {
				<-release
				return true
			}})
			read <- err
		}()
		synctest.Wait()
		begin := time.Now()
		err = manager.Stop(context.Background())
		require.ErrorContains(t, err, "stop a reader of dead letters")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.LessOrEqual(t, time.Since(begin), 30*time.Second)
		close(release)
		require.ErrorIs(t, <-read, eventing.ErrClosed)
		_, err = letters.Read(t.Context(), 1)
		require.ErrorIs(t, err, eventing.ErrClosed)
	})
}
