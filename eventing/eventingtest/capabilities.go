package eventingtest

import (
	"errors"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// capabilityCases prove what promise 7 says of a provider: what it lacks is
// refused, and never silently ignored.
func capabilityCases() []Case {
	return []Case{
		newCase(7, "a provider delays, or says that it doesn't", delaysOrSaysSo),
	}
}

// capabilities returns what the harness's providers do by themselves.
func (s *scene) capabilities() eventing.Capabilities {
	s.Helper()
	if capable, ok := s.provider().(eventing.Capable); ok {
		return capable.Capabilities()
	}
	return eventing.Capabilities{Delay: true}
}

// lacksDelay has a case end that needs a delay, once it is clear that a
// listener which needs it too is refused.
func (s *scene) lacksDelay() bool {
	s.Helper()
	if s.capabilities().Delay {
		return false
	}
	err := s.prepare(process{listeners: []any{&alpha{reaction: s.note("alpha")}, &later{reaction: s.note("later")}}}).Start(s.limit())
	require.ErrorIs(s, err, errors.ErrUnsupported, "start of a listener that needs delayed redelivery")
	for _, text := range []string{`listener "later"`, "fewer retries", "Policy.InPlace"} {
		assert.ErrorContains(s, err, text, "the error says who needs what, and what to do")
	}
	s.refused("delay")
	return true
}

// delaysOrSaysSo sends a message with a delay and another behind it.
func delaysOrSaysSo(s *scene) {
	if s.lacksDelay() {
		return
	}
	provider, queue := s.provider(), s.queue("alpha")
	consumer := s.attach(provider, queue, 10)
	slow := s.message(0)
	slow.Target, slow.Delay = &queue, time.Second
	s.submit(provider, slow, s.message(1))
	assert.Equal(s, []int{1, 0}, s.take(consumer, 2), "a message with a delay comes behind one without")
	s.fenceQueue(provider, consumer, queue)
}
