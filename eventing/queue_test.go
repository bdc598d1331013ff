package eventing_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/aspyx-go/aspyx/eventing"
)

func TestQueueNames(t *testing.T) {
	t.Parallel()
	const event, listener, group, server = "order.placed", "billing", "team", "node-1"
	for _, test := range []struct {
		what                         string
		queue                        eventing.Queue
		address, original, qualified string
		exclusive                    bool
	}{
		{
			"shared",
			eventing.Queue{Event: event, Listener: listener},
			event, "billing", "order.placed.billing", false,
		},
		{
			"of one server",
			eventing.Queue{Event: event, Listener: listener, Server: server},
			event, "billing-node-1", "order.placed.billing-node-1", true,
		},
		{
			"of a group",
			eventing.Queue{Event: event, Listener: listener, Group: group},
			event, "order.placed.team", "order.placed.team", false,
		},
		{
			"dead letters", eventing.Queue{Event: event, Listener: listener}.DeadLetter(),
			"DLQ.order.placed.billing", "DLQ.order.placed.billing", "DLQ.order.placed.billing", false,
		},
		{
			"dead letters of one server", eventing.Queue{Event: event, Listener: listener, Server: server}.DeadLetter(),
			"DLQ.order.placed.billing", "DLQ.order.placed.billing", "DLQ.order.placed.billing", false,
		},
		{
			"dead letters of a group", eventing.Queue{Event: event, Listener: listener, Group: group}.DeadLetter(),
			"DLQ.order.placed.billing", "DLQ.order.placed.billing", "DLQ.order.placed.billing", false,
		},
	} {
		assert.Equal(t, test.address, test.queue.Address(), test.what)
		assert.Equal(t, test.original, test.queue.Name(eventing.NamingOriginal), test.what)
		assert.Equal(t, test.qualified, test.queue.Name(eventing.NamingQualified), test.what)
		assert.Equal(t, test.address+"::"+test.original, test.queue.String(), test.what)
		assert.Equal(t, test.exclusive, test.queue.Exclusive(), test.what)
	}
}

func TestDeadLetterQueue(t *testing.T) {
	t.Parallel()
	queue := eventing.Queue{Event: "order", Listener: "billing", Server: "node-1"}
	letters := queue.DeadLetter()
	assert.False(t, queue.IsDeadLetter())
	assert.True(t, letters.IsDeadLetter())
	assert.True(t, letters.Durable, "whatever the event is")
	assert.Equal(t, letters, letters.DeadLetter(), "dead letters have none of their own")
}

func TestNaming(t *testing.T) {
	t.Parallel()
	assert.Equal(t, eventing.NamingOriginal, eventing.Naming(0))
	assert.Equal(t, "original", eventing.NamingOriginal.String())
	assert.Equal(t, "qualified", eventing.NamingQualified.String())
	assert.Equal(t, "unknown", eventing.Naming(2).String())
}
