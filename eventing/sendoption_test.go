package eventing_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// news is an event that says all there is to say.
type news struct {
	eventing.Event `event:"name=news,ttl=90s,priority=7,durable"`
}

// spying returns a manager whose messages are noted and confirmed.
func spying(t *testing.T, config eventing.Config) (*eventing.EventManager, *recorder[*eventing.Message]) {
	t.Helper()
	sent := &recorder[*eventing.Message]{}
	provider := &hookedProvider{}
	provider.submit = func(_ context.Context, message *eventing.Message) (eventing.Receipt, error) {
		sent.add(message)
		return eventing.Confirmed, nil
	}
	return startOn(t, provider, config), sent
}

func TestOptionsOfASend(t *testing.T) {
	t.Parallel()
	manager, sent := spying(t, eventing.Config{Events: []eventing.EventDefinition{
		eventing.EventOf[order](), eventing.EventOf[news](),
		eventing.EventOf[noEvent](eventing.Name("foreign"), eventing.TTL(time.Minute), eventing.Priority(0)),
	}})
	last := func(event any, options ...eventing.SendOption) *eventing.Message {
		require.NoError(t, manager.SendEvent(t.Context(), event, options...))
		all := sent.all()
		return all[len(all)-1]
	}
	message := last(order{})
	assert.Zero(t, message.Delay)
	assert.Zero(t, message.TTL)
	assert.Equal(t, eventing.DefaultPriority, message.Priority.Int())

	message = last(news{})
	assert.Equal(t, 90*time.Second, message.TTL)
	assert.Equal(t, 7, message.Priority.Int())

	message = last(noEvent{})
	assert.Equal(t, time.Minute, message.TTL)
	assert.Zero(t, message.Priority.Int())

	id := eventing.ParseID("invoice/2026-4711")
	message = last(news{}, eventing.WithDelay(time.Second), eventing.WithTTL(time.Hour), eventing.WithPriority(9), eventing.WithID(id))
	assert.Equal(t, time.Second, message.Delay)
	assert.Equal(t, time.Hour, message.TTL)
	assert.Equal(t, 9, message.Priority.Int())
	assert.Equal(t, id, message.ID)
	assert.Equal(t, "invoice/2026-4711", message.DuplicateID)
}

func TestWrongOptionsAreNotSent(t *testing.T) {
	t.Parallel()
	manager, sent := spying(t, eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[order](), eventing.EventOf[news]()}})
	for want, option := range map[string]eventing.SendOption{
		"WithDelay(-1s) is negative":    eventing.WithDelay(-time.Second),
		"delay is 1m30s, its time to":   eventing.WithDelay(90 * time.Second),
		"WithTTL(0s) must be":           eventing.WithTTL(0),
		"WithTTL(-1s) must be":          eventing.WithTTL(-time.Second),
		"WithTTL(1176h0m0.001s) must":   eventing.WithTTL(49*24*time.Hour + time.Millisecond),
		"WithPriority(-1) must be":      eventing.WithPriority(-1),
		"WithPriority(10) must be":      eventing.WithPriority(10),
		`WithID("") must have 1 to 200`: eventing.WithID(eventing.ID{}),
		`WithID("a\n`:                   eventing.WithID(eventing.ParseID("a\n")),
		`WithID("\xff`:                  eventing.WithID(eventing.ParseID("\xff")),
		`WithID("xxxx`:                  eventing.WithID(eventing.ParseID(strings.Repeat("x", 201))),
	} {
		err := manager.SendEvent(t.Context(), news{}, option)
		require.ErrorIs(t, err, eventing.ErrOption, want)
		require.ErrorContains(t, err, want)
	}
	assert.Empty(t, sent.all())
	assert.Zero(t, manager.Stats().Totals)

	id := eventing.WithID(eventing.NewID())
	err := eventing.SendEvents(t.Context(), manager, []order{{}, {}}, id)
	require.ErrorContains(t, err, "event 0: eventing: option not allowed: WithID gives one id to several events")
	require.ErrorContains(t, err, "event 1: ")
	assert.Empty(t, sent.all())
	require.NoError(t, eventing.SendEvents(t.Context(), manager, []order{{}}, id))
}

// router is a provider that tells whether a queue takes a mandatory message.
type router struct{ hookedProvider }

func (*router) Capabilities() eventing.Capabilities { return eventing.Capabilities{Mandatory: true} }

func (r *router) Open(settings eventing.Settings) (eventing.Provider, error) {
	_, err := r.hookedProvider.Open(settings)
	return r, err
}

func TestMandatoryEvents(t *testing.T) {
	t.Parallel()
	var mandatory recorder[bool]
	provider := &router{}
	provider.submit = func(_ context.Context, message *eventing.Message) (eventing.Receipt, error) {
		mandatory.add(message.Mandatory)
		if message.Mandatory {
			return nil, errors.Join(eventing.ErrRejected, eventing.ErrUnroutable)
		}
		return eventing.Confirmed, nil
	}
	config := eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[order]()}}
	manager := startOn(t, provider, config)
	require.NoError(t, manager.SendEvent(t.Context(), order{}))
	err := manager.SendEvent(t.Context(), order{}, eventing.WithMandatory())
	require.ErrorIs(t, err, eventing.ErrUnroutable)
	require.ErrorIs(t, err, eventing.ErrRejected)
	assert.Equal(t, []bool{false, true}, mandatory.all())

	poor, err := eventing.NewEventManager(newPoorProvider(t), config)
	require.NoError(t, err)
	require.NoError(t, poor.Start(t.Context()))
	err = poor.SendEvent(t.Context(), order{}, eventing.WithMandatory())
	require.ErrorIs(t, err, eventing.ErrOption)
	require.ErrorContains(t, err, "memory can't tell whether a queue takes the event: send it without WithMandatory")
	require.NoError(t, poor.Stop(t.Context()))
}

func TestWrongOptionsOfAnEvent(t *testing.T) {
	t.Parallel()
	type (
		ttlText struct {
			eventing.Event `event:"ttl=soon"`
		}
		ttlZero struct {
			eventing.Event `event:"ttl=0s"`
		}
		ttlLong struct {
			eventing.Event `event:"ttl=1177h"`
		}
		priorityText struct {
			eventing.Event `event:"priority=high"`
		}
		priorityHigh struct {
			eventing.Event `event:"priority=10"`
		}
		both struct {
			eventing.Event `event:"name=a b,ttl=1,priority=-1"`
		}
	)
	for want, definition := range map[string]eventing.EventDefinition{
		"ttlText: option ttl=soon must be a duration like 30s":                 eventing.EventOf[ttlText](),
		"ttlZero: option ttl=0s must be a duration from 1ms to 1176h":          eventing.EventOf[ttlZero](),
		"ttlLong: option ttl=1177h must be":                                    eventing.EventOf[ttlLong](),
		"priorityText: option priority=high must be a whole number":            eventing.EventOf[priorityText](),
		"priorityHigh: option priority=10 must be a whole number from 0":       eventing.EventOf[priorityHigh](),
		`event name "a b" holds ' '`:                                           eventing.EventOf[both](),
		"option ttl=1 must be a duration like":                                 eventing.EventOf[both](),
		"option priority=-1 must be":                                           eventing.EventOf[both](),
		"noEvent: option TTL(-1s) must be":                                     eventing.EventOf[noEvent](eventing.TTL(-time.Second)),
		"noEvent: option Priority(11) must be":                                 eventing.EventOf[noEvent](eventing.Priority(11)),
		"noEvent: option TTL(0s) must be a duration from 1ms to 1176h, which ": eventing.EventOf[noEvent](eventing.TTL(0)),
	} {
		_, err := eventing.NewEventManager(&hookedProvider{}, eventing.Config{Events: []eventing.EventDefinition{definition}})
		require.ErrorContains(t, err, want)
	}
}

// What has failed doesn't vanish: neither the copy for a retry nor the dead
// letter has the event's time to live. Both keep its priority.
func TestCopiesHaveNoTimeToLive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var attempts recorder[int]
		manager, broker := start(t, eventing.Config{Listeners: []any{&laterListener{on: func(ctx context.Context, _ order) error {
			attempts.add(eventing.EnvelopeFrom(ctx).Attempt())
			return errBroken
		}}}})
		require.NoError(t, manager.SendEvent(t.Context(), order{}, eventing.WithTTL(time.Second), eventing.WithPriority(8)))
		time.Sleep(time.Hour)
		synctest.Wait()
		assert.Equal(t, []int{1, 2}, attempts.all())
		letters := deadLetters(t, broker, "later")
		require.Len(t, letters, 1)
		assert.Zero(t, letters[0].TTL)
		assert.Equal(t, 8, letters[0].Priority.Int())
	})
}

// laterListener retries by delayed redelivery.
type laterListener struct {
	eventing.Listener[order] `listener:"name=later,retries=1,backoff=1m"`
	on                       func(ctx context.Context, event order) error
}

func (l *laterListener) On(ctx context.Context, event order) error { return l.on(ctx, event) }
