package eventing_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// flagging is a provider that flags what was delivered before, and no more.
type flagging struct {
	measured
	submit func(context.Context, *eventing.Message) (eventing.Receipt, error)
}

func (f *flagging) Submit(ctx context.Context, message *eventing.Message) (eventing.Receipt, error) {
	if f.submit != nil {
		return f.submit(ctx, message)
	}
	return f.measured.Submit(ctx, message)
}

func (f *flagging) Capabilities() eventing.Capabilities { return eventing.Capabilities{Delay: true} }

func (f *flagging) Attach(ctx context.Context, queue eventing.Queue, prefetch int) (eventing.Consumer, error) {
	consumer, err := f.measured.Attach(ctx, queue, prefetch)
	return &flaggingConsumer{consumer}, err
}

type flaggingConsumer struct{ eventing.Consumer }

func (c *flaggingConsumer) Receive(ctx context.Context, into *eventing.Delivery) error {
	err := c.Consumer.Receive(ctx, into)
	into.Count, into.Redelivered = 0, into.Count > 1
	return err
}

func newFlagging(t *testing.T, broker *memory.Broker) *flagging {
	t.Helper()
	provider, err := broker.Open(eventing.Settings{ServerName: "server"})
	require.NoError(t, err)
	return &flagging{measured: measured{Provider: provider}}
}

// witness handles orders, and notes what it knows of each.
type witness struct {
	eventing.Listener[order] `listener:"name=crowd,concurrency=2"`
	seen                     recorder[map[string]string]
}

func (w *witness) On(ctx context.Context, _ order) error {
	e := eventing.EnvelopeFrom(ctx)
	seen := map[string]string{"id": e.ID().String()}
	for _, key := range []string{"key", "aspyx_attempt", "aspyx_deliveries", "aspyx_first_failure", "aspyx_publication"} {
		seen[key] = e.Get(key)
	}
	w.seen.add(seen)
	return nil
}

// TestFlaggedEventsAreHandledOneAtATime, like those that the broker counts, but
// behind those that are new.
func TestFlaggedEventsAreHandledOneAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broker := memory.NewBroker()
		leaveUnsettled(t, broker, 4, 1)
		sender := startOn(t, broker, eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[order]()}})
		require.NoError(t, eventing.SendEvents(t.Context(), sender, make([]order, 4)))
		var ended recorder[time.Duration]
		begin := time.Now()
		provider := newFlagging(t, broker)
		manager := startCrowd(t, provider, &crowd{on: func(order) error {
			time.Sleep(time.Second)
			ended.add(time.Since(begin) / time.Second)
			return nil
		}})
		time.Sleep(time.Minute)
		assert.Equal(t, []time.Duration{1, 1, 2, 2, 3, 4, 5, 6}, ended.all())
		assert.Equal(t, []int{64, 1, 64}, provider.prefetch.all(), "one at a time, and many again when there are none")
		assert.Equal(t, eventing.Totals{Handled: 8}, manager.Stats().Totals, "what is published again isn't handled yet")
		assert.Zero(t, manager.Stats().Listeners["crowd"].InFlight)
	})
}

func TestFlaggedEventsKeepWhatIsKnownOfThem(t *testing.T) {
	t.Parallel()
	const failed = "2026-01-02T03:04:05.6Z"
	for name, test := range map[string]struct {
		headers  []eventing.Header
		policies []eventing.ListenerPolicy
		want     map[string]string
		reason   string
	}{
		"a new event": {
			headers: []eventing.Header{{Key: "key", Value: "k"}},
			want:    map[string]string{"key": "k", "aspyx_attempt": "1", "aspyx_deliveries": "2", "aspyx_publication": "1", "aspyx_first_failure": ""},
		},
		"a retry": {
			headers: []eventing.Header{
				{Key: "aspyx_attempt", Value: "3"}, {Key: "aspyx_first_failure", Value: failed}, {Key: "aspyx_publication", Value: "4"},
			},
			want: map[string]string{"key": "", "aspyx_attempt": "3", "aspyx_deliveries": "2", "aspyx_publication": "5", "aspyx_first_failure": failed},
		},
		"the last but one delivery": {
			headers: []eventing.Header{{Key: "aspyx_deliveries", Value: "4"}},
			want:    map[string]string{"key": "", "aspyx_attempt": "1", "aspyx_deliveries": "5", "aspyx_publication": "1", "aspyx_first_failure": ""},
		},
		"the last delivery": {
			headers: []eventing.Header{{Key: "aspyx_deliveries", Value: "5"}},
			reason:  "crashed: the process or its connection has ended in each of 5 deliveries of this event",
		},
		"no limit": {
			policies: []eventing.ListenerPolicy{eventing.PolicyFor[witness](eventing.Policy{MaxDeliveries: -1})},
			want:     map[string]string{"key": "", "aspyx_attempt": "", "aspyx_deliveries": "", "aspyx_publication": "", "aspyx_first_failure": ""},
		},
		"no number": {
			headers: []eventing.Header{{Key: "aspyx_deliveries", Value: "many"}},
			reason:  `header aspyx_deliveries="many" is no number`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				broker := memory.NewBroker()
				leaveUnsettled(t, broker, 1, 1, test.headers...)
				listener := &witness{}
				manager := startCrowd(t, newFlagging(t, broker), listener, test.policies...)
				synctest.Wait()
				letters := deadLetters(t, broker, "crowd")
				if test.reason != "" {
					assert.Empty(t, listener.seen.all())
					require.Len(t, letters, 1)
					assert.Contains(t, header(letters[0], "aspyx_error"), test.reason)
					assert.Empty(t, header(letters[0], "aspyx_deliveries"), "a replay begins anew")
					return
				}
				assert.Empty(t, letters)
				require.Len(t, listener.seen.all(), 1)
				seen := listener.seen.all()[0]
				assert.NotEmpty(t, seen["id"])
				delete(seen, "id")
				assert.Equal(t, test.want, seen)
				assert.Zero(t, manager.Stats().Retried, "it hasn't failed")
			})
		})
	}
}

// TestFlaggedEventsAreNotLost when their copy can't be published.
func TestFlaggedEventsAreNotLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broker := memory.NewBroker()
		leaveUnsettled(t, broker, 1, 1)
		provider := newFlagging(t, broker)
		provider.submit = func(context.Context, *eventing.Message) (eventing.Receipt, error) {
			return nil, errors.Join(eventing.ErrNotSent, errBroken)
		}
		listener := &witness{}
		manager := startCrowd(t, provider, listener)
		synctest.Wait()
		require.ErrorContains(t, manager.Health(t.Context()), `listener "crowd" is held up`)
		require.NoError(t, manager.Stop(t.Context()))
		assert.Empty(t, listener.seen.all())
		startCrowd(t, newFlagging(t, broker), listener)
		synctest.Wait()
		assert.Len(t, listener.seen.all(), 1)
	})
}
