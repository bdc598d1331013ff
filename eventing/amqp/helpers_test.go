package amqp_test

import (
	"context"
	"encoding/json"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	goamqp "github.com/Azure/go-amqp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

// canary is a password that must not be printed anywhere.
const canary = "cAnArY-s3cr3t"

// limit is how long a test waits for what must happen.
const limit = 20 * time.Second

func within(tb testing.TB) context.Context {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), limit)
	tb.Cleanup(cancel)
	return ctx
}

// unique makes a name that no other test, run or user has.
func unique(name string) string { return "test." + name + "." + eventing.NewID().String() }

// start returns a provider on the broker of url.
func start(tb testing.TB, config amqp.Config) *amqp.Provider {
	tb.Helper()
	provider, err := amqp.New(config)
	require.NoError(tb, err)
	require.NoError(tb, provider.Start(within(tb)))
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		assert.NoError(tb, provider.Stop(ctx))
	})
	return provider
}

func shared(tb testing.TB) (provider *amqp.Provider, place string) {
	tb.Helper()
	place = brokertest.URL(tb)
	return start(tb, amqp.Config{URL: place}), place
}

// declare makes the queue and removes it, with all that belongs to it, at the
// test's end.
func declare(tb testing.TB, provider *amqp.Provider, place string, queue eventing.Queue) {
	tb.Helper()
	removeLater(tb, place, queue)
	require.NoError(tb, provider.Declare(within(tb), []eventing.Queue{queue}))
}

func removeLater(tb testing.TB, place string, queue eventing.Queue) {
	tb.Helper()
	tb.Cleanup(func() {
		client := dial(tb, place)
		for _, each := range []eventing.Queue{queue, queue.DeadLetter()} {
			for _, naming := range []eventing.Naming{eventing.NamingOriginal, eventing.NamingQualified} {
				client.manage(tb, "destroyQueue", each.Name(naming), true, true)
			}
			client.manage(tb, "deleteAddress", each.Address(), true)
		}
	})
}

func attach(tb testing.TB, provider *amqp.Provider, queue eventing.Queue, prefetch int) eventing.Consumer {
	tb.Helper()
	consumer, err := provider.Attach(within(tb), queue, prefetch)
	require.NoError(tb, err)
	return consumer
}

// status is what the consumer tells of itself.
func status(consumer eventing.Consumer) eventing.ConsumerStatus {
	reporter, _ := consumer.(eventing.Reporter)
	return reporter.Status()
}

func send(tb testing.TB, provider *amqp.Provider, message *eventing.Message) {
	tb.Helper()
	receipt, err := provider.Submit(within(tb), message)
	require.NoError(tb, err)
	require.NoError(tb, receipt.Wait(within(tb)))
}

// receive takes the next message and accepts it.
func receive(tb testing.TB, consumer eventing.Consumer) *eventing.Delivery {
	tb.Helper()
	var delivery eventing.Delivery
	require.NoError(tb, consumer.Receive(within(tb), &delivery))
	require.NoError(tb, consumer.Settle(&delivery, eventing.Accept))
	return &delivery
}

// carriesAndStops has a provider carry one event and stop.
func carriesAndStops(tb testing.TB, provider eventing.Provider, queue eventing.Queue) {
	tb.Helper()
	receipt, err := provider.Submit(within(tb), textMessage(queue.Event, "kept"))
	require.NoError(tb, err)
	require.NoError(tb, receipt.Wait(within(tb)))
	consumer, err := provider.Attach(within(tb), queue, 1)
	require.NoError(tb, err)
	assert.Equal(tb, "kept", string(receive(tb, consumer).Message.Body))
	require.NoError(tb, provider.Stop(within(tb)))
}

// requireEmpty sends one message more to that queue alone, and tells that it is
// the next one: whatever was in the queue would come before it.
func requireEmpty(tb testing.TB, provider *amqp.Provider, consumer eventing.Consumer, queue eventing.Queue) {
	tb.Helper()
	fence := textMessage(queue.Event, "fence")
	fence.Target = &queue
	send(tb, provider, fence)
	require.Equal(tb, "fence", string(receive(tb, consumer).Message.Body), "more is in the queue than expected")
}

func textMessage(event, body string) *eventing.Message {
	return &eventing.Message{ID: eventing.NewID(), Event: event, ContentType: "text/plain", Body: []byte(body)}
}

// requireNoGoroutines waits until none of this package's or go-amqp's is left.
// It is for tests that don't run in parallel with others.
func requireNoGoroutines(tb testing.TB) {
	tb.Helper()
	require.EventuallyWithT(tb, func(c *assert.CollectT) {
		buffer := make([]byte, 1<<20)
		for stack := range strings.SplitSeq(string(buffer[:runtime.Stack(buffer, true)]), "\n\n") {
			ours := strings.Contains(stack, "go-amqp.(") || strings.Contains(stack, "/eventing/amqp.(")
			assert.False(c, ours && !strings.Contains(stack, "testing.tRunner"), stack)
		}
	}, limit, 10*time.Millisecond)
}

// client is a foreign client of the broker.
type client struct {
	conn    *goamqp.Conn
	session *goamqp.Session
}

func dial(tb testing.TB, place string) *client {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	conn, err := goamqp.Dial(ctx, place, nil)
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = conn.Close() })
	session, err := conn.NewSession(ctx, nil)
	require.NoError(tb, err)
	return &client{conn, session}
}

// send sends messages as other software might.
func (c *client) send(tb testing.TB, address string, messages ...*goamqp.Message) {
	tb.Helper()
	sender, err := c.session.NewSender(within(tb), address, &goamqp.SenderOptions{TargetCapabilities: []string{"topic"}})
	require.NoError(tb, err)
	for _, message := range messages {
		require.NoError(tb, sender.Send(context.Background(), message, nil))
	}
}

// manage calls an operation of the broker and returns its reply.
func (c *client) manage(tb testing.TB, operation string, arguments ...any) string {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	replies, err := c.session.NewReceiver(ctx, "", &goamqp.ReceiverOptions{DynamicAddress: true, SourceCapabilities: []string{"temporary-queue"}})
	require.NoError(tb, err)
	requests, err := c.session.NewSender(ctx, "activemq.management", nil)
	require.NoError(tb, err)
	body, err := json.Marshal(arguments)
	require.NoError(tb, err)
	replyTo := replies.Address()
	require.NoError(tb, requests.Send(context.Background(), &goamqp.Message{
		Properties:            &goamqp.MessageProperties{ReplyTo: &replyTo},
		ApplicationProperties: map[string]any{"_AMQ_ResourceName": "broker", "_AMQ_OperationName": operation},
		Value:                 string(body),
	}, nil))
	reply, err := replies.Receive(ctx, nil)
	require.NoError(tb, err)
	text, _ := reply.Value.(string)
	require.NoError(tb, requests.Close(ctx))
	require.NoError(tb, replies.Close(ctx))
	return text
}

// queueExists asks the broker.
func (c *client) queueExists(tb testing.TB, name string) bool {
	tb.Helper()
	filter := `{"field":"name","operation":"EQUALS","value":"` + name + `","sortOrder":"asc","sortColumn":"name"}`
	return !strings.Contains(c.manage(tb, "listQueues", filter, 1, 1), `"count\":0`)
}

func hostPort(tb testing.TB, place string) string {
	tb.Helper()
	parsed, err := url.Parse(place)
	require.NoError(tb, err)
	return parsed.Host
}
