package e2e_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

const (
	fatalEvents = 40
	fatalNumber = 5 // ends its process
	fatalCode   = 3

	// mostEnds is how often the event may end its process. Five deliveries that
	// the broker counts are the most; it counts about two of three.
	mostEnds = 60
)

type fatalEvent struct {
	eventing.Event `event:"name=e2e.fatal,durable"`
	Run            string
	Number         int
}

// calmEvent is handled beside the other, in the same process.
type calmEvent struct {
	eventing.Event `event:"name=e2e.calm,durable"`
	Run            string
	Number         int
}

type fatalListener struct {
	eventing.Listener[fatalEvent] `listener:"name=e2e.fatal.worker"`
}

func (l *fatalListener) On(ctx context.Context, event fatalEvent) error {
	if event.Number == fatalNumber {
		os.Exit(fatalCode)
	}
	return report(ctx, "fatal", event.Run, event.Number)
}

type calmListener struct {
	eventing.Listener[calmEvent] `listener:"name=e2e.calm.worker"`
}

func (l *calmListener) On(ctx context.Context, event calmEvent) error {
	return report(ctx, "calm", event.Run, event.Number)
}

func bootFatal(ctx context.Context, url, server string, listening bool) (*environment.Environment, error) {
	parts := []environment.Part{
		eventing.Module(eventing.Configured()),
		environment.Register[fatalEvent](),
		environment.Register[calmEvent](),
	}
	if listening {
		parts = append(parts, environment.Register[fatalListener](), environment.Register[calmListener]())
	}
	return bootModule(ctx, url, server, environment.Module("e2e", parts...))
}

func TestAnEventThatEndsItsProcessEachTimeIsDeadLettered(t *testing.T) {
	t.Parallel()
	url, run := brokertest.URL(t), rand.Text()
	declareFatal(t, url)
	env, err := bootFatal(t.Context(), url, "sender-"+run, false)
	require.NoError(t, err)
	manager := environment.Get[*eventing.EventManager](env)
	fatal, calm := make([]fatalEvent, fatalEvents), make([]calmEvent, fatalEvents)
	for i := range fatalEvents {
		fatal[i], calm[i] = fatalEvent{Run: run, Number: i}, calmEvent{Run: run, Number: i}
	}
	require.NoError(t, eventing.SendEvents(t.Context(), manager, fatal))
	require.NoError(t, eventing.SendEvents(t.Context(), manager, calm))
	require.NoError(t, env.Shutdown(t.Context()))

	handled := map[string]bool{}
	ends := 0
	for !runUntilDone(t, url, run, handled) {
		ends++
		require.LessOrEqual(t, ends, mostEnds, "the event ends its process each time, for ever")
	}
	t.Logf("the event has ended %d processes", ends)
	assert.Positive(t, ends)
	assert.False(t, handled[fatalKey("fatal", fatalNumber)])
	letters := fatalLetters(t, url, run, "fatal")
	require.Len(t, letters, 1)
	assert.Equal(t, "*eventing.CrashedError", letters[0].errorType)
	assert.Equal(t, fatalNumber, letters[0].number)
	assert.Empty(t, fatalLetters(t, url, run, "calm"), "innocent events")
}

func fatalKey(kind string, number int) string { return fmt.Sprint(kind, " ", number) }

// runUntilDone runs a child until all events but one are handled, and is false
// when that one has ended the child before.
func runUntilDone(t *testing.T, url, run string, handled map[string]bool) bool {
	t.Helper()
	c := spawn(t, url, "child-"+run, childExits)
	const all = 2*fatalEvents - 1
	for timeout := time.After(30 * time.Second); ; {
		select {
		case line, ok := <-c.lines:
			if !ok {
				_ = c.command.Wait()
				require.Equal(t, fatalCode, c.command.ProcessState.ExitCode(), c.errors)
				return false
			}
			var kind, of string
			var number, attempt int
			if _, err := fmt.Sscanf(line, "%s %s %d attempt %d", &kind, &of, &number, &attempt); err == nil && of == run {
				handled[fatalKey(kind, number)] = true
			}
			if len(handled) == all {
				c.end(t)
				return true
			}
		case <-timeout:
			require.FailNow(t, "events are missing", "these: %v; errors of the process: %s", missing(handled), c.errors)
		}
	}
}

func missing(handled map[string]bool) (keys []string) {
	for _, kind := range []string{"fatal", "calm"} {
		for number := range fatalEvents {
			if key := fatalKey(kind, number); !handled[key] {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

func fatalQueue(kind string) eventing.Queue {
	return eventing.Queue{Event: "e2e." + kind, Listener: "e2e." + kind + ".worker", Durable: true}
}

func fatalProvider(t *testing.T, url string) eventing.Provider {
	t.Helper()
	provider, err := amqp.New(amqp.Config{URL: url})
	require.NoError(t, err)
	require.NoError(t, provider.Start(t.Context()))
	t.Cleanup(func() { assert.NoError(t, provider.Stop(context.Background())) })
	return provider
}

// declareFatal has the events wait for the first child.
func declareFatal(t *testing.T, url string) {
	t.Helper()
	require.NoError(t, fatalProvider(t, url).Declare(t.Context(), []eventing.Queue{fatalQueue("fatal"), fatalQueue("calm")}))
}

type fatalLetter struct {
	errorType string
	number    int
}

// fatalLetters returns the dead letters of the run.
func fatalLetters(t *testing.T, url, run, kind string) (letters []fatalLetter) {
	t.Helper()
	consumer, err := fatalProvider(t, url).Attach(t.Context(), fatalQueue(kind).DeadLetter(), 100)
	require.NoError(t, err)
	defer func() { require.NoError(t, consumer.Close(t.Context())) }()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	for {
		var delivery eventing.Delivery
		if err := consumer.Receive(ctx, &delivery); err != nil {
			require.ErrorIs(t, err, context.DeadlineExceeded)
			return letters
		}
		require.NoError(t, consumer.Settle(&delivery, eventing.Accept))
		var event fatalEvent
		require.NoError(t, json.Unmarshal(delivery.Message.Body, &event))
		letter := fatalLetter{number: event.Number}
		for _, header := range delivery.Message.Headers {
			if header.Key == eventing.HeaderPrefix+"error_type" {
				letter.errorType = header.Value
			}
		}
		if event.Run == run {
			letters = append(letters, letter)
		}
	}
}
