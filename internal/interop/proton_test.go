package interop_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

// start returns a provider, and a queue that it has declared for this test.
func start(t *testing.T) (*amqp.Provider, eventing.Queue) {
	t.Helper()
	provider := open(t, amqp.Config{})
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener"), Durable: true}
	require.NoError(t, provider.Declare(within(t), []eventing.Queue{queue}))
	removeLater(t, provider, queue)
	return provider, queue
}

// open starts a provider on the shared broker.
func open(t *testing.T, config amqp.Config) *amqp.Provider {
	t.Helper()
	config.URL = brokertest.URL(t)
	provider, err := amqp.New(config)
	require.NoError(t, err)
	require.NoError(t, provider.Start(within(t)))
	t.Cleanup(func() { assert.NoError(t, provider.Stop(within(t))) })
	return provider
}

func removeLater(t *testing.T, provider *amqp.Provider, queue eventing.Queue) {
	t.Helper()
	t.Cleanup(func() { assert.NoError(t, provider.Remove(within(t), queue)) })
}

// receive takes and accepts the next message.
func receive(t *testing.T, consumer eventing.Consumer) *eventing.Message {
	t.Helper()
	var delivery eventing.Delivery
	require.NoError(t, consumer.Receive(within(t), &delivery))
	require.NoError(t, consumer.Settle(&delivery, eventing.Accept))
	return delivery.Message
}

func TestWhatProtonSends(t *testing.T) {
	t.Parallel()
	provider, queue := start(t)
	run[any](t, python(t, "proton_client.py", "send", queue.Event))
	consumer, err := provider.Attach(within(t), queue, 100)
	require.NoError(t, err)

	full := receive(t, consumer)
	full.Time = full.Time.UTC()
	assert.Equal(t, &eventing.Message{
		ID: eventing.ParseID("fe0a1f6c-7a3c-7b7e-8000-0123456789ab"), Event: queue.Event, ContentType: "application/json",
		Time: time.UnixMilli(1_700_000_000_123).UTC(), Key: "tea", Durable: true, Priority: eventing.PriorityLevel(7), TTL: time.Hour,
		Body: []byte("{}"),
	}, full, "the first, by its priority")

	for _, body := range []struct{ kind, text, fault string }{
		{kind: "string", text: `{"text":"grüß"}`},
		{kind: "binary", text: `{"text":"a"}`},
		{kind: "data", text: `{"text":"b"}`},
		{kind: "none"},
		{kind: "null"},
		{kind: "list", fault: "[]interface {}"},
		{kind: "sequence", fault: "an AMQP sequence"},
		{kind: "map", fault: "map[string]interface {}"},
		{kind: "long", fault: "int64"},
		{kind: "double", fault: "float64"},
		{kind: "boolean", fault: "bool"},
		{kind: "uuid", fault: "UUID"},
		{kind: "timestamp", fault: "time.Time"},
		{kind: "symbol", text: "a"},
	} {
		message := receive(t, consumer)
		assert.Equal(t, []eventing.Header{{Key: "case", Value: body.kind}}, message.Headers)
		if body.fault != "" {
			require.ErrorContains(t, message.Invalid, body.fault, body.kind)
			assert.NotEmpty(t, message.Body, body.kind)
			continue
		}
		require.NoError(t, message.Invalid, body.kind)
		assert.Equal(t, body.text, string(message.Body), body.kind)
		assert.Empty(t, message.ContentType, body.kind)
		assert.True(t, message.ID.IsZero(), body.kind)
	}
	assert.Equal(t, []eventing.Header{
		{Key: "binary", Value: "aGk="},
		{Key: "boolean", Value: "true"},
		{Key: "byte", Value: "-1"},
		{Key: "double", Value: "0.1"},
		{Key: "float", Value: "0.5"},
		{Key: "int", Value: "7"},
		{Key: "long", Value: "1099511627776"},
		{Key: "string", Value: "grüß"},
		{Key: "symbol", Value: "s"},
		{Key: "timestamp", Value: "1970-01-01T00:00:00.001Z"},
		{Key: "ubyte", Value: "255"},
		{Key: "uint", Value: "9"},
		{Key: "ulong", Value: "9223372036854775808"},
		{Key: "uuid", Value: "01020304-0506-0708-090a-0b0c0d0e0f10"},
	}, receive(t, consumer).Headers)

	for _, id := range []string{"7", "01020304-0506-0708-090a-0b0c0d0e0f10", "01ff", "ID:foreign"} {
		assert.Equal(t, id, receive(t, consumer).ID.String())
	}
	require.NoError(t, consumer.Close(within(t)))
}

// ours is a message with all that a foreign client may see.
func ours(queue eventing.Queue) *eventing.Message {
	return &eventing.Message{
		ID: eventing.NewID(), Event: queue.Event, ContentType: "application/json", Key: "tea",
		Time: time.UnixMilli(1_700_000_000_123), Durable: true, Priority: eventing.PriorityLevel(7),
		Headers: []eventing.Header{{Key: "empty", Value: ""}, {Key: "session", Value: "grüß\n世界"}, {Key: "with.dots-and", Value: "x"}},
		Body:    []byte(`{"text":"grüß"}`), DuplicateID: unique("duplicate"),
	}
}

func send(t *testing.T, provider *amqp.Provider, message *eventing.Message) {
	t.Helper()
	receipt, err := provider.Submit(within(t), message)
	require.NoError(t, err)
	require.NoError(t, receipt.Wait(within(t)))
}

func TestWhatProtonReads(t *testing.T) {
	t.Parallel()
	provider, queue := start(t)
	full := ours(queue)
	plain := &eventing.Message{Event: queue.Event}
	send(t, provider, full)
	send(t, provider, plain)
	send(t, open(t, amqp.Config{TextBodies: true}), plain)
	got := run[map[string]any](t, python(t, "proton_client.py", "receive", queue.Event+"::"+queue.Listener, "3"))
	require.Len(t, got, 3)
	assert.Equal(t, map[string]any{
		"id": full.ID.String(), "body": string(full.Body), "bodyType": "memoryview", "contentType": "application/json",
		"time": float64(full.Time.UnixMilli()), "subject": queue.Event, "group": "tea", "durable": true, "priority": 7.0,
		"headers": map[string]any{"empty": "", "session": "grüß\n世界", "with.dots-and": "x", "_AMQ_DUPL_ID": full.DuplicateID},
	}, got[0])
	want := map[string]any{
		"id": nil, "body": "", "bodyType": "memoryview", "contentType": "None", /* proton's word for none */
		"time": 0.0, "subject": queue.Event, "group": nil, "durable": false, "priority": 4.0,
		"headers": nil,
	}
	assert.Equal(t, want, got[1])
	want["bodyType"] = "str"
	assert.Equal(t, want, got[2])
}
