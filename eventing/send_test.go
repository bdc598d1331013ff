package eventing_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// sendPipeline is a pipeline of the sending side, by a function.
type sendPipeline struct {
	eventing.AbstractEnvelopePipeline
	send func(p *sendPipeline, ctx context.Context, envelope *eventing.Envelope, event *eventing.EventDescriptor) error
}

func (p *sendPipeline) Send(ctx context.Context, envelope *eventing.Envelope, event *eventing.EventDescriptor) error {
	return p.send(p, ctx, envelope, event)
}

// handlePipeline is a pipeline of the handling side, by a function.
type handlePipeline struct {
	eventing.AbstractEnvelopePipeline
	handle func(p *handlePipeline, ctx context.Context, envelope *eventing.Envelope, listener *eventing.EventListenerDescriptor) error
}

func (p *handlePipeline) Handle(ctx context.Context, envelope *eventing.Envelope, listener *eventing.EventListenerDescriptor) error {
	return p.handle(p, ctx, envelope, listener)
}

type noEvent struct{}

func TestSendRefusesWhatIsNoEvent(t *testing.T) {
	t.Parallel()
	manager, _ := start(t, eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[order]()}})
	for name, test := range map[string]struct {
		event any
		want  string
	}{
		"nil":              {nil, "nil"},
		"a nil pointer":    {(*order)(nil), "a nil *eventing_test.order"},
		"another type":     {noEvent{}, "eventing_test.noEvent: embed eventing.Event in it"},
		"a pointer to one": {&noEvent{}, "*eventing_test.noEvent: embed"},
		"an unknown event": {plainEvent{}, "eventing_test.plainEvent isn't registered: add environment.Register[eventing_test.plainEvent]()"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := manager.SendEvent(t.Context(), test.event)
			require.ErrorIs(t, err, eventing.ErrNotEvent)
			assert.ErrorContains(t, err, test.want)
		})
	}
}

func TestSendChain(t *testing.T) {
	t.Parallel()
	type pipe = func(p *sendPipeline, ctx context.Context, envelope *eventing.Envelope, event *eventing.EventDescriptor) error
	for name, test := range map[string]struct {
		send  pipe
		is    error
		text  string
		stats eventing.Totals
	}{
		"proceeds": {
			send: func(p *sendPipeline, ctx context.Context, e *eventing.Envelope, d *eventing.EventDescriptor) error {
				return p.ProceedSend(ctx, e, d)
			},
			stats: eventing.Totals{Sent: 1},
		},
		"forgets to proceed": {
			send: func(*sendPipeline, context.Context, *eventing.Envelope, *eventing.EventDescriptor) error { return nil },
			is:   eventing.ErrNotProceeded,
		},
		"drops": {
			send: func(*sendPipeline, context.Context, *eventing.Envelope, *eventing.EventDescriptor) error {
				return eventing.Drop
			},
			stats: eventing.Totals{Dropped: 1},
		},
		"fails": {
			send: func(*sendPipeline, context.Context, *eventing.Envelope, *eventing.EventDescriptor) error {
				return errBroken
			},
			is: errBroken,
		},
		"panics": {
			send: func(*sendPipeline, context.Context, *eventing.Envelope, *eventing.EventDescriptor) error {
				panic(errBroken)
			},
			is: errBroken, text: `send event "order": panic: broken`,
		},
		"proceeds twice": {
			send: func(p *sendPipeline, ctx context.Context, e *eventing.Envelope, d *eventing.EventDescriptor) error {
				return errors.Join(p.ProceedSend(ctx, e, d), p.ProceedSend(ctx, e, d))
			},
			text: "a pipeline has proceeded twice", stats: eventing.Totals{Sent: 1},
		},
		"swallows a failed hand-over": {
			send: func(p *sendPipeline, ctx context.Context, e *eventing.Envelope, d *eventing.EventDescriptor) error {
				ctx, cancel := context.WithCancel(ctx)
				cancel()
				_ = p.ProceedSend(ctx, e, d)
				return nil
			},
			is: eventing.ErrNotSent,
		},
		"sets a header that steers": {
			send: func(p *sendPipeline, ctx context.Context, e *eventing.Envelope, d *eventing.EventDescriptor) error {
				e.Set("_AMQ_DUPL_ID", "same")
				return p.ProceedSend(ctx, e, d)
			},
			is: eventing.ErrHeader, text: `key "_AMQ_DUPL_ID" means something to brokers`,
		},
		"sets too large a header": {
			send: func(p *sendPipeline, ctx context.Context, e *eventing.Envelope, d *eventing.EventDescriptor) error {
				e.Set("large", strings.Repeat("x", 17<<10))
				return p.ProceedSend(ctx, e, d)
			},
			is: eventing.ErrHeader, text: "17413 bytes of keys and values are too many",
		},
		"sets a header that isn't UTF-8": {
			send: func(p *sendPipeline, ctx context.Context, e *eventing.Envelope, d *eventing.EventDescriptor) error {
				e.Set("bytes", "\xff")
				return p.ProceedSend(ctx, e, d)
			},
			is: eventing.ErrHeader, text: "must be UTF-8 without NUL",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var outcome recorder[error]
			spy := &sendPipeline{send: func(p *sendPipeline, ctx context.Context, e *eventing.Envelope, d *eventing.EventDescriptor) error {
				e.OnOutcome(outcome.add)
				return p.ProceedSend(ctx, e, d)
			}}
			manager, _ := start(t, eventing.Config{
				Events:    []eventing.EventDefinition{eventing.EventOf[order]()},
				Pipelines: []any{spy, &sendPipeline{send: test.send}},
			})
			err := manager.SendEvent(t.Context(), order{})
			if test.is != nil {
				require.ErrorIs(t, err, test.is)
			}
			if test.text != "" {
				require.ErrorContains(t, err, test.text)
			}
			if test.is == nil && test.text == "" {
				require.NoError(t, err)
			}
			assert.Equal(t, []error{err}, outcome.all())
			assert.Equal(t, test.stats, manager.Stats().Totals)
		})
	}
}

func TestSendEventsGoesOnAndTellsWhichFailed(t *testing.T) {
	t.Parallel()
	var ids recorder[int]
	done := make(chan struct{})
	manager, _ := start(t, eventing.Config{Listeners: []any{&orderListener{on: func(_ context.Context, event order) error {
		ids.add(event.ID)
		if event.ID == 2999 {
			close(done)
		}
		return nil
	}}}})
	events := make([]any, 3000)
	want := make([]int, 0, len(events))
	for i := range events {
		events[i] = order{ID: i}
		if i == 5 || i == 2000 {
			events[i] = noEvent{}
			continue
		}
		want = append(want, i)
	}
	err := eventing.SendEvents(t.Context(), manager, events)
	require.ErrorIs(t, err, eventing.ErrNotEvent)
	joined, ok := err.(interface{ Unwrap() []error })
	require.True(t, ok)
	var indexes []int
	for _, e := range joined.Unwrap() {
		index, ok := errors.AsType[*eventing.IndexError](e)
		require.True(t, ok)
		indexes = append(indexes, index.Index)
	}
	assert.Equal(t, []int{5, 2000}, indexes)
	<-done
	assert.Equal(t, want, ids.all())
}

// A broker that keeps one confirmation back holds up the window's length of
// events, not those that fit behind the ones that were confirmed.
func TestSendEventsKeepsItsWindowFull(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const window, count, slow = 1024, 5000, 1023
		submitted := 0
		confirm := make(chan struct{})
		provider := &hookedProvider{}
		provider.submit = func(context.Context, *eventing.Message) (eventing.Receipt, error) {
			submitted++
			if submitted == slow+1 {
				return &receipt{confirm}, nil
			}
			return eventing.Confirmed, nil
		}
		manager := startOn(t, provider, eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[order]()}})
		sent := make(chan error, 1)
		go func() { sent <- eventing.SendEvents(t.Context(), manager, make([]order, count)) }()
		synctest.Wait()
		assert.Equal(t, slow+window, submitted, "all that fit behind the oldest unconfirmed one")
		close(confirm)
		require.NoError(t, <-sent)
		assert.Equal(t, count, submitted)
	})
}

// receipt confirms when it is told.
type receipt struct{ confirm chan struct{} }

func (r *receipt) Wait(context.Context) error {
	<-r.confirm
	return nil
}

// TestSendEventsWaitsForTheLastFirst, so that it is woken once where confirmations
// come in order. What has failed is told in the order of the events all the same.
func TestSendEventsWaitsForTheLastFirst(t *testing.T) {
	t.Parallel()
	var waited recorder[int]
	submitted := 0
	provider := &hookedProvider{}
	provider.submit = func(context.Context, *eventing.Message) (eventing.Receipt, error) {
		submitted++
		return &numbered{submitted - 1, &waited}, nil
	}
	manager := startOn(t, provider, eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[order]()}})
	err := eventing.SendEvents(t.Context(), manager, make([]order, 4))
	assert.Equal(t, []int{3, 0, 1, 2}, waited.all())
	require.ErrorIs(t, err, eventing.ErrRejected)
	joined, ok := err.(interface{ Unwrap() []error })
	require.True(t, ok)
	for i, failed := range joined.Unwrap() {
		require.ErrorContains(t, failed, fmt.Sprintf("message %d", i))
	}
}

// numbered is the receipt of a message that is refused.
type numbered struct {
	number int
	waited *recorder[int]
}

func (r *numbered) Wait(context.Context) error {
	r.waited.add(r.number)
	return fmt.Errorf("%w: message %d", eventing.ErrRejected, r.number)
}

func TestSendEventsOfFew(t *testing.T) {
	t.Parallel()
	manager, _ := start(t, eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[order]()}})
	for _, count := range []int{0, 1, 1023, 1024, 1025} {
		before := manager.Stats().Sent
		require.NoError(t, eventing.SendEvents(t.Context(), manager, make([]order, count)))
		assert.Equal(t, count, int(manager.Stats().Sent-before))
	}
}

func TestSendTimeoutAppliesWithoutADeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		manager := startOn(t, memory.Config{MaxMessages: 1}, eventing.Config{
			Listeners: []any{&orderListener{on: func(context.Context, order) error { <-release; return nil }}},
		})
		defer close(release)
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		begin := time.Now()
		err := manager.SendEvent(t.Context(), order{})
		require.ErrorIs(t, err, eventing.ErrNotSent)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 30*time.Second, time.Since(begin))

		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begin = time.Now()
		require.ErrorIs(t, manager.SendEvent(ctx, order{}), context.DeadlineExceeded)
		assert.Equal(t, time.Minute, time.Since(begin), "a deadline of the caller's wins")
	})
}
