package eventing_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

type (
	shortEvent struct {
		eventing.Event `event:"name=a"`
	}
	longEvent struct {
		eventing.Event `event:"name=a.b"`
	}
	letterEvent struct {
		eventing.Event `event:"name=DLQ.a"`
	}
	longListener struct {
		eventing.Listener[shortEvent] `listener:"name=b.c"`
	}
	shortListener struct {
		eventing.Listener[longEvent] `listener:"name=c"`
	}
	byPointerListener struct{ eventing.Listener[byPointer] }
)

func (*longListener) On(context.Context, shortEvent) error     { return nil }
func (*shortListener) On(context.Context, longEvent) error     { return nil }
func (*byPointerListener) On(context.Context, byPointer) error { return nil }

// What is wrong with the container is wrong without it.
func TestWhatABootRefusesWithAndWithoutTheContainer(t *testing.T) {
	t.Parallel()
	definition := func(definition eventing.EventDefinition) eventing.Config {
		return eventing.Config{Events: []eventing.EventDefinition{definition}}
	}
	const byValue = "byPointer embeds a pointer to eventing.Event: embed eventing.Event by value"
	for name, test := range map[string]struct {
		parts  []environment.Part
		config eventing.Config
		want   []string
	}{
		"two listeners with one address of dead letters": {
			[]environment.Part{environment.Register[longListener](), environment.Register[shortListener]()},
			eventing.Config{Listeners: []any{&longListener{}, &shortListener{}}},
			[]string{`two listeners have their dead letters in "DLQ.a.b.c": `, "longListener", "shortListener", "give one of them another name in its tag"},
		},
		"an event named like a dead-letter address": {
			[]environment.Part{environment.Register[letterEvent]()},
			definition(eventing.EventOf[letterEvent]()),
			[]string{`event name "DLQ.a" begins with "DLQ."`, "letterEvent"},
		},
		"a foreign event named like a dead-letter address": {
			[]environment.Part{eventing.RegisterEvent[foreign](eventing.Name("DLQ.a"))},
			definition(eventing.EventOf[foreign](eventing.Name("DLQ.a"))),
			[]string{`event name "DLQ.a" begins with "DLQ."`},
		},
		"a pointer to a marker as a foreign event": {
			[]environment.Part{eventing.RegisterEvent[byPointer]()},
			definition(eventing.EventOf[byPointer]()),
			[]string{byValue},
		},
		"a listener of a pointer to a marker": {
			[]environment.Part{environment.Register[byPointerListener]()},
			eventing.Config{Listeners: []any{&byPointerListener{}}},
			[]string{byValue, "byPointerListener"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			provider, err := memory.New(memory.Config{})
			require.NoError(t, err)
			_, without := eventing.NewEventManager(provider, test.config)
			with := environment.Validate(environment.Module("test", append(test.parts, eventing.Module(memory.Config{}))...))
			for _, want := range test.want {
				require.ErrorContains(t, without, want)
				require.ErrorContains(t, with, want)
			}
		})
	}
}

func TestServerNamesAreChecked(t *testing.T) {
	t.Parallel()
	const name, want = "a :: b", `server name "a :: b" holds ' '`
	module := environment.Module("test", eventing.Module(memory.Config{}))
	require.ErrorContains(t, environment.Validate(module, eventing.ServerName(name)), "eventing.ServerName: "+want)
	require.NoError(t, environment.Validate(module, eventing.ServerName("a.b")))
	require.NoError(t, environment.Validate(module, eventing.ServerName("")))

	_, err := environment.Boot(t.Context(), environment.Module("test", eventing.Module(memory.Config{ServerName: name})))
	require.ErrorContains(t, err, want)
	provider, err := memory.New(memory.Config{ServerName: name})
	require.NoError(t, err)
	_, err = eventing.NewEventManager(provider, eventing.Config{})
	assert.ErrorContains(t, err, want)
}
