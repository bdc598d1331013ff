package interop_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
)

func TestWhatJMSSends(t *testing.T) {
	t.Parallel()
	_, queue := start(t)
	run[any](t, java(t, "send", queue.Event))
	manager := manage(t, queue.Event)
	come := listen(t, manager, queue.Listener)

	headers := map[string]string{"kind": "text", "number": "7", "flag": "true"}
	assert.Equal(t, heard{note{Text: "grüß"}, headers}, next(t, come))
	headers["kind"] = "bytes"
	assert.Equal(t, heard{note{Text: "bytes"}, headers}, next(t, come))

	queued, err := eventing.DeadLetters(manager, queue.Listener)
	require.NoError(t, err)
	reasons := map[string]string{}
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		letters, err := queued.Read(within(t), 100)
		assert.NoError(c, err)
		for _, letter := range letters {
			for _, header := range letter.Headers {
				if header.Key == "kind" {
					reasons[header.Value] = letter.Error
				}
			}
		}
		assert.Len(c, reasons, 4)
	}, limit, limit/100)
	for kind, reason := range map[string]string{
		"map":    "the body is an AMQP value that Go reads as map[string]interface {}",
		"stream": "the body is an AMQP sequence",
		"object": "from application/x-java-serialized-object: this listener reads application/json only",
		"empty":  "unexpected end of JSON input",
	} {
		assert.Contains(t, reasons[kind], reason, kind)
	}
	require.NoError(t, manager.Stop(within(t)))
}

func TestWhatJMSReads(t *testing.T) {
	t.Parallel()
	provider, queue := start(t)
	full := ours(queue)
	plain := &eventing.Message{Event: queue.Event, Body: []byte("plain")}
	send(t, provider, full)
	send(t, provider, plain)
	send(t, open(t, amqp.Config{TextBodies: true}), plain)
	got := run[map[string]string](t, java(t, "receive", queue.Event+"::"+queue.Listener, "3"))
	require.Len(t, got, 3)
	assert.Equal(t, map[string]string{
		"class": "JmsTextMessage", "id": "ID:AMQP_NO_PREFIX:" + full.ID.String(), "body": string(full.Body),
		"time": strconv.FormatInt(full.Time.UnixMilli(), 10), "type": queue.Event, "group": "tea", "durable": "true", "priority": "7",
		"header session": "grüß\n世界", "header empty": "", "header with.dots-and": "x", "header _AMQ_DUPL_ID": full.DuplicateID,
		"header JMSXGroupID": "tea", "header JMSXDeliveryCount": "1",
	}, got[0], "a text, by its content type")
	want := map[string]string{
		"class": "JmsBytesMessage", "id": "", "body": "plain",
		"time": "0", "type": queue.Event, "group": "", "durable": "false", "priority": "4",
		"header JMSXDeliveryCount": "1",
	}
	assert.Equal(t, want, got[1])
	want["class"] = "JmsTextMessage"
	assert.Equal(t, want, got[2])
}
