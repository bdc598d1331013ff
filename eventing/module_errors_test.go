package eventing_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

type (
	unknownOption struct {
		eventing.Event `event:"name=x,durabel"`
	}
	plainEvent struct{ eventing.Event }
	sameName   struct {
		eventing.Event `event:"name=plainEvent"`
	}
	badName struct {
		eventing.Event `event:"name=a b"`
	}
	fqqnName struct {
		eventing.Event `event:"name=a::b"`
	}
	generic[T any] struct{ eventing.Event }
	byPointer      struct{ *eventing.Event }
	twoLevels      struct{ plainEvent }
	foreign        struct{ Text string }

	withoutOn    struct{ eventing.Listener[plainEvent] }
	wrongOn      struct{ eventing.Listener[plainEvent] }
	pointerOn    struct{ eventing.Listener[plainEvent] }
	pointerEvent struct{ eventing.Listener[*plainEvent] }
	foreignEvent struct{ eventing.Listener[foreign] }
	perProcess   struct {
		eventing.Listener[plainEvent] `listener:"per_process"`
	}
	groupAndOwn struct {
		eventing.Listener[plainEvent] `listener:"group=g,per_process"`
	}
	badNumbers struct {
		eventing.Listener[plainEvent] `listener:"concurrency=0,retries=-1,backoff=5,timeout=x"`
	}
	oneListener struct {
		eventing.Listener[plainEvent] `listener:"name=one"`
	}
	otherListener struct {
		eventing.Listener[plainEvent] `listener:"name=one"`
	}

	emptyPipeline struct {
		eventing.AbstractEnvelopePipeline
	}
	wrongPipeline struct {
		eventing.AbstractEnvelopePipeline
	}
	badOrder struct {
		eventing.AbstractEnvelopePipeline `pipeline:"order=first"`
	}
)

func (*wrongOn) On(plainEvent) error                                  { return nil }
func (*pointerOn) On(context.Context, *plainEvent) error              { return nil }
func (*pointerEvent) On(context.Context, *plainEvent) error           { return nil }
func (*foreignEvent) On(context.Context, foreign) error               { return nil }
func (*perProcess) On(context.Context, plainEvent) error              { return nil }
func (*groupAndOwn) On(context.Context, plainEvent) error             { return nil }
func (*badNumbers) On(context.Context, plainEvent) error              { return nil }
func (*oneListener) On(context.Context, plainEvent) error             { return nil }
func (*otherListener) On(context.Context, plainEvent) error           { return nil }
func (*wrongPipeline) Send(context.Context, *eventing.Envelope) error { return nil }
func (*badOrder) Send(context.Context, *eventing.Envelope, *eventing.EventDescriptor) error {
	return nil
}

func TestModuleReportsWhatIsWrong(t *testing.T) {
	t.Parallel()
	on := eventing.Module(memory.Config{})
	for name, test := range map[string]struct {
		parts []environment.Part
		want  []string
	}{
		"unknown option": {
			[]environment.Part{on, environment.Register[unknownOption]()},
			[]string{`event eventing_test.unknownOption: unknown option "durabel" of tag "event": did you mean "durable"?`, "module_errors_test.go:"},
		},
		"two events of one name": {
			[]environment.Part{on, environment.Register[plainEvent](), environment.Register[sameName]()},
			[]string{`two events are named "plainEvent"`, "eventing_test.plainEvent (eventing/module_errors_test.go:", "eventing_test.sameName (eventing/module_errors_test.go:"},
		},
		"a name with a space": {
			[]environment.Part{on, environment.Register[badName]()},
			[]string{`event name "a b" holds ' '`},
		},
		"a name with ::": {
			[]environment.Part{on, environment.Register[fqqnName]()},
			[]string{`event name "a::b" holds ':'`},
		},
		"a generic event without a name": {
			[]environment.Part{on, environment.Register[generic[int]]()},
			[]string{"give it a name in its tag"},
		},
		"a pointer to a marker": {
			[]environment.Part{on, environment.Register[byPointer]()},
			[]string{"embeds a pointer to eventing.Event: embed eventing.Event by value"},
		},
		"a marker two levels down": {
			[]environment.Part{on, environment.Register[twoLevels]()},
			[]string{"eventing_test.twoLevels holds eventing.Event only through plainEvent"},
		},
		"an event without eventing.Module": {
			[]environment.Part{environment.Register[plainEvent]()},
			[]string{"eventing.Event", "add eventing.Module"},
		},
		"a listener without eventing.Module": {
			[]environment.Part{environment.Register[oneListener]()},
			[]string{"eventing.Listener[", "add eventing.Module"},
		},
		"a listener without On": {
			[]environment.Part{on, environment.Register[withoutOn]()},
			[]string{"listener *eventing_test.withoutOn has no method On: add func (*withoutOn) On(context.Context, eventing_test.plainEvent) error"},
		},
		"On without a context": {
			[]environment.Part{on, environment.Register[wrongOn]()},
			[]string{"it must be func (*wrongOn) On(context.Context, eventing_test.plainEvent) error, not func (*wrongOn) On(eventing_test.plainEvent) error"},
		},
		"On of a pointer": {
			[]environment.Part{on, environment.Register[pointerOn]()},
			[]string{"not func (*pointerOn) On(context.Context, *eventing_test.plainEvent) error"},
		},
		"a listener of pointers": {
			[]environment.Part{on, environment.Register[pointerEvent]()},
			[]string{"write [eventing_test.plainEvent], not [*eventing_test.plainEvent]"},
		},
		"a listener of no event": {
			[]environment.Part{on, environment.Register[foreignEvent]()},
			[]string{"eventing_test.foreign is no event: embed eventing.Event in it, or add eventing.RegisterEvent[eventing_test.foreign]()"},
		},
		"per process without a server": {
			[]environment.Part{on, environment.Register[perProcess]()},
			[]string{"listener *eventing_test.perProcess is per process", "eventing.ServerName"},
		},
		"group and per process": {
			[]environment.Part{on, environment.Register[groupAndOwn]()},
			[]string{"has group=g, which shares a queue, and is per process"},
		},
		"bad numbers": {
			[]environment.Part{on, environment.Register[badNumbers]()},
			[]string{"option concurrency=0 must be a whole number from 1", "option retries=-1", "option backoff=5 must be a positive duration", "option timeout=x"},
		},
		"two listeners of one name": {
			[]environment.Part{on, environment.Register[oneListener](), environment.Register[otherListener]()},
			[]string{`two listeners are named "one"`, "oneListener (eventing/module_errors_test.go:", "otherListener (eventing/module_errors_test.go:"},
		},
		"a pipeline without a side": {
			[]environment.Part{on, environment.Register[emptyPipeline]()},
			[]string{"pipeline *eventing_test.emptyPipeline has neither Send nor Handle: add func (*emptyPipeline) Send("},
		},
		"a pipeline with another signature": {
			[]environment.Part{on, environment.Register[wrongPipeline]()},
			[]string{"it must be func (*wrongPipeline) Send(context.Context, *eventing.Envelope, *eventing.EventDescriptor) error, not func (*wrongPipeline) Send(context.Context, *eventing.Envelope) error"},
		},
		"a pipeline with a bad order": {
			[]environment.Part{on, environment.Register[badOrder]()},
			[]string{"option order=first must be a whole number"},
		},
		"eventing.Module twice": {
			[]environment.Part{on, eventing.Module(memory.Config{})},
			[]string{"eventing.Module is listed twice"},
		},
		"no provider": {
			[]environment.Part{eventing.Module()},
			[]string{"eventing.Provider"},
		},
		"RegisterEvent of an event": {
			[]environment.Part{on, eventing.RegisterEvent[plainEvent](eventing.Name("x"))},
			[]string{"embeds eventing.Event: say its options in the tag"},
		},
		"RegisterEvent without eventing.Module": {
			[]environment.Part{eventing.RegisterEvent[foreign]()},
			[]string{"eventing.EventDefinition"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := environment.Boot(t.Context(), environment.Module("test", test.parts...))
			require.Error(t, err)
			for _, want := range test.want {
				assert.ErrorContains(t, err, want)
			}
			if name != "per process without a server" { // known when the provider is
				assert.Error(t, environment.Validate(environment.Module("test", test.parts...)))
			}
			if testing.Verbose() {
				t.Log(err)
			}
		})
	}
}

func TestModuleReportsAllAtOnce(t *testing.T) {
	t.Parallel()
	err := environment.Validate(environment.Module("test",
		eventing.Module(memory.Config{}),
		environment.Register[unknownOption](),
		environment.Register[withoutOn](),
		environment.Register[emptyPipeline](),
	))
	for _, want := range []string{"unknownOption", "withoutOn", "emptyPipeline"} {
		assert.ErrorContains(t, err, want)
	}
}

func TestUseWithoutModule(t *testing.T) {
	t.Parallel()
	err := environment.Validate(environment.Module("test"), eventing.Use(memory.Config{}))
	require.ErrorContains(t, err, "eventing.Module")
}

type foreignListener struct {
	eventing.Listener[foreign] `listener:"name=foreign.listener"`
	Calls                      *calls `inject:""`
}

func (l *foreignListener) On(_ context.Context, event foreign) error {
	l.Calls.texts <- event.Text
	return nil
}

func TestRegisterEvent(t *testing.T) {
	t.Parallel()
	env, err := environment.Boot(t.Context(), environment.Module("test",
		eventing.Module(memory.Config{}),
		environment.Register[foreignListener](),
		eventing.RegisterEvent[foreign](eventing.Name("foreign.event"), eventing.Durable()),
		environment.Provide(newCalls),
	))
	require.NoError(t, err)
	defer func() { require.NoError(t, env.Shutdown(t.Context())) }()
	require.NoError(t, environment.Get[*eventing.EventManager](env).SendEvent(t.Context(), foreign{Text: "from elsewhere"}))
	require.Equal(t, "from elsewhere", <-environment.Get[*calls](env).texts)
}

func TestGetOfTheStructTypeTellsThePointer(t *testing.T) {
	t.Parallel()
	env, err := environment.Boot(t.Context(), environment.Module("test", eventing.Module(memory.Config{})))
	require.NoError(t, err)
	defer func() { require.NoError(t, env.Shutdown(t.Context())) }()
	defer func() { require.Contains(t, fmt.Sprint(recover()), "did you mean *eventing.EventManager") }()
	environment.Get[eventing.EventManager](env)
}
