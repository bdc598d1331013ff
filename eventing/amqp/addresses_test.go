package amqp

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/go-amqp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

var dialects = []dialect{artemis{}, classic{}, rabbitMQ{}, serviceBus{}}

// TestAddresses holds the addresses of each dialect in a table.
func TestAddresses(t *testing.T) {
	t.Parallel()
	shared := eventing.Queue{Event: "order.placed", Listener: "mail.er", Durable: true}
	group, own, fleeting := shared, shared, shared
	group.Group = "staff"
	own.Server, fleeting.Server, fleeting.Durable = "north", "north", false
	queues := []eventing.Queue{shared, group, own, fleeting, shared.DeadLetter()}
	var table strings.Builder
	for _, speaks := range dialects {
		at, err := speaks.event(shared.Event)
		require.NoError(t, err)
		fmt.Fprintf(&table, "%s\n  events to %s\n", speaks.name(), show(at, nil))
		for i, kind := range []string{"shared", "group", "one server's", "one server's, fleeting", "dead letters"} {
			from, err := speaks.queue(queues[i], eventing.NamingOriginal)
			to, copyErr := speaks.copies(queues[i], eventing.NamingOriginal)
			fmt.Fprintf(&table, "  %s from %s\n    by %q, fleeting %v\n    copies to %s\n", kind, show(from.node, err), from.alone, from.fleeting, show(to, copyErr))
			for _, err := range []error{err, copyErr} {
				assert.True(t, err == nil || errors.Is(err, errors.ErrUnsupported), err)
			}
		}
	}
	golden, err := os.ReadFile(filepath.Join("testdata", "addresses.golden"))
	require.NoError(t, err)
	assert.Equal(t, string(golden), table.String())
}

func show(at node, err error) string {
	if err != nil {
		return "nowhere: " + err.Error()
	}
	return strings.TrimSpace(at.address + " " + at.capability)
}

// TestNoTwoQueuesAreOne has names that a careless escape would make equal.
func TestNoTwoQueuesAreOne(t *testing.T) {
	t.Parallel()
	for _, speaks := range dialects {
		known := map[string]eventing.Queue{}
		for _, queue := range []eventing.Queue{
			{Event: "a", Listener: "b.c"},
			{Event: "a", Listener: "b_c"},
			{Event: "a", Listener: "b-2E"},
			{Event: "a.b", Listener: "c"},
			{Event: "a", Listener: "b"},
			{Event: "b", Listener: "a"},
		} {
			at, err := speaks.queue(queue, eventing.NamingQualified)
			require.NoError(t, err)
			assert.NotContains(t, known, at.address, speaks.name())
			known[at.address] = queue
		}
	}
}

func TestWhatDialectsAddToAMessage(t *testing.T) {
	t.Parallel()
	message := &eventing.Message{Event: "e", Delay: time.Second, DuplicateID: "id#1"}
	delayed := amqp.Annotations{"x-opt-delivery-delay": int64(1000)}
	for _, speaks := range dialects {
		encoded := encodeFor(speaks, message)
		switch speaks {
		case artemis{}:
			assert.Equal(t, map[string]any{"_AMQ_DUPL_ID": "id#1"}, encoded.ApplicationProperties)
			assert.Equal(t, delayed, encoded.Annotations)
		case classic{}:
			assert.Empty(t, encoded.ApplicationProperties)
			assert.Equal(t, delayed, encoded.Annotations)
		default:
			assert.Empty(t, encoded.ApplicationProperties)
			assert.Empty(t, encoded.Annotations)
		}
	}
}

func TestWhatIsGivenBack(t *testing.T) {
	t.Parallel()
	queue := eventing.Queue{Event: "e", Listener: "l"}
	for _, speaks := range dialects {
		for _, message := range []*eventing.Message{{Event: "e"}, {Event: "e", Mandatory: true}, {Event: "e", Target: &queue}} {
			work := newJob(newSender(node{}, connected, defaultWindow, new(counters)), message)
			work.given = speaks.released(message)
			err := work.outcome(&amqp.StateReleased{})
			if speaks == (rabbitMQ{}) && !message.Mandatory && message.Target == nil {
				require.NoError(t, err, "an event may have no listener")
				continue
			}
			require.ErrorIs(t, err, eventing.ErrRejected)
			assert.Equal(t, speaks == rabbitMQ{}, errors.Is(err, eventing.ErrUnroutable))
			require.ErrorIs(t, work.outcome(&amqp.StateModified{}), eventing.ErrRejected)
		}
	}
}
