package eventingtest

import (
	"errors"
	"slices"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// orderCases prove promise 13.
func orderCases() []Case {
	return []Case{
		newCase(13, "events of one key are handled in order across retries", orderOfKeys, eventing.Key("Number")),
	}
}

// lacksGroups has a case end that needs keys, once it is clear that a listener
// which needs them too is refused.
func (s *scene) lacksGroups() bool {
	s.Helper()
	if s.capabilities().Groups {
		return false
	}
	err := s.prepare(process{listeners: []any{&pair{reaction: s.note("pair")}}}).Start(s.limit())
	require.ErrorIs(s, err, errors.ErrUnsupported, "start of a listener that needs the order of keys")
	for _, text := range []string{`listener "pair"`, "key=Number", "remove the key"} {
		assert.ErrorContains(s, err, text, "the error says who needs what, and what to do")
	}
	s.refused("order by key")
	return true
}

// orderOfKeys has the first event of each key fail once. The others of its key
// are in the broker by then, and the listener handles two at once.
func orderOfKeys(s *scene) {
	if s.lacksGroups() {
		return
	}
	const keys, each = 3, 5
	s.stop(s.start(process{listeners: []any{&pair{}}})) // leaves the queue behind
	sender := s.start(process{})
	for i := range each {
		for k := range keys {
			event := sample{Number: 10*k + i}
			require.NoError(s, sender.SendEvent(s.limit(), event, eventing.WithKey(string(rune('a'+k)))), "send")
		}
	}
	manager := s.start(process{listeners: []any{&pair{reaction: s.note("pair", failFirst(0), failFirst(10), failFirst(20))}}})
	s.await("each event", func() bool { return len(s.calls("pair")) >= keys*(each+1) })
	s.stop(manager)

	for k := range keys {
		first := 10 * k
		calls := slices.DeleteFunc(s.calls("pair"), func(c call) bool { return c.number/10 != k })
		want := []call{{"pair", first, 1}, {"pair", first, 2}}
		for i := 1; i < each; i++ {
			want = append(want, call{"pair", first + i, 1})
		}
		assert.Equal(s, want, calls, "the events of one key")
	}
	s.requireEmpty(s.queue("pair"))
	s.requireEmpty(s.queue("pair").DeadLetter())
}
