package interop_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

func TestTheOriginal(t *testing.T) {
	t.Parallel()
	const count = 20
	provider, toGo := start(t)
	fromPython := manage(t, toGo.Event)
	come := listen(t, fromPython, toGo.Listener)
	toPython := eventing.Queue{Event: unique("event"), Listener: unique("listener")}
	removeLater(t, provider, toPython)
	python := startService(t, python(t, "original.py", toGo.Event, strconv.Itoa(count), toPython.Event, toPython.Listener))
	require.Equal(t, "ready", python.next(t))
	var sent, got []heard
	for n := range count {
		sent = append(sent, heard{note{"grüß", n}, map[string]string{"session": "from Python"}})
		got = append(got, next(t, come))
	}
	assert.ElementsMatch(t, sent, got, "the original keeps no order among events that it is given at once")

	// It hides that it can't read a data section, and accepts the event.
	send(t, provider, &eventing.Message{Event: toPython.Event, Headers: []eventing.Header{{Key: "session", Value: "lost"}}, Body: []byte("{}")})
	assert.JSONEq(t, `{"session":"lost","type":"memoryview"}`, python.next(t))
	manager := manage(t, toPython.Event)
	for n := range count {
		require.NoError(t, manager.SendEvent(within(t), note{"世界", n}, eventing.WithHeader("session", "from Go")))
	}
	for n := range count {
		assert.JSONEq(t, `{"session":"from Go","type":"str"}`, python.next(t))
		assert.JSONEq(t, fmt.Sprintf(`{"event":{"text":"世界","number":%d}}`, n), python.next(t))
	}
	require.NoError(t, fromPython.Stop(within(t)))
	require.NoError(t, manager.Stop(within(t)))
}
