package eventing_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// booking is an event with a key. Number counts within an account.
type booking struct {
	eventing.Event `event:"name=order,durable,key=Account"`
	Account        string
	Number         int
}

func entry(account string, number int) booking { return booking{Account: account, Number: number} }

func (b booking) String() string { return fmt.Sprintf("%s%d", b.Account, b.Number) }

// The ledgers handle bookings one at a time, and eight at once.
type (
	ledger struct {
		eventing.Listener[booking] `listener:"name=ledger,retries=2,backoff=100ms"`
		bookingHandler
	}
	wideLedger struct {
		eventing.Listener[booking] `listener:"name=ledger,retries=2,backoff=100ms,concurrency=8"`
		bookingHandler
	}
)

type bookingHandler struct {
	on func(ctx context.Context, event booking) error
}

func (h bookingHandler) On(ctx context.Context, event booking) error { return h.on(ctx, event) }

// listen returns a ledger.
type listen func(on func(ctx context.Context, event booking) error) any

func newLedger(on func(ctx context.Context, event booking) error) any {
	return &ledger{bookingHandler: bookingHandler{on}}
}

func newWideLedger(on func(ctx context.Context, event booking) error) any {
	return &wideLedger{bookingHandler: bookingHandler{on}}
}

var ledgers = map[string]listen{"one at a time": newLedger, "eight at once": newWideLedger}

func book(t *testing.T, manager *eventing.EventManager, bookings ...booking) {
	t.Helper()
	require.NoError(t, eventing.SendEvents(t.Context(), manager, bookings))
}

// moment is what was called with, and when.
type moment struct {
	what string
	at   time.Duration
}

func TestAPauseInPlaceHoldsUpItsKeyOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls recorder[moment]
		begin := time.Now()
		manager, _ := start(t, eventing.Config{Listeners: []any{newLedger(func(ctx context.Context, event booking) error {
			attempt := eventing.EnvelopeFrom(ctx).Attempt()
			calls.add(moment{fmt.Sprintf("%v/%d", event, attempt), time.Since(begin)})
			if event.Account == "a" && attempt < 3 {
				return errBroken
			}
			time.Sleep(10 * time.Millisecond) // the one worker is busy
			return nil
		})}})
		book(t, manager, entry("a", 1), entry("a", 2), entry("b", 1), entry("a", 3), entry("b", 2), entry("", 1))
		time.Sleep(time.Minute)
		ms := time.Millisecond
		assert.Equal(t, []moment{
			{"a1/1", 0},
			{"b1/1", 0},
			{"b2/1", 10 * ms},
			{"1/1", 20 * ms},
			{"a1/2", 100 * ms},
			{"a1/3", 300 * ms},
			{"a2/1", 310 * ms},
			{"a2/2", 410 * ms},
			{"a2/3", 610 * ms},
			{"a3/1", 620 * ms},
			{"a3/2", 720 * ms},
			{"a3/3", 920 * ms},
		}, calls.all())
		assert.Equal(t, eventing.Totals{Sent: 6, Handled: 6, Retried: 6}, manager.Stats().Totals)
	})
}

func TestAKeyGoesOnAfterADeadLetter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls recorder[string]
		manager, broker := start(t, eventing.Config{Listeners: []any{newWideLedger(func(_ context.Context, event booking) error {
			calls.add(event.String())
			if event.Number == 1 {
				return errBroken
			}
			return nil
		})}})
		book(t, manager, entry("a", 1), entry("a", 2), entry("a", 3))
		time.Sleep(time.Minute)
		assert.Equal(t, []string{"a1", "a1", "a1", "a2", "a3"}, calls.all())
		letters := deadLetters(t, broker, "ledger")
		require.Len(t, letters, 1)
		assert.Equal(t, "a", letters[0].Key)
		assert.Equal(t, "3", header(letters[0], "aspyx_attempts"))
	})
}

// TestAKeyedListenerWaitsInPlace, where another would have the broker wait.
func TestAKeyedListenerWaitsInPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls recorder[moment]
		begin := time.Now()
		manager, _ := start(t, eventing.Config{Listeners: []any{newLedger(func(ctx context.Context, event booking) error {
			calls.add(moment{event.String(), time.Since(begin)})
			if event.Number == 1 && eventing.EnvelopeFrom(ctx).Attempt() == 1 {
				return eventing.RetryAfter(errBroken, time.Hour)
			}
			return nil
		})}})
		book(t, manager, entry("a", 1), entry("a", 2), entry("", 1), entry("", 2))
		time.Sleep(2 * time.Hour)
		assert.Equal(t, []moment{
			{"a1", 0}, {"1", 0}, {"2", 0}, {"a1", 2 * time.Second}, {"a2", 2 * time.Second}, {"1", time.Hour},
		}, calls.all(), "an hour only for what has no key")
	})
}

func TestGoexitInAKeyedListener(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls recorder[string]
		manager, broker := start(t, eventing.Config{Listeners: []any{newLedger(func(_ context.Context, event booking) error {
			calls.add(event.String())
			if event.Number == 1 {
				runtime.Goexit()
			}
			return nil
		})}})
		book(t, manager, entry("a", 1), entry("a", 2), entry("b", 1), entry("b", 2))
		time.Sleep(time.Minute)
		for _, account := range []string{"a", "b"} {
			of := slices.DeleteFunc(calls.all(), func(call string) bool { return call[:1] != account })
			assert.Equal(t, []string{account + "1", account + "1", account + "1", account + "2"}, of)
		}
		letters := deadLetters(t, broker, "ledger")
		require.Len(t, letters, 2)
		assert.Contains(t, header(letters[0], "aspyx_error"), "runtime.Goexit")
	})
}

// TestAKeyWaitsForItsDeadLetter has the copies of dead letters fail for a while.
func TestAKeyWaitsForItsDeadLetter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls recorder[moment]
		begin := time.Now()
		provider := &groupingProvider{}
		provider.submit = func(ctx context.Context, message *eventing.Message) (eventing.Receipt, error) {
			if message.Target != nil && time.Since(begin) < time.Minute {
				return nil, errors.Join(eventing.ErrNotSent, errBroken)
			}
			return provider.Provider.Submit(ctx, message)
		}
		manager := startOn(t, provider, eventing.Config{Listeners: []any{newWideLedger(func(_ context.Context, event booking) error {
			calls.add(moment{event.String(), time.Since(begin).Truncate(time.Minute)})
			if event == (booking{Account: "a", Number: 1}) {
				return eventing.Permanent(errBroken)
			}
			return nil
		})}})
		book(t, manager, entry("a", 1), entry("a", 2))
		synctest.Wait()
		book(t, manager, entry("b", 1))
		synctest.Wait()
		require.ErrorContains(t, manager.Health(t.Context()), "held up")
		time.Sleep(time.Hour)
		assert.Equal(t, []moment{{"a1", 0}, {"b1", 0}, {"a2", time.Minute}}, calls.all())
		require.NoError(t, manager.Health(t.Context()))
		assert.Equal(t, eventing.Totals{Sent: 3, Handled: 2, DeadLettered: 1}, manager.Stats().Totals)
	})
}

// groupingProvider is a hooked one that says that it groups.
type groupingProvider struct{ hookedProvider }

func (p *groupingProvider) Open(settings eventing.Settings) (eventing.Provider, error) {
	_, err := p.hookedProvider.Open(settings)
	return p, err
}

func (*groupingProvider) Capabilities() eventing.Capabilities {
	return eventing.Capabilities{Delay: true, Count: true, Groups: true}
}

func TestAKeyedListenerFailsWithItsConsumer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := &groupingProvider{}
		provider.receive = func() error { return errBroken }
		manager := startOn(t, provider, eventing.Config{Listeners: []any{newWideLedger(func(context.Context, booking) error { return nil })}})
		synctest.Wait()
		require.ErrorContains(t, manager.Health(t.Context()), `receive for listener "ledger": broken`)
	})
}
