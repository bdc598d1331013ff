package eventingtest

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// deadLetterCases prove promise 8: what can't be handled is put aside once,
// with its reason, and the next event flows.
func deadLetterCases() []Case {
	return []Case{
		newCase(8, "a permanent error is dead-lettered at once", permanentIsDeadLettered),
		newCase(8, "exhausted retries are dead-lettered", exhaustedIsDeadLettered),
		newCase(8, "an undecodable body is dead-lettered", undecodableIsDeadLettered),
		newCase(8, "an invalid attempt is dead-lettered", invalidAttemptIsDeadLettered),
		newCase(8, "one failure among many is one dead letter", oneAmongMany),
	}
}

// permanentIsDeadLettered also compares what the dead letter keeps of the event.
func permanentIsDeadLettered(s *scene) {
	reject := func(_ context.Context, event sample) error {
		if event.Number == 0 {
			return fmt.Errorf("charge: %w", eventing.Permanent(&refusal{"no such account"}))
		}
		return nil
	}
	sent := make(chan identity, 10)
	capture := step{send: func(ctx context.Context, envelope *eventing.Envelope, proceed func(context.Context) error) error {
		sent <- identify(envelope)
		return proceed(ctx)
	}}
	manager := s.start(process{
		server:    "north",
		pipelines: []any{&outer{step: capture}},
		listeners: []any{&alpha{reaction: s.note("alpha", reject)}},
	})
	require.NoError(s, manager.SendEvent(s.limit(), sample{0}, eventing.WithHeader("tenant", "blue: 1")))
	s.send(manager, 1, 1)
	s.fence(manager, "alpha")
	s.stop(manager)
	assert.Equal(s, []call{{"alpha", 0, 1}, {"alpha", 1, 1}, {"alpha", fenceNumber, 1}}, s.calls("alpha"))

	letter := s.deadLetter("alpha")
	s.assertReason(letter, "alpha", 1, "no such account", fmt.Sprintf("%T", &refusal{}))
	headers := headersOf(letter)
	assert.Equal(s, s.server("north"), headers["aspyx_server"])
	assert.Equal(s, "blue: 1", headers["tenant"], "a header of the sender")
	assert.Equal(s, 0, s.number(&eventing.Delivery{Message: letter}), "the body")
	want := await(s, "the event was sent", sent)
	assert.Equal(s, want.id, letter.ID.String(), "the event's id")
	assert.Equal(s, want.milliseconds, letter.Time.UnixMilli(), "when the event was sent")
	assert.Equal(s, want.contentType, letter.ContentType)
	assert.True(s, letter.Durable, "dead letters are durable")
}

func exhaustedIsDeadLettered(s *scene) {
	manager := s.start(process{listeners: []any{&twice{reaction: s.note("twice", func(_ context.Context, event sample) error {
		if event.Number == 0 {
			return &refusal{"out of stock"}
		}
		return nil
	})}}})
	s.send(manager, 0, 2)
	s.fence(manager, "twice")
	s.stop(manager)
	assert.Equal(s, []call{{"twice", 0, 1}, {"twice", 0, 2}, {"twice", 1, 1}, {"twice", fenceNumber, 1}}, s.calls("twice"))
	s.assertReason(s.deadLetter("twice"), "twice", 2, "out of stock", fmt.Sprintf("%T", &refusal{}))
}

func undecodableIsDeadLettered(s *scene) {
	manager := s.start(process{listeners: []any{&alpha{reaction: s.note("alpha")}}})
	poison := s.message(0)
	poison.Body = []byte(`{"number": "\x00`)
	s.submit(s.provider(), poison)
	s.send(manager, 1, 1)
	s.fence(manager, "alpha")
	s.stop(manager)
	assert.Equal(s, []int{1}, s.handled("alpha"))
	letter := s.deadLetter("alpha")
	s.assertReason(letter, "alpha", 1, "decode", "")
	assert.Equal(s, string(poison.Body), string(letter.Body), "the body is kept as it was")
}

// invalidAttemptIsDeadLettered sends what only a broken or foreign sender does:
// the number that retries are counted by.
func invalidAttemptIsDeadLettered(s *scene) {
	manager := s.start(process{listeners: []any{&alpha{reaction: s.note("alpha")}}})
	poison := s.message(0)
	poison.Headers = []eventing.Header{{Key: "aspyx_attempt", Value: "many"}}
	s.submit(s.provider(), poison)
	s.send(manager, 1, 1)
	s.fence(manager, "alpha")
	s.stop(manager)
	assert.Equal(s, []int{1}, s.handled("alpha"))
	s.assertReason(s.deadLetter("alpha"), "alpha", 1, "aspyx_attempt", "")
}

func oneAmongMany(s *scene) {
	manager := s.start(process{listeners: []any{
		&alpha{reaction: s.note("alpha", func(_ context.Context, event sample) error {
			if event.Number == 42 {
				return eventing.Permanent(&refusal{"the one"})
			}
			return nil
		})},
		&beta{reaction: s.note("beta")},
	}})
	numbers := s.send(manager, 0, 100)
	s.fence(manager, "alpha", "beta")
	s.stop(manager)
	assert.Equal(s, numbers, s.handled("alpha"))
	assert.Equal(s, numbers, s.handled("beta"))
	assert.Equal(s, 42, s.number(&eventing.Delivery{Message: s.deadLetter("alpha")}))
	s.requireEmpty(s.queue("beta").DeadLetter())
}

func headersOf(message *eventing.Message) map[string]string {
	headers := map[string]string{}
	for _, header := range message.Headers {
		headers[header.Key] = header.Value
	}
	return headers
}

// assertReason looks at what a dead letter says of itself. An empty type means
// any.
func (s *scene) assertReason(letter *eventing.Message, listener string, attempts int, text, errorType string) {
	s.Helper()
	headers := headersOf(letter)
	assert.Contains(s, headers["aspyx_error"], text)
	if errorType == "" {
		assert.NotEmpty(s, headers["aspyx_error_type"])
	} else {
		assert.Equal(s, errorType, headers["aspyx_error_type"])
	}
	assert.Equal(s, listener, headers["aspyx_listener"])
	assert.Equal(s, strconv.Itoa(attempts), headers["aspyx_attempts"])
	assert.Equal(s, s.queue(listener).String(), headers["aspyx_destination"])
	first, err := time.Parse(time.RFC3339Nano, headers["aspyx_first_failure"])
	require.NoError(s, err, "aspyx_first_failure")
	last, err := time.Parse(time.RFC3339Nano, headers["aspyx_last_failure"])
	require.NoError(s, err, "aspyx_last_failure")
	assert.False(s, last.Before(first), "the last failure %v comes before the first %v", last, first)
}
