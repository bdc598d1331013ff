package eventing_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// payment checks itself on the value, refund on the pointer.
type payment struct {
	eventing.Event `event:"name=payment"`
	Amount         int
}

type amountError struct{ amount int }

func (e *amountError) Error() string { return "the amount must be positive" }

func (p payment) Validate() error { return checkAmount(p.Amount) }

type refund struct {
	eventing.Event `event:"name=refund"`
	Amount         int
}

func (r *refund) Validate() error { return checkAmount(r.Amount) }

func checkAmount(amount int) error {
	if amount == 13 {
		panic(errBroken)
	}
	if amount <= 0 {
		return &amountError{amount}
	}
	return nil
}

var (
	_ eventing.Validator = payment{}
	_ eventing.Validator = (*refund)(nil)
)

func TestInvalidEventsAreNotSent(t *testing.T) {
	t.Parallel()
	var outcomes recorder[error]
	provider := &hookedProvider{}
	var sent recorder[string]
	provider.submit = func(_ context.Context, message *eventing.Message) (eventing.Receipt, error) {
		sent.add(string(message.Body))
		return eventing.Confirmed, nil
	}
	manager := startOn(t, provider, eventing.Config{
		Events: []eventing.EventDefinition{eventing.EventOf[payment](), eventing.EventOf[refund]()},
		Pipelines: []any{&sendPipeline{send: func(p *sendPipeline, ctx context.Context, e *eventing.Envelope, d *eventing.EventDescriptor) error {
			e.OnOutcome(outcomes.add)
			return p.ProceedSend(ctx, e, d)
		}}},
	})
	for name, event := range map[string]any{
		"payment": payment{}, "payment ": &payment{Amount: -1}, "refund": refund{}, "refund ": &refund{Amount: -1},
	} {
		err := manager.SendEvent(t.Context(), event)
		require.ErrorIs(t, err, eventing.ErrInvalid, name)
		_, own := errors.AsType[*amountError](err)
		assert.True(t, own, name)
		require.ErrorContains(t, err, `": eventing: invalid event: the amount must be positive`)
	}
	for _, event := range []any{payment{Amount: 13}, &payment{Amount: 13}, refund{Amount: 13}, &refund{Amount: 13}} {
		err := manager.SendEvent(t.Context(), event)
		require.ErrorIs(t, err, eventing.ErrInvalid)
		require.ErrorIs(t, err, errBroken)
		panicked, ok := errors.AsType[*eventing.PanicError](err)
		require.True(t, ok)
		assert.Contains(t, string(panicked.Stack), "checkAmount")
	}
	assert.Empty(t, sent.all())
	assert.Zero(t, manager.Stats().Totals)
	assert.Len(t, outcomes.all(), 8, "the pipelines learn it")

	for _, event := range []any{payment{Amount: 1}, &payment{Amount: 1}, refund{Amount: 1}, &refund{Amount: 1}} {
		require.NoError(t, manager.SendEvent(t.Context(), event))
	}
	assert.Len(t, sent.all(), 4)
}

func TestInvalidEventsAreDeadLettered(t *testing.T) {
	t.Parallel()
	for amount, reason := range map[int]string{0: "the amount must be positive", 13: "panic: broken"} {
		synctest.Test(t, func(t *testing.T) {
			var attempts recorder[error]
			var called recorder[int]
			manager, broker := start(t, eventing.Config{
				Listeners: []any{
					&paymentListener{on: func(_ context.Context, event payment) error { called.add(event.Amount); return nil }},
					&refundListener{on: func(_ context.Context, event refund) error { called.add(event.Amount); return nil }},
				},
				Pipelines: []any{onOutcome(attempts.add)},
			})
			provider, err := broker.Open(eventing.Settings{})
			require.NoError(t, err)
			require.NoError(t, provider.Start(t.Context()))
			body, err := json.Marshal(map[string]int{"Amount": amount})
			require.NoError(t, err)
			for _, event := range []string{"payment", "refund"} {
				_, err := provider.Submit(t.Context(), &eventing.Message{ID: eventing.NewID(), Event: event, Body: body})
				require.NoError(t, err)
			}
			time.Sleep(time.Minute)
			synctest.Wait()
			require.Len(t, attempts.all(), 2, "one attempt for each")
			for _, err := range attempts.all() {
				require.ErrorIs(t, err, eventing.ErrInvalid)
				require.ErrorContains(t, err, reason)
			}
			assert.Empty(t, called.all())
			assert.Equal(t, uint64(2), manager.Stats().DeadLettered)
		})
	}
}

type paymentListener struct {
	eventing.Listener[payment] `listener:"name=payments"`
	on                         func(ctx context.Context, event payment) error
}

func (l *paymentListener) On(ctx context.Context, event payment) error { return l.on(ctx, event) }

type refundListener struct {
	eventing.Listener[refund] `listener:"name=refunds"`
	on                        func(ctx context.Context, event refund) error
}

func (l *refundListener) On(ctx context.Context, event refund) error { return l.on(ctx, event) }
