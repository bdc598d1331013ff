package eventing_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// onOutcome is a pipeline that has f told how each attempt has ended.
func onOutcome(f func(error)) *handlePipeline {
	return &handlePipeline{handle: func(p *handlePipeline, ctx context.Context, e *eventing.Envelope, d *eventing.EventListenerDescriptor) error {
		e.OnOutcome(f)
		return p.ProceedHandle(ctx, e, d)
	}}
}

func TestOnOutcomeTellsHowEachAttemptHasEnded(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		on   func() error
		want []string
	}{
		"handled": {func() error { return nil }, []string{""}},
		"failed":  {func() error { return errBroken }, []string{"broken", "broken", "broken"}},
		"panic":   {func() error { panic("oh no") }, []string{"panic: oh no", "panic: oh no", "panic: oh no"}},
		"Goexit": {func() error { runtime.Goexit(); return nil }, []string{
			"the handler has ended its goroutine by runtime.Goexit",
			"the handler has ended its goroutine by runtime.Goexit",
			"the handler has ended its goroutine by runtime.Goexit",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var outcomes recorder[string]
				manager, _ := start(t, eventing.Config{
					Listeners: []any{&orderListener{on: func(context.Context, order) error { return test.on() }}},
					Pipelines: []any{onOutcome(func(err error) { outcomes.add(errorText(err)) })},
				})
				require.NoError(t, manager.SendEvent(t.Context(), order{}))
				time.Sleep(time.Minute)
				synctest.Wait()
				assert.Equal(t, test.want, outcomes.all())
			})
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestWhatOnOutcomeDoesChangesNothing(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(){"panic": func() { panic("oh no") }, "Goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				var outcomes recorder[error]
				var ids recorder[int]
				manager, broker := start(t, eventing.Config{
					Listeners: []any{&orderListener{on: func(_ context.Context, event order) error {
						ids.add(event.ID)
						return nil
					}}},
					Pipelines: []any{onOutcome(outcomes.add), onOutcome(func(error) { do() })},
					Logger:    slog.New(slog.NewTextHandler(&log, nil)),
				})
				require.NoError(t, eventing.SendEvents(t.Context(), manager, []order{{ID: 1}, {ID: 2}}))
				time.Sleep(time.Minute)
				synctest.Wait()
				assert.Equal(t, []int{1, 2}, ids.all())
				assert.Equal(t, []error{nil, nil}, outcomes.all())
				assert.Equal(t, eventing.Totals{Sent: 2, Handled: 2}, manager.Stats().Totals)
				assert.Empty(t, deadLetters(t, broker, "orders"))
				if name == "panic" {
					assert.Contains(t, log.String(), `msg=panic in=OnOutcome value="oh no"`)
				}
			})
		})
	}
}

func TestAllOutcomesAreToldThoughOnePanics(t *testing.T) {
	t.Parallel()
	var outcomes recorder[error]
	manager, _ := start(t, eventing.Config{
		Events: []eventing.EventDefinition{eventing.EventOf[order]()},
		Pipelines: []any{&sendPipeline{send: func(p *sendPipeline, ctx context.Context, e *eventing.Envelope, d *eventing.EventDescriptor) error {
			e.OnOutcome(func(error) { panic("oh no") })
			e.OnOutcome(outcomes.add)
			return p.ProceedSend(ctx, e, d)
		}}},
	})
	require.NoError(t, manager.SendEvent(t.Context(), order{}))
	assert.Equal(t, []error{nil}, outcomes.all())
}

func TestARecoveryFromAHoldUpIsLoggedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		refusals := 3
		provider := &hookedProvider{}
		provider.submit = func(ctx context.Context, message *eventing.Message) (eventing.Receipt, error) {
			if message.Target != nil && refusals > 0 {
				refusals--
				return nil, errors.Join(eventing.ErrNotSent, errBroken)
			}
			return provider.Provider.Submit(ctx, message)
		}
		manager := startOn(t, provider, eventing.Config{
			Listeners: []any{&orderListener{on: func(context.Context, order) error { return eventing.Permanent(errBroken) }}},
			Logger:    slog.New(slog.NewTextHandler(&log, nil)),
		})
		require.NoError(t, manager.SendEvent(t.Context(), order{ID: 1}))
		time.Sleep(500 * time.Millisecond)
		require.ErrorContains(t, manager.Health(t.Context()), `listener "orders" is held up`)
		time.Sleep(time.Minute)
		synctest.Wait()
		require.NoError(t, manager.Health(t.Context()))
		require.NoError(t, manager.SendEvent(t.Context(), order{ID: 2})) // isn't held up
		synctest.Wait()
		assert.Equal(t, uint64(2), manager.Stats().DeadLettered)
		assert.Equal(t, 1, strings.Count(log.String(), `level=WARN msg="listener is held up" listener=orders`))
		assert.Equal(t, 1, strings.Count(log.String(), `level=INFO msg="listener goes on" listener=orders`))
	})
}
