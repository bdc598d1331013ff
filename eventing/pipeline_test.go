package eventing_test

import (
	"bytes"
	"context"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

type traced struct{ steps *recorder[string] }

func (t traced) send(ctx context.Context, p *eventing.AbstractEnvelopePipeline, name string, e *eventing.Envelope, d *eventing.EventDescriptor) error {
	t.steps.add("send " + name)
	defer t.steps.add("sent " + name)
	return p.ProceedSend(ctx, e, d)
}

// The orders are as far apart as they can be.
type outer struct {
	eventing.AbstractEnvelopePipeline `pipeline:"order=-9223372036854775808"`
	traced
}

func (p *outer) Send(ctx context.Context, e *eventing.Envelope, d *eventing.EventDescriptor) error {
	return p.send(ctx, &p.AbstractEnvelopePipeline, "outer", e, d)
}

func (p *outer) Handle(ctx context.Context, e *eventing.Envelope, d *eventing.EventListenerDescriptor) error {
	p.steps.add("handle outer " + d.Name)
	return p.ProceedHandle(context.WithValue(ctx, traced{}, "from outer"), e, d)
}

type inner struct {
	eventing.AbstractEnvelopePipeline `pipeline:"order=9223372036854775807"`
	traced
}

func (p *inner) Send(ctx context.Context, e *eventing.Envelope, d *eventing.EventDescriptor) error {
	return p.send(ctx, &p.AbstractEnvelopePipeline, "inner "+d.Name, e, d)
}

func (p *inner) Handle(ctx context.Context, e *eventing.Envelope, d *eventing.EventListenerDescriptor) error {
	p.steps.add("handle inner")
	return p.ProceedHandle(ctx, e, d)
}

type middle struct {
	eventing.AbstractEnvelopePipeline
	traced
}

func (p *middle) Handle(ctx context.Context, e *eventing.Envelope, d *eventing.EventListenerDescriptor) error {
	p.steps.add("handle middle")
	return p.ProceedHandle(ctx, e, d)
}

func TestPipelinesRunInOneOrderOnBothSides(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		steps := &recorder[string]{}
		manager, _ := start(t, eventing.Config{
			Listeners: []any{&orderListener{on: func(ctx context.Context, _ order) error {
				steps.add("on " + ctx.Value(traced{}).(string)) //nolint:forcetypeassert // the test fails then
				return nil
			}}},
			Pipelines: []any{&inner{traced: traced{steps}}, &middle{traced: traced{steps}}, &outer{traced: traced{steps}}},
		})
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		synctest.Wait()
		assert.Equal(t, []string{
			"send outer", "send inner order", "sent inner order", "sent outer",
			"handle outer orders", "handle middle", "handle inner", "on from outer",
		}, steps.all())
	})
}

func TestHandleChain(t *testing.T) {
	t.Parallel()
	type pipe = func(p *handlePipeline, ctx context.Context, e *eventing.Envelope, d *eventing.EventListenerDescriptor) error
	for name, test := range map[string]struct {
		handle pipe
		calls  int
		stats  eventing.Totals
		reason string
	}{
		"drops": {
			handle: func(*handlePipeline, context.Context, *eventing.Envelope, *eventing.EventListenerDescriptor) error {
				return eventing.Drop
			},
			stats: eventing.Totals{Sent: 1, Dropped: 1},
		},
		"forgets to proceed": {
			handle: func(*handlePipeline, context.Context, *eventing.Envelope, *eventing.EventListenerDescriptor) error {
				return nil
			},
			stats: eventing.Totals{Sent: 1, Retried: 2, DeadLettered: 1}, reason: "eventing: pipeline did not proceed",
		},
		"stops with an error": {
			handle: func(*handlePipeline, context.Context, *eventing.Envelope, *eventing.EventListenerDescriptor) error {
				return eventing.Permanent(errBroken)
			},
			stats: eventing.Totals{Sent: 1, DeadLettered: 1}, reason: "broken",
		},
		"swallows the listener's error": {
			handle: func(p *handlePipeline, ctx context.Context, e *eventing.Envelope, d *eventing.EventListenerDescriptor) error {
				_ = p.ProceedHandle(ctx, e, d)
				return nil
			},
			calls: 1, stats: eventing.Totals{Sent: 1, Handled: 1},
		},
		"sees fresh headers in each attempt": {
			handle: func(p *handlePipeline, ctx context.Context, e *eventing.Envelope, d *eventing.EventListenerDescriptor) error {
				if e.Get("key") != "sent" {
					return eventing.Permanent(errBroken)
				}
				e.Set("key", "changed")
				e.Set("more", "x")
				return p.ProceedHandle(ctx, e, d)
			},
			calls: 3, stats: eventing.Totals{Sent: 1, Retried: 2, DeadLettered: 1}, reason: "listener: changed",
		},
		"looks at the event": {
			handle: func(p *handlePipeline, ctx context.Context, e *eventing.Envelope, d *eventing.EventListenerDescriptor) error {
				event, err := e.Event()
				if err != nil || event.(*order).ID != 42 { //nolint:forcetypeassert // the test fails then
					return eventing.Permanent(errBroken)
				}
				e.SetBody([]byte(`{"ID":43}`))
				return p.ProceedHandle(ctx, e, d)
			},
			calls: 3, stats: eventing.Totals{Sent: 1, Retried: 2, DeadLettered: 1}, reason: "listener: sent",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				manager, broker := start(t, eventing.Config{
					Listeners: []any{&orderListener{on: func(ctx context.Context, event order) error {
						calls++
						assert.Contains(t, []int{42, 43}, event.ID)
						return &listenerError{eventing.EnvelopeFrom(ctx).Get("key")}
					}}},
					Pipelines: []any{&handlePipeline{handle: test.handle}},
				})
				require.NoError(t, manager.SendEvent(t.Context(), order{ID: 42}, eventing.WithHeader("key", "sent")))
				time.Sleep(time.Minute)
				synctest.Wait()
				assert.Equal(t, test.calls, calls)
				assert.Equal(t, test.stats, manager.Stats().Totals)
				letters := deadLetters(t, broker, "orders")
				if test.reason == "" {
					assert.Empty(t, letters)
					return
				}
				require.Len(t, letters, 1)
				assert.Equal(t, test.reason, header(letters[0], "aspyx_error"))
				assert.Equal(t, "sent", header(letters[0], "key"), "a dead letter has the headers that were sent")
				assert.JSONEq(t, `{"ID":42}`, string(letters[0].Body))
			})
		})
	}
}

// An outer pipeline may catch a panic and try again: all behind it run again.
func TestProceedingAgainAfterAPanicRunsTheWholeChain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var steps recorder[string]
		caught := func(proceed func() error) (err error) {
			defer func() {
				if recover() != nil {
					err = proceed()
				}
			}()
			return proceed()
		}
		panicOnce := func(name string) func() {
			first := true
			return func() {
				steps.add(name)
				if first {
					first = false
					panic(name)
				}
			}
		}
		onSend, onHandle := panicOnce("send"), panicOnce("handle")
		manager, _ := start(t, eventing.Config{
			Listeners: []any{&orderListener{on: func(context.Context, order) error {
				steps.add("on")
				return nil
			}}},
			Pipelines: []any{
				&sendPipeline{send: func(p *sendPipeline, ctx context.Context, e *eventing.Envelope, d *eventing.EventDescriptor) error {
					return caught(func() error { return p.ProceedSend(ctx, e, d) })
				}},
				&handlePipeline{handle: func(p *handlePipeline, ctx context.Context, e *eventing.Envelope, d *eventing.EventListenerDescriptor) error {
					return caught(func() error { return p.ProceedHandle(ctx, e, d) })
				}},
				&sendPipeline{send: func(p *sendPipeline, ctx context.Context, e *eventing.Envelope, d *eventing.EventDescriptor) error {
					onSend()
					return p.ProceedSend(ctx, e, d)
				}},
				&handlePipeline{handle: func(p *handlePipeline, ctx context.Context, e *eventing.Envelope, d *eventing.EventListenerDescriptor) error {
					onHandle()
					return p.ProceedHandle(ctx, e, d)
				}},
			},
		})
		require.NoError(t, manager.SendEvent(t.Context(), order{}))
		synctest.Wait()
		assert.Equal(t, []string{"send", "send", "handle", "handle", "on"}, steps.all())
	})
}

type listenerError struct{ text string }

func (e *listenerError) Error() string { return "listener: " + e.text }

func TestEnvelopeOnBothSides(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reverse := func(body []byte) []byte {
			reversed := bytes.Clone(body)
			for i := range body {
				reversed[i] = body[len(body)-1-i]
			}
			return reversed
		}
		var id eventing.ID
		begin := time.Now()
		handled := false
		manager, _ := start(t, eventing.Config{
			Listeners: []any{&orderListener{on: func(ctx context.Context, event order) error {
				handled = true
				envelope := eventing.EnvelopeFrom(ctx)
				assert.Equal(t, 9, event.ID)
				assert.Equal(t, id, envelope.ID())
				assert.Equal(t, "order", envelope.EventName())
				assert.Equal(t, "application/json", envelope.ContentType())
				assert.True(t, begin.Equal(envelope.Time()))
				assert.Equal(t, 1, envelope.Attempt())
				assert.Equal(t, map[string]string{"a": "1", "b": "2"}, maps.Collect(envelope.Headers()))
				value, found := envelope.Lookup("none")
				assert.False(t, found)
				assert.Empty(t, value)
				return nil
			}}},
			Pipelines: []any{
				&sendPipeline{send: func(p *sendPipeline, ctx context.Context, e *eventing.Envelope, d *eventing.EventDescriptor) error {
					id = e.ID()
					assert.Zero(t, e.Attempt())
					event, err := e.Event()
					assert.NoError(t, err)
					assert.Equal(t, order{ID: 9}, event)
					e.Set("b", "1")
					e.Set("b", "2")
					body, err := e.Body()
					assert.NoError(t, err)
					e.SetBody(reverse(body))
					return p.ProceedSend(ctx, e, d)
				}},
				&handlePipeline{handle: func(p *handlePipeline, ctx context.Context, e *eventing.Envelope, d *eventing.EventListenerDescriptor) error {
					body, err := e.Body()
					assert.NoError(t, err)
					assert.Equal(t, `}9:"DI"{`, string(body))
					e.SetBody(reverse(body))
					return p.ProceedHandle(ctx, e, d)
				}},
			},
		})
		require.NoError(t, manager.SendEvent(t.Context(), order{ID: 9}, eventing.WithHeader("a", "1")))
		synctest.Wait()
		require.True(t, handled)
	})
}

func TestWithoutAManager(t *testing.T) {
	t.Parallel()
	envelope := eventing.EnvelopeFrom(t.Context())
	assert.Nil(t, envelope)
	assert.Empty(t, envelope.Get("key"))
	assert.Empty(t, maps.Collect(envelope.Headers()))
	// A pipeline in a unit test of its user.
	p, e := &outer{traced: traced{&recorder[string]{}}}, &eventing.Envelope{}
	require.NoError(t, p.Send(t.Context(), e, &eventing.EventDescriptor{}))
	require.NoError(t, p.Handle(t.Context(), e, &eventing.EventListenerDescriptor{}))
}
