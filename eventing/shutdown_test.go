package eventing_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// books is what listeners use. It can't be used once it is destroyed.
type books struct {
	steps     recorder[string]
	destroyed bool
	stuck     chan struct{}
}

func (l *books) write(step string) error {
	if l.destroyed {
		return errors.New("the books are destroyed")
	}
	l.steps.add(step)
	return nil
}

func (l *books) OnDestroy(context.Context) error {
	l.steps.add("books destroyed")
	l.destroyed = true
	return nil
}

// receiptSent is what a clerk sends.
type receiptSent struct {
	eventing.Event `event:"durable"`
	Order          int
}

// clerk is slow, and sends in the end.
type clerk struct {
	eventing.Listener[order] `listener:"name=clerk,retries=0"`
	Books                    *books                 `inject:""`
	Manager                  *eventing.EventManager `inject:""`
}

func (l *clerk) On(ctx context.Context, event order) error {
	time.Sleep(time.Second)
	if err := l.Books.write("order"); err != nil {
		return err
	}
	return l.Manager.SendEvent(ctx, receiptSent{Order: event.ID})
}

func (l *clerk) OnDestroy(context.Context) error { return l.Books.write("clerk destroyed") }

// vault listens to what is sent during the stop.
type vault struct {
	eventing.Listener[receiptSent] `listener:"name=vault"`
	Books                          *books `inject:""`
}

func (l *vault) On(context.Context, receiptSent) error { return l.Books.write("receipt") }

// sleeper ignores that its context is done.
type sleeper struct {
	eventing.Listener[order] `listener:"name=sleeper"`
	Books                    *books `inject:""`
}

func (l *sleeper) On(context.Context, order) error {
	<-l.Books.stuck
	return nil
}

func office(source eventing.Source, parts ...environment.Part) environment.Part {
	return environment.Module("office", append(parts,
		eventing.Module(source),
		environment.Register[clerk](),
		environment.Register[vault](),
		environment.Provide(func() *books { return &books{stuck: make(chan struct{})} }),
	)...)
}

// What a listener uses lives until it has finished, and it can send meanwhile.
// On a broker of its own an environment also handles what is sent then; a
// shared one keeps it.
func TestShutdownDestroysWhatListenersUseAfterThem(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		source func() eventing.Source
		steps  []string
	}{
		"own broker": {
			func() eventing.Source { return memory.Config{} }, []string{"order", "receipt", "clerk destroyed", "books destroyed"},
		},
		"shared broker": {
			func() eventing.Source { return memory.NewBroker() }, []string{"order", "clerk destroyed", "books destroyed"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				source := test.source()
				env, err := environment.Boot(t.Context(), office(source))
				require.NoError(t, err)
				manager := environment.Get[*eventing.EventManager](env)
				require.NoError(t, manager.SendEvent(t.Context(), order{ID: 1}))
				synctest.Wait() // the clerk is at work
				began := time.Now()
				require.NoError(t, env.Shutdown(context.Background()))
				assert.Equal(t, time.Second, time.Since(began))
				assert.Equal(t, test.steps, environment.Get[*books](env).steps.all())
				assert.Zero(t, manager.Stats().DeadLettered)
				assert.Equal(t, uint64(2), manager.Stats().Sent)
				require.ErrorIs(t, manager.SendEvent(t.Context(), order{}), eventing.ErrClosed)
				if broker, ok := source.(*memory.Broker); ok {
					assertLeft(t, broker, map[string]int{"vault": 1})
				}
			})
		})
	}
}

// assertLeft asserts how many messages each queue has, and that nobody holds any.
func assertLeft(t *testing.T, broker *memory.Broker, want map[string]int) {
	t.Helper()
	for _, q := range broker.Stats() {
		assert.Equal(t, want[q.Queue], q.Messages, "%+v", q)
		assert.Zero(t, q.Unsettled, "%+v", q)
	}
}

// A listener that is stuck costs the time that a stop may take, and nothing of
// what the others have done.
func TestShutdownWithAStuckListener(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broker := memory.NewBroker()
		env, err := environment.Boot(t.Context(), office(broker, environment.Register[sleeper]()))
		require.NoError(t, err)
		require.NoError(t, environment.Get[*eventing.EventManager](env).SendEvent(t.Context(), order{ID: 1}))
		synctest.Wait()
		began := time.Now()
		err = env.Shutdown(context.Background())
		require.ErrorContains(t, err, `stop listener "sleeper": its handler ignores that its context is done`)
		require.NotErrorIs(t, err, environment.ErrAbandoned)
		assert.NotContains(t, err.Error(), "clerk")
		assert.LessOrEqual(t, time.Since(began), 30*time.Second)
		book := environment.Get[*books](env)
		assert.Equal(t, []string{"order", "clerk destroyed", "books destroyed"}, book.steps.all())
		assertLeft(t, broker, map[string]int{"sleeper": 1, "vault": 1})
		close(book.stuck)
		synctest.Wait() // the handler returns, too late
		assertLeft(t, broker, map[string]int{"sleeper": 1, "vault": 1})
	})
}
