package eventing_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

var errBroken = errors.New("broken")

func TestFailuresAreRetriedInPlaceThenDeadLettered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var attempts recorder[int]
		var times recorder[time.Duration]
		begin := time.Now()
		manager, broker := start(t, eventing.Config{Listeners: []any{&orderListener{on: func(ctx context.Context, event order) error {
			if event.ID == 1 {
				attempts.add(eventing.EnvelopeFrom(ctx).Attempt())
				times.add(time.Since(begin))
				return errBroken
			}
			return nil
		}}}})
		require.NoError(t, eventing.SendEvents(t.Context(), manager, []order{{ID: 1}, {ID: 2}}, eventing.WithHeader("tenant", "a")))
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Equal(t, []int{1, 2, 3}, attempts.all())
		assert.Equal(t, []time.Duration{0, 10 * time.Millisecond, 30 * time.Millisecond}, times.all())
		assert.Equal(t, eventing.Totals{Sent: 2, Handled: 1, Retried: 2, DeadLettered: 1}, manager.Stats().Totals)

		letters := deadLetters(t, broker, "orders")
		require.Len(t, letters, 1)
		letter := letters[0]
		assert.JSONEq(t, `{"ID":1}`, string(letter.Body))
		assert.True(t, letter.Durable)
		assert.Equal(t, "broken", header(letter, "aspyx_error"))
		assert.Equal(t, "*errors.errorString", header(letter, "aspyx_error_type"))
		assert.Equal(t, "orders", header(letter, "aspyx_listener"))
		assert.Equal(t, "server", header(letter, "aspyx_server"))
		assert.Equal(t, "3", header(letter, "aspyx_attempts"))
		assert.Equal(t, "order::orders", header(letter, "aspyx_destination"))
		assert.Equal(t, begin.UTC().Format(time.RFC3339Nano), header(letter, "aspyx_first_failure"))
		assert.Equal(t, begin.Add(30*time.Millisecond).UTC().Format(time.RFC3339Nano), header(letter, "aspyx_last_failure"))
		assert.Equal(t, "a", header(letter, "tenant"))
		assert.Equal(t, letter.ID.String()+"#1.orders", letter.DuplicateID)
	})
}

type patientListener struct {
	eventing.Listener[order] `listener:"name=patient,retries=4,backoff=1s"`
	on                       func(ctx context.Context) error
}

func (l *patientListener) On(ctx context.Context, _ order) error { return l.on(ctx) }

func TestLongPausesAreLeftToTheBroker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var times recorder[time.Duration]
		var attempts recorder[int]
		var ids recorder[eventing.ID]
		begin := time.Now()
		manager, broker := start(t, eventing.Config{Listeners: []any{&patientListener{on: func(ctx context.Context) error {
			times.add(time.Since(begin))
			attempts.add(eventing.EnvelopeFrom(ctx).Attempt())
			ids.add(eventing.EnvelopeFrom(ctx).ID())
			return errBroken
		}}}})
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		time.Sleep(time.Hour)
		synctest.Wait()
		// 1 s in place; then 2, 4 and 8 s by the broker.
		assert.Equal(t, []time.Duration{0, time.Second, 3 * time.Second, 7 * time.Second, 15 * time.Second}, times.all())
		assert.Equal(t, []int{1, 2, 3, 4, 5}, attempts.all())
		for _, id := range ids.all() {
			assert.Equal(t, ids.all()[0], id)
		}
		letters := deadLetters(t, broker, "patient")
		require.Len(t, letters, 1)
		assert.Equal(t, "5", header(letters[0], "aspyx_attempts"))
		assert.Equal(t, begin.UTC().Format(time.RFC3339Nano), header(letters[0], "aspyx_first_failure"))
		assert.Equal(t, ids.all()[0].String()+"#4.patient", letters[0].DuplicateID)
	})
}

func TestWhatNoRepetitionMendsIsDeadLetteredAtOnce(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		on      func() error
		message *eventing.Message
		reason  string
		kind    string
	}{
		"a permanent error":       {on: func() error { return eventing.Permanent(errBroken) }, reason: "broken", kind: "*errors.errorString"},
		"a body that isn't JSON":  {message: &eventing.Message{Body: []byte("{")}, reason: `decode event "order" from `},
		"a null body":             {message: &eventing.Message{Body: []byte(" null\n")}, reason: "the body is null"},
		"an empty body":           {message: &eventing.Message{}, reason: `decode event "order"`},
		"a foreign content type":  {message: &eventing.Message{ContentType: "text/xml", Body: []byte("{}")}, reason: "this listener reads application/json only"},
		"an unreadable message":   {message: &eventing.Message{Invalid: errBroken}, reason: "read message: broken"},
		"a foreign attempt":       {message: &eventing.Message{Body: []byte("{}"), Headers: []eventing.Header{{Key: "aspyx_attempt", Value: "x"}}}, reason: `header aspyx_attempt="x" is no number of attempts`},
		"a foreign first failure": {message: &eventing.Message{Body: []byte("{}"), Headers: []eventing.Header{{Key: "aspyx_first_failure", Value: "x"}}}, reason: "is no time of RFC 3339"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				manager, broker := start(t, eventing.Config{Listeners: []any{&orderListener{on: func(_ context.Context, event order) error {
					if event.ID == 7 || test.on == nil {
						return nil
					}
					calls++
					return test.on()
				}}}})
				if test.message == nil {
					require.NoError(t, manager.SendEvent(t.Context(), order{}))
				} else {
					submit(t, broker, test.message)
				}
				require.NoError(t, manager.SendEvent(t.Context(), order{ID: 7}))
				time.Sleep(time.Minute)
				synctest.Wait()
				assert.LessOrEqual(t, calls, 1)
				assert.Equal(t, uint64(1), manager.Stats().Handled, "the next event must flow")
				letters := deadLetters(t, broker, "orders")
				require.Len(t, letters, 1)
				assert.Contains(t, header(letters[0], "aspyx_error"), test.reason)
				if test.kind != "" {
					assert.Equal(t, test.kind, header(letters[0], "aspyx_error_type"))
				}
				assert.False(t, letters[0].ID.IsZero())
			})
		})
	}
}

// submit sends a message as a foreign client would.
func submit(t *testing.T, broker *memory.Broker, message *eventing.Message) {
	t.Helper()
	provider, err := broker.Open(eventing.Settings{})
	require.NoError(t, err)
	require.NoError(t, provider.Start(t.Context()))
	message.Event = "order"
	receipt, err := provider.Submit(t.Context(), message)
	require.NoError(t, err)
	require.NoError(t, receipt.Wait(t.Context()))
	require.NoError(t, provider.Stop(t.Context()))
}

func TestPanicsAndGoexitAreFailures(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		on     func()
		reason string
	}{
		"panic":        {func() { panic("oh no") }, "panic: oh no"},
		"panic(error)": {func() { panic(errBroken) }, "panic: broken"},
		"Goexit":       {runtime.Goexit, "the handler has ended its goroutine by runtime.Goexit"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				manager, broker := start(t, eventing.Config{Listeners: []any{&orderListener{on: func(_ context.Context, event order) error {
					if event.ID == 1 {
						calls++
						test.on()
					}
					return nil
				}}}})
				require.NoError(t, eventing.SendEvents(t.Context(), manager, []order{{ID: 1}, {ID: 2}}))
				time.Sleep(time.Minute)
				synctest.Wait()
				assert.Equal(t, 3, calls)
				assert.Equal(t, uint64(1), manager.Stats().Handled, "the next event must flow")
				letters := deadLetters(t, broker, "orders")
				require.Len(t, letters, 1)
				assert.Equal(t, test.reason, header(letters[0], "aspyx_error"))
			})
		})
	}
}

type hastyListener struct {
	eventing.Listener[order] `listener:"name=hasty,retries=0,timeout=50ms"`
	on                       func(ctx context.Context) error
}

func (l *hastyListener) On(ctx context.Context, _ order) error { return l.on(ctx) }

func TestTimeoutEndsTheHandlersContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		manager, broker := start(t, eventing.Config{Listeners: []any{&hastyListener{on: func(ctx context.Context) error {
			<-ctx.Done()
			assert.NotNil(t, eventing.EnvelopeFrom(ctx))
			return context.Cause(ctx)
		}}}})
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		time.Sleep(time.Minute)
		synctest.Wait()
		letters := deadLetters(t, broker, "hasty")
		require.Len(t, letters, 1)
		assert.Contains(t, header(letters[0], "aspyx_error"), "listener timeout")
	})
}

func TestLongErrorsAreCutAndCleaned(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		manager, broker := start(t, eventing.Config{Listeners: []any{&orderListener{on: func(context.Context, order) error {
			return eventing.Permanent(errors.New("\x00\xff" + strings.Repeat("ä", 5000)))
		}}}})
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		synctest.Wait()
		letters := deadLetters(t, broker, "orders")
		require.Len(t, letters, 1)
		text := header(letters[0], "aspyx_error")
		assert.LessOrEqual(t, len(text), 4096)
		assert.True(t, strings.HasPrefix(text, "\uFFFD\uFFFDää"), text[:20])
		assert.True(t, strings.HasSuffix(text, "ä…"))
	})
}
