package eventingtest

import (
	"context"
	"slices"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// retryCases prove what promise 8 says of retries that the broker delays.
func retryCases() []Case {
	return []Case{
		newCase(8, "a delayed retry comes to its listener only", delayedRetry),
		newCase(8, "a listener chooses when it is called again", retryAfter),
	}
}

// delayedRetry uses a listener whose backoff is longer than a listener may
// pause, so that the event goes back to the broker.
func delayedRetry(s *scene) {
	if s.lacksDelay() {
		return
	}
	type visit struct {
		id, header string
		at         time.Time
	}
	visits := make(chan visit, 10)
	watch := func(ctx context.Context, event sample) error {
		if event.Number == 0 {
			envelope := eventing.EnvelopeFrom(ctx)
			visits <- visit{envelope.ID().String(), envelope.Get("tenant"), time.Now()}
		}
		return nil
	}
	manager := s.start(process{listeners: []any{
		&later{reaction: s.note("later", watch, failFirst(0))},
		&alpha{reaction: s.note("alpha")},
	}})
	require.NoError(s, manager.SendEvent(s.limit(), sample{0}, eventing.WithHeader("tenant", "blue")))
	s.send(manager, 1, 1)
	s.await("the retry", func() bool { return slices.Contains(s.calls("later"), call{"later", 0, 2}) })
	s.fence(manager, "later", "alpha")
	s.stop(manager)

	assert.Equal(s, []call{{"later", 0, 1}, {"later", 1, 1}, {"later", 0, 2}, {"later", fenceNumber, 1}}, s.calls("later"),
		"the events behind a delayed one don't wait for it")
	assert.Equal(s, []int{0, 1}, s.handled("alpha"), "the other listener")
	first, second := <-visits, <-visits
	assert.Equal(s, first.id, second.id, "the event's id")
	assert.Equal(s, "blue", second.header, "the sender's header")
	// Brokers count in whole milliseconds, and with a clock of their own.
	assert.GreaterOrEqual(s, second.at.Sub(first.at), 2400*time.Millisecond, "the pause")
	s.requireEmpty(s.queue("later"))
	s.requireEmpty(s.queue("later").DeadLetter())
}

// retryAfter has the first attempt at event 1 ask for a pause that is much
// longer than that of the policy.
func retryAfter(s *scene) {
	if s.lacksDelay() {
		return
	}
	const pause = 1500 * time.Millisecond
	visits := make(chan time.Time, 10)
	manager := s.start(process{listeners: []any{&twice{reaction: s.note("twice", func(ctx context.Context, event sample) error {
		if event.Number == 1 {
			visits <- time.Now()
		}
		return eventing.RetryAfter(failFirst(1)(ctx, event), pause)
	})}}})
	s.send(manager, 1, 2)
	s.await("the retry", func() bool { return slices.Contains(s.calls("twice"), call{"twice", 1, 2}) })
	s.fence(manager, "twice")
	s.stop(manager)

	assert.Equal(s, []call{{"twice", 1, 1}, {"twice", 2, 1}, {"twice", 1, 2}, {"twice", fenceNumber, 1}}, s.calls("twice"),
		"the events behind a delayed one don't wait for it")
	first, second := <-visits, <-visits
	// Brokers count in whole milliseconds, and with a clock of their own.
	assert.GreaterOrEqual(s, second.Sub(first), pause-100*time.Millisecond, "the pause")
	s.requireEmpty(s.queue("twice"))
	s.requireEmpty(s.queue("twice").DeadLetter())
}
