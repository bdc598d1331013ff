package eventingtest

import (
	"context"
	"slices"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// subscriptionCases prove promises 2 and 4 for subscriptions at run time, and
// for listeners that pause.
func subscriptionCases() []Case {
	return []Case{
		newCase(2, "a paused listener's fetched events go to others", pausedGivesBack),
		newCase(4, "what is sent while a listener is paused waits", pausedQueueWaits),
		newCase(4, "a subscription that ends leaves nothing behind", endedLeavesNothing),
	}
}

// subscribe adds a subscription that writes itself down.
func (s *scene) subscribe(manager *eventing.EventManager, name string, options ...eventing.SubscribeOption) *eventing.Subscription {
	s.Helper()
	subscription, err := eventing.Subscribe(s.limit(), manager, s.note(name), options...)
	require.NoError(s, err, "subscribe")
	return subscription
}

func pausedGivesBack(s *scene) {
	gate := s.gate()
	first := s.start(process{listeners: []any{
		&alpha{reaction: s.note("first", func(context.Context, sample) error { gate.pass(); return nil })},
	}})
	numbers := s.send(first, 0, 10)
	s.wait("the handler is called", gate.reached)
	paused := s.pausing(first, "alpha")
	gate.open()
	require.NoError(s, await(s, "the listener is paused", paused), "pause")
	second := s.start(process{listeners: []any{&alpha{reaction: s.note("second")}}})
	s.fence(second, "second")
	assert.Equal(s, []int{0}, s.numbers("first"), "what was in a handler when the pause began")
	assert.Equal(s, numbers, append(s.handled("first"), s.handled("second")...), "what both processes have handled")
	for _, c := range s.calls("second") {
		assert.Equal(s, 1, c.attempt, "the attempt at event %d after the pause", c.number)
	}
}

// pausing pauses a listener on a goroutine, which the case's end waits for. It
// returns when the listener takes no more events, but for those in its handlers.
func (s *scene) pausing(manager *eventing.EventManager, listener string) <-chan error {
	paused, ended := make(chan error, 1), make(chan struct{})
	ctx := s.limit()
	s.Cleanup(func() { <-ended })
	go func() {
		defer close(ended)
		paused <- manager.Pause(ctx, listener)
	}()
	asked := func() bool {
		return slices.ContainsFunc(manager.Subscriptions(), func(info *eventing.SubscriptionInfo) bool {
			return info.Name == listener && info.Paused
		})
	}
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for !asked() {
		select {
		case <-look.C:
		case <-ctx.Done():
			require.FailNow(s, "the pause isn't asked for in time")
		}
	}
	return paused
}

// pausedQueueWaits has a second listener tell when the events have come, and a
// subscription whose queue would go with its consumer.
func pausedQueueWaits(s *scene) {
	manager := s.start(process{listeners: []any{
		&alpha{reaction: s.note("alpha")},
		&beta{reaction: s.note("beta")},
	}})
	temporary := s.subscribe(manager, "temporary")
	require.NoError(s, manager.Pause(s.limit(), "alpha"), "pause")
	require.NoError(s, temporary.Pause(s.limit()), "pause")
	numbers := s.send(manager, 0, 3)
	s.fence(manager, "beta")
	assert.Empty(s, s.numbers("alpha"), "what a paused listener was called with")
	assert.Empty(s, s.numbers("temporary"), "what a paused subscription was called with")

	require.NoError(s, manager.Resume(s.limit(), "alpha"), "resume")
	require.NoError(s, temporary.Resume(s.limit()), "resume")
	s.fence(manager, "alpha", "beta", "temporary")
	for _, listener := range []string{"alpha", "beta", "temporary"} {
		assert.Equal(s, numbers, s.handled(listener), "the events that %s has handled", listener)
	}
}

// endedLeavesNothing looks into the queues of two subscriptions that have ended
// while events were left in them, and while others were sent.
func endedLeavesNothing(s *scene) {
	manager := s.start(process{listeners: []any{&alpha{reaction: s.note("alpha")}}})
	named, temporary := s.subscribe(manager, "named", eventing.As("passing")), s.subscribe(manager, "temporary")
	numbers := s.send(manager, 0, 3)
	s.fence(manager, "alpha", "named", "temporary")
	assert.Equal(s, numbers, s.handled("named"), "what was sent after the subscription with a name")
	assert.Equal(s, numbers, s.handled("temporary"), "what was sent after the subscription without one")
	require.NoError(s, named.Pause(s.limit()), "pause")
	require.NoError(s, temporary.Pause(s.limit()), "pause")
	s.send(manager, 3, 3)
	removed := s.isRemoved(named.Unsubscribe(s.limit()), "unsubscribe")
	require.NoError(s, temporary.Unsubscribe(s.limit()), "unsubscribe")
	s.send(manager, 6, 3)
	s.fence(manager, "alpha")
	assert.Equal(s, numbers, s.handled("named"))
	assert.Equal(s, numbers, s.handled("temporary"))
	if removed {
		s.requireEmpty(s.queue("passing"))
	}
	queue := s.queue("temporary")
	queue.Server = temporary.Info().Server
	s.requireEmpty(queue)
}
