package eventing_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

type chained struct {
	id, correlation, causation eventing.ID
	headers                    map[string]string
}

func readChain(ctx context.Context) chained {
	e := eventing.EnvelopeFrom(ctx)
	return chained{e.ID(), e.CorrelationID(), e.CausationID(), maps.Collect(e.Headers())}
}

// A handler's events go on the whole way, through a delayed retry too, and into
// the dead letter.
func TestCorrelationGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var chain recorder[chained]
		var manager *eventing.EventManager
		manager, broker := start(t, eventing.Config{Listeners: []any{
			&laterListener{on: func(ctx context.Context, event order) error {
				chain.add(readChain(ctx))
				switch {
				case event.ID < 3:
					return manager.SendEvent(ctx, order{ID: event.ID + 1}, eventing.WithHeader("tenant", "north"))
				default:
					return errBroken
				}
			}},
		}})
		require.NoError(t, manager.SendEvent(t.Context(), order{ID: 1}))
		time.Sleep(time.Hour)
		synctest.Wait()
		all := chain.all()
		require.Len(t, all, 4)
		assert.Equal(t, all[0].id, all[0].correlation)
		assert.Zero(t, all[0].causation)
		assert.Empty(t, all[0].headers)
		for i := 1; i < 3; i++ {
			assert.Equal(t, all[0].id, all[i].correlation)
			assert.Equal(t, all[i-1].id, all[i].causation)
			assert.Equal(t, map[string]string{"tenant": "north"}, all[i].headers, "they are no headers of the user's")
		}
		assert.Equal(t, all[2], all[3], "the retry")
		letters := deadLetters(t, broker, "later")
		require.Len(t, letters, 1)
		assert.Equal(t, all[0].id.String(), header(letters[0], "aspyx_correlation_id"))
		assert.Equal(t, all[1].id.String(), header(letters[0], "aspyx_causation_id"))
	})
}

func TestCorrelationOfForeignEvents(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 201)
	for name, test := range map[string]struct {
		id, correlation string
		want            [2]string
	}{
		"foreign":  {"order 1", "request 7", [2]string{"request 7", "order 1"}},
		"too long": {long, long, [2]string{"", ""}},
		"begins":   {"order 1", "", [2]string{"order 1", "order 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sent recorder[*eventing.Message]
			provider := &hookedProvider{}
			provider.submit = func(ctx context.Context, message *eventing.Message) (eventing.Receipt, error) {
				sent.add(message)
				return provider.Provider.Submit(ctx, message)
			}
			done := make(chan error, 1)
			var manager *eventing.EventManager
			ready := make(chan struct{})
			manager = startOn(t, provider, eventing.Config{
				Events: []eventing.EventDefinition{eventing.EventOf[missive]()},
				Listeners: []any{&orderListener{on: func(ctx context.Context, _ order) error {
					<-ready
					done <- manager.SendEvent(ctx, missive{})
					return nil
				}}},
			})
			close(ready)
			message := &eventing.Message{ID: eventing.ParseID(test.id), Event: "order", Body: []byte("{}")}
			if test.correlation != "" {
				message.Headers = []eventing.Header{{Key: "aspyx_correlation_id", Value: test.correlation}}
			}
			_, err := provider.Provider.Submit(t.Context(), message)
			require.NoError(t, err)
			require.NoError(t, <-done)
			require.Len(t, sent.all(), 1)
			got := sent.all()[0]
			assert.Equal(t, test.want, [2]string{header(got, "aspyx_correlation_id"), header(got, "aspyx_causation_id")})
		})
	}
}

func TestCorrelationTakesNoRoomFromHeaders(t *testing.T) {
	t.Parallel()
	done := make(chan error, 1)
	var manager *eventing.EventManager
	ready := make(chan struct{})
	manager, _ = start(t, eventing.Config{
		Events: []eventing.EventDefinition{eventing.EventOf[missive]()},
		Listeners: []any{&orderListener{on: func(ctx context.Context, _ order) error {
			<-ready
			var options []eventing.SendOption
			for i := range eventing.MaxHeaders {
				options = append(options, eventing.WithHeader(fmt.Sprint("key", i), ""))
			}
			done <- manager.SendEvent(ctx, missive{}, options...)
			return nil
		}}},
	})
	close(ready)
	require.NoError(t, manager.SendEvent(t.Context(), order{}))
	require.NoError(t, <-done)
}

func TestNobodyCanSetTheCorrelation(t *testing.T) {
	t.Parallel()
	manager, _ := start(t, eventing.Config{Events: []eventing.EventDefinition{eventing.EventOf[missive]()}})
	for _, key := range []string{"aspyx_correlation_id", "aspyx_causation_id"} {
		require.ErrorIs(t, manager.SendEvent(t.Context(), missive{}, eventing.WithHeader(key, "1")), eventing.ErrHeader)
	}
	var none *eventing.Envelope
	assert.Zero(t, none.CorrelationID())
	assert.Zero(t, none.CausationID())
	assert.Zero(t, (&eventing.Envelope{}).CorrelationID())
}
