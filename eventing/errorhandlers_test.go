package eventing_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/errhandler"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

type stockError struct{ article string }

func (e *stockError) Error() string { return "no " + e.article }

func handlersOf(t *testing.T, handlers ...errhandler.Handler) *errhandler.Manager {
	t.Helper()
	manager, err := errhandler.New(handlers...)
	require.NoError(t, err)
	return manager
}

// TestWhatErrorHandlersReturnCounts is about a listener with two retries.
func TestWhatErrorHandlersReturnCounts(t *testing.T) {
	t.Parallel()
	failed := func() error { return fmt.Errorf("on: %w", &stockError{"tea"}) }
	stock := func(result func(error) error) errhandler.Handler {
		return errhandler.Handle(func(ctx context.Context, err *stockError, next errhandler.Next) error {
			if eventing.EnvelopeFrom(ctx) == nil {
				return eventing.Permanent(errors.New("the context isn't the attempt's"))
			}
			return result(err)
		})
	}
	for name, test := range map[string]struct {
		on       func() error
		handler  errhandler.Handler
		attempts int
		letter   string
	}{
		"nil acknowledges":          {failed, stock(func(error) error { return nil }), 1, ""},
		"an error is tried again":   {failed, stock(func(err error) error { return err }), 3, "on: no tea"},
		"another error counts":      {failed, stock(func(error) error { return eventing.Permanent(errBroken) }), 1, "broken"},
		"a panic is an error":       {failed, stock(func(error) error { panic("oh no") }), 3, "oh no"},
		"a Goexit is one too":       {failed, stock(func(error) error { runtime.Goexit(); return nil }), 3, "runtime.Goexit"},
		"nobody handles it":         {func() error { return errBroken }, stock(func(error) error { return nil }), 3, "broken"},
		"a panic of the listener":   {func() error { panic("oh no") }, anyError, 1, ""},
		"a Goexit of the listener":  {func() error { runtime.Goexit(); return nil }, anyError, 1, ""},
		"a drop isn't an error":     {func() error { return eventing.Drop }, stock(func(err error) error { return err }), 1, ""},
		"permanent stays permanent": {func() error { return eventing.Permanent(failed()) }, stock(func(err error) error { return err }), 1, "no tea"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var calls, outcomes recorder[error]
				manager, broker := start(t, eventing.Config{
					Listeners: []any{&orderListener{on: func(context.Context, order) error {
						calls.add(nil)
						return test.on()
					}}},
					Pipelines:     []any{onOutcome(outcomes.add)},
					ErrorHandlers: handlersOf(t, test.handler),
				})
				require.NoError(t, manager.SendEvent(t.Context(), order{}))
				time.Sleep(time.Minute)
				assert.Len(t, calls.all(), test.attempts)
				assert.Len(t, outcomes.all(), test.attempts)
				letters := deadLetters(t, broker, "orders")
				if test.letter == "" {
					assert.Empty(t, letters)
					return
				}
				require.Len(t, letters, 1)
				assert.Contains(t, header(letters[0], "aspyx_error"), test.letter)
			})
		})
	}
}

var anyError = errhandler.Handle(func(context.Context, error, errhandler.Next) error { return nil })

func TestErrorHandlersHaveTheTimeOfTheAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		manager, _ := start(t, eventing.Config{
			Listeners: []any{&soleListener{}},
			Policies:  []eventing.ListenerPolicy{eventing.PolicyFor[soleListener](eventing.Policy{Timeout: time.Second})},
			ErrorHandlers: handlersOf(t, errhandler.Handle(func(ctx context.Context, err error, _ errhandler.Next) error {
				<-ctx.Done()
				return err
			})),
		})
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		time.Sleep(time.Second)
		synctest.Wait()
		assert.Equal(t, uint64(1), manager.Stats().DeadLettered)
	})
}

func TestErrorHandlersOfTheContainer(t *testing.T) {
	t.Parallel()
	answer := func() *errhandler.Manager { return handlersOf(t, anyError) }
	parts := func(more ...environment.Part) environment.Part {
		return environment.Module("test", append(more, eventing.Module(memory.Config{}), environment.Register[soleListener]())...)
	}
	synctest.Test(t, func(t *testing.T) {
		env, err := environment.Boot(t.Context(), parts(environment.Provide(answer)))
		require.NoError(t, err)
		manager := environment.Get[*eventing.EventManager](env)
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		require.NoError(t, env.Shutdown(t.Context()))
		assert.Equal(t, eventing.Totals{Sent: 1, Handled: 1}, manager.Stats().Totals)
	})
	other := func() *errhandler.Manager { return handlersOf(t) }
	err := environment.Validate(parts(environment.Provide(answer, environment.Named("one")), environment.Provide(other, environment.Named("two"))))
	require.ErrorContains(t, err, "eventing takes one *errhandler.Manager, and there is another")
}

// TestErrorHandlersAreFoundLikeListeners, wherever the modules provide them: the
// most specific one comes first.
func TestErrorHandlersAreFoundLikeListeners(t *testing.T) {
	t.Parallel()
	var told recorder[string]
	handler := func(name string, match error) func() errhandler.Handler {
		return func() errhandler.Handler {
			note := func(ctx context.Context, err error, next errhandler.Next) error {
				told.add(name)
				if match == nil {
					return nil
				}
				return next(ctx, err)
			}
			if match == nil {
				return errhandler.Handle(note)
			}
			return errhandler.HandleIs(match, note)
		}
	}
	parts := func(more ...environment.Part) environment.Part {
		return environment.Module("test", append(more,
			environment.Module("other", environment.Provide(handler("any", nil), environment.Named("any"))),
			environment.Provide(handler("broken", errBroken), environment.Named("broken")),
			eventing.Module(memory.Config{}), environment.Register[soleListener]())...)
	}
	synctest.Test(t, func(t *testing.T) {
		env, err := environment.Boot(t.Context(), parts())
		require.NoError(t, err)
		manager := environment.Get[*eventing.EventManager](env)
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		require.NoError(t, env.Shutdown(t.Context()))
		assert.Equal(t, []string{"broken", "any"}, told.all())
		assert.Equal(t, eventing.Totals{Sent: 1, Handled: 1}, manager.Stats().Totals)
	})
	manager := func() *errhandler.Manager { return handlersOf(t, anyError) }
	err := environment.Validate(parts(environment.Provide(manager)))
	require.ErrorContains(t, err, "eventing takes single errhandler.Handlers or one *errhandler.Manager, and there is one")
}
