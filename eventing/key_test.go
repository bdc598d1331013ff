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

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// code is a text of its own.
type code struct{ text string }

func (c code) MarshalText() ([]byte, error) {
	switch c.text {
	case "error":
		return nil, errBroken
	case "panic":
		panic("broken")
	}
	return []byte("code " + c.text), nil
}

type base struct{ Region string }

// keyed has a field of each kind that a key may have, and of others.
type keyed struct {
	base
	*Far
	Text     string
	Number   int16
	Size     uint64
	Code     code
	Pointer  *code
	Customer struct{ ID string }
	Flag     bool
	Until    *time.Time
	hidden   string
}

// Far is embedded by pointer.
type Far struct{ Away string }

func TestKeysOfEvents(t *testing.T) {
	t.Parallel()
	event := keyed{base: base{"north"}, Text: "text", Number: -7, Size: 1 << 63, Code: code{"x"}, Pointer: &code{"y"}}
	event.Customer.ID = "4711"
	for field, want := range map[string]string{
		"Text": "text", "Number": "-7", "Size": "9223372036854775808", "Code": "code x", "Pointer": "code y",
		"Region": "north", "Customer.ID": "4711", "Until": "",
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			manager, sent := spying(t, eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[keyed](eventing.Key(field))}})
			require.NoError(t, manager.SendEvent(t.Context(), event))
			require.NoError(t, manager.SendEvent(t.Context(), &event))
			require.NoError(t, manager.SendEvent(t.Context(), event, eventing.WithKey("other")))
			all := sent.all()
			assert.Equal(t, []string{want, want, "other"}, []string{all[0].Key, all[1].Key, all[2].Key})
		})
	}
}

func TestWrongKeysAreNotSent(t *testing.T) {
	t.Parallel()
	manager, sent := spying(t, eventing.Config{Events: []eventing.EventDefinition{
		eventing.EventOf[news](), eventing.EventOf[booking](), eventing.EventOf[keyed](eventing.Key("Code")),
	}})
	long := strings.Repeat("x", eventing.MaxKeyBytes)
	for name, test := range map[string]struct {
		event  any
		option eventing.SendOption
		want   string
	}{
		"an empty one":        {booking{}, eventing.WithKey(""), `WithKey("") must have 1 to 200 bytes of UTF-8 without NUL`},
		"a long one":          {booking{}, eventing.WithKey(long + "x"), "must have 1 to 200 bytes"},
		"no text":             {booking{}, eventing.WithKey("\xff"), "UTF-8"},
		"a NUL":               {booking{}, eventing.WithKey("a\x00"), "NUL"},
		"a long field":        {booking{Account: long + "x"}, nil, `field Account, the key of event "order": eventing: option not allowed: "xxx`},
		"an event without":    {news{}, eventing.WithKey("a"), `event "news" has no key: give it one by key=… in its tag, or by Key`},
		"two that are wrong":  {booking{Account: "\x00"}, eventing.WithKey(""), "WithKey"},
		"beside another sent": {&news{}, eventing.WithKey("a"), "has no key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var options []eventing.SendOption
			if test.option != nil {
				options = append(options, test.option)
			}
			err := manager.SendEvent(t.Context(), test.event, options...)
			require.ErrorIs(t, err, eventing.ErrOption)
			require.ErrorContains(t, err, test.want)
		})
	}
	require.ErrorIs(t, manager.SendEvent(t.Context(), keyed{Code: code{"error"}}), errBroken)
	err := manager.SendEvent(t.Context(), keyed{Code: code{"panic"}})
	panicked, ok := errors.AsType[*eventing.PanicError](err)
	require.True(t, ok)
	assert.Equal(t, "broken", panicked.Value)
	assert.Empty(t, sent.all())
	require.NoError(t, manager.SendEvent(t.Context(), booking{Account: long}), "the longest")
	require.NoError(t, manager.SendEvent(t.Context(), booking{Account: long + "x"}, eventing.WithKey("short")), "it is in its place")
}

// badKey is an event whose field doesn't exist.
type badKey struct {
	eventing.Event `event:"key=Acount"`
	Account        string
}

func TestWrongKeysOfATypeAreRefused(t *testing.T) {
	t.Parallel()
	for field, want := range map[string]string{
		"Texd":        "key Texd: eventing_test.keyed has no exported field Texd: did you mean Text?",
		"hidden":      "no exported field hidden: it has ",
		"Customer.Id": `has no exported field Id: did you mean ID?`,
		"Text.ID":     "key Text.ID: string is no struct, so that it has no field ID",
		"Flag":        "key Flag has the type bool: it must be a string, an integer or an encoding.TextMarshaler",
		"Customer":    "key Customer has the type",
		"Away":        "key Away: field Away is behind an embedded pointer",
		"":            `option Key("") must name a field`,
		"Text.":       "is no struct",
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			_, err := eventing.NewEventManager(&hookedProvider{}, eventing.Config{
				Events: []eventing.EventDefinition{eventing.EventOf[keyed](eventing.Key(field))},
			})
			require.ErrorContains(t, err, want)
		})
	}
	err := environment.Validate(environment.Module("test", eventing.Module(memory.Config{}), environment.Register[badKey]()))
	require.ErrorContains(t, err, "event eventing_test.badKey: key Acount: eventing_test.badKey has no exported field Acount: did you mean Account?")
}

func TestAKeyedListenerWhosePolicyDoesNotFitIsRefused(t *testing.T) {
	t.Parallel()
	for name, policy := range map[string]eventing.Policy{
		"the pauses are too long":       {Retries: 5},
		"nothing may be tried in place": {Retries: 1, InPlace: -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := eventing.NewEventManager(&hookedProvider{}, eventing.Config{
				Listeners: []any{newLedger(nil)},
				Policies:  []eventing.ListenerPolicy{eventing.PolicyFor[ledger](policy)},
			})
			require.ErrorContains(t, err, `listener *eventing_test.ledger: event "order" has a key, so that a failed one is tried again in place only`)
			require.ErrorContains(t, err, "give it fewer retries or a shorter backoff, or raise Policy.InPlace (to 1m0s at most)")
		})
	}
}

func TestAKeyedListenerWithoutGroupsIsRefused(t *testing.T) {
	t.Parallel()
	manager, err := eventing.NewEventManager(newPoorProvider(t), eventing.Config{
		Events:    []eventing.EventDefinition{eventing.EventOf[news]()},
		Listeners: []any{newLedger(nil)},
	})
	require.NoError(t, err)
	assert.Contains(t, manager.Policies()[0].String(), "; events with a key are tried again in place only; the broker can't delay")
	err = manager.Start(t.Context())
	require.ErrorIs(t, err, errors.ErrUnsupported)
	require.ErrorContains(t, err, `listener "ledger" needs the order of events with one key (key=Account of event "order"), which memory can't keep: remove the key, or choose another provider`)
}

// TestAKeyedQueueOfOneServerNeedsNoGroups: it has one consumer.
func TestAKeyedQueueOfOneServerNeedsNoGroups(t *testing.T) {
	t.Parallel()
	manager, err := eventing.NewEventManager(newPoorProvider(t), eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[booking]()}})
	require.NoError(t, err)
	require.NoError(t, manager.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, manager.Stop(context.Background())) })
	on := func(context.Context, booking) error { return nil }
	_, err = eventing.Subscribe(t.Context(), manager, on)
	require.NoError(t, err)
	_, err = eventing.Subscribe(t.Context(), manager, on, eventing.As("ledger"))
	require.ErrorIs(t, err, errors.ErrUnsupported)
}

// TestAKeyArrivesAndStays, also in a pipeline, a retry, a dead letter and a
// replay.
func TestAKeyArrivesAndStays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var keys recorder[string]
		fails := true
		manager, broker := start(t, eventing.Config{Listeners: []any{newLedger(func(ctx context.Context, _ booking) error {
			keys.add(eventing.EnvelopeFrom(ctx).Key())
			if fails {
				return errBroken
			}
			return nil
		})}})
		require.NoError(t, manager.SendEvent(t.Context(), booking{Account: "a"}, eventing.WithKey("b")))
		time.Sleep(time.Minute)
		assert.Equal(t, []string{"b", "b", "b"}, keys.all())
		assert.Equal(t, "b", deadLetters(t, broker, "ledger")[0].Key)
		fails = false
		letters, err := eventing.DeadLetters(manager, "ledger")
		require.NoError(t, err)
		_, err = letters.Replay(t.Context(), eventing.Replay{})
		require.NoError(t, err)
		synctest.Wait()
		assert.Equal(t, []string{"b", "b", "b", "b"}, keys.all())
		assert.Empty(t, (&eventing.Envelope{}).Key())
	})
}
