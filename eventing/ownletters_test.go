package eventing_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// eachServer is called on every server.
type eachServer struct {
	eventing.Listener[order] `listener:"name=each,per_process,retries=0"`
	on                       func(ctx context.Context, event order) error
}

func (l *eachServer) On(ctx context.Context, event order) error { return l.on(ctx, event) }

// TestReplayTakesOnlyTheLettersOfThisServer, since another server's queue isn't
// this manager's.
func TestReplayTakesOnlyTheLettersOfThisServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broker := memory.NewBroker()
		broken := true
		var handled recorder[string]
		servers := map[string]*eventing.EventManager{}
		for _, name := range []string{"north", "south"} {
			provider, err := broker.Open(eventing.Settings{ServerName: name})
			require.NoError(t, err)
			manager, err := eventing.NewEventManager(provider, eventing.Config{
				Logger: slog.New(slog.DiscardHandler),
				Listeners: []any{&eachServer{on: func(context.Context, order) error {
					if broken {
						return errBroken
					}
					handled.add(name)
					return nil
				}}},
			})
			require.NoError(t, err)
			require.NoError(t, manager.Start(t.Context()))
			t.Cleanup(func() { require.NoError(t, manager.Stop(context.Background())) })
			servers[name] = manager
		}
		for id := range 2 {
			require.NoError(t, servers["north"].SendEvent(t.Context(), order{ID: id}))
		}
		synctest.Wait()
		broken = false
		letters, err := eventing.DeadLetters(servers["south"], "each")
		require.NoError(t, err)
		count, err := letters.Count(t.Context(), 10)
		require.NoError(t, err)
		require.Equal(t, 4, count, "all servers' are seen")

		replayed, err := letters.Replay(t.Context(), eventing.Replay{})
		require.NoError(t, err)
		synctest.Wait()
		require.Len(t, replayed, 2)
		for _, letter := range replayed {
			assert.Equal(t, "south", letter.Server)
		}
		assert.Equal(t, []string{"south", "south"}, handled.all())
		left, err := letters.Read(t.Context(), 10)
		require.NoError(t, err)
		require.Len(t, left, 2)
		for _, letter := range left {
			assert.Equal(t, "north", letter.Server, "it stays for its own server")
		}
	})
}
