package eventing_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/errhandler"
	"github.com/aspyx-go/aspyx/eventing"
)

// landmine is an event that says who ends how.
type landmine struct {
	eventing.Event `event:"name=order"`
	Who, How       string
}

func (l landmine) Validate() error { return l.step("Validate") }

// step is what all user code here does.
func (l landmine) step(who string) error {
	switch {
	case who != l.Who:
	case l.How == "panic":
		panic("oh no")
	case l.How == "Goexit":
		runtime.Goexit()
	}
	return nil
}

type landmineListener struct {
	eventing.Listener[landmine] `listener:"name=orders,retries=1,backoff=10ms"`
}

func (*landmineListener) On(_ context.Context, event landmine) error {
	if event.Who == "error handler" || event.Who == "observer" {
		return errBroken
	}
	return event.step("listener")
}

type landmineCodec struct{}

func (landmineCodec) ContentType() string              { return "application/json" }
func (landmineCodec) Encode(event any) ([]byte, error) { return json.Marshal(event) }
func (landmineCodec) Decode(body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return err
	}
	return into.(*landmine).step("codec") //nolint:forcetypeassert // the only event
}

// Whatever user code ends by a panic or a Goexit, and wherever it is called
// while an event is handled: the event is dead-lettered, with the stack in
// the log, and the next one is handled.
func TestUserCodeThatDoesNotReturn(t *testing.T) {
	t.Parallel()
	for _, who := range []string{"listener", "pipeline", "Validate", "codec", "error handler", "observer"} {
		for _, how := range []string{"panic", "Goexit"} {
			t.Run(who+" "+how, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { testLandmine(t, landmine{Who: who, How: how}) })
			})
		}
	}
}

func testLandmine(t *testing.T, mine landmine) {
	t.Helper()
	var log bytes.Buffer
	manager, broker := start(t, eventing.Config{
		Listeners: []any{&landmineListener{}},
		Pipelines: []any{&handlePipeline{
			handle: func(p *handlePipeline, ctx context.Context, e *eventing.Envelope, d *eventing.EventListenerDescriptor) error {
				if e.Get("in") == "pipeline" {
					return mine.step("pipeline")
				}
				return p.ProceedHandle(ctx, e, d)
			},
		}},
		ErrorHandlers: handlersOf(t, errhandler.Handle(func(_ context.Context, err error, _ errhandler.Next) error {
			return errors.Join(err, mine.step("error handler"))
		})),
		Observers: []eventing.Observer{func(_ context.Context, o eventing.Observation) {
			if _, ok := o.(*eventing.EventDeadLettered); ok {
				_ = mine.step("observer")
			}
		}},
		Codec:  landmineCodec{},
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	body, err := json.Marshal(mine)
	require.NoError(t, err)
	submit(t, broker, &eventing.Message{ID: eventing.NewID(), Body: body, Headers: []eventing.Header{{Key: "in", Value: mine.Who}}})
	require.NoError(t, manager.SendEvent(t.Context(), landmine{}))
	time.Sleep(time.Minute)
	synctest.Wait()

	attempts := uint64(2)
	if mine.How == "panic" && (mine.Who == "Validate" || mine.Who == "codec") {
		attempts = 1 // no repetition mends that
	}
	assert.Equal(t, eventing.ListenerStats{Handled: 1, Failed: attempts, Retried: attempts - 1, DeadLettered: 1}, manager.Stats().Listeners["orders"])
	require.Len(t, deadLetters(t, broker, "orders"), 1)
	assert.Contains(t, log.String(), "landmine.step", "the stack")
}
