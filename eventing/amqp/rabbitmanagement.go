package amqp

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/Azure/go-amqp"

	"github.com/aspyx-go/aspyx/eventing"
)

const (
	rabbitManagement = "/management"

	// rabbitReplies is how a request names its reply link.
	rabbitReplies = "$me"

	// rabbitLink is the name that both links have, by which they are a pair.
	rabbitLink = "management-link-pair"
)

// rabbitManager declares queues by requests that are like those of HTTP, over a
// pair of links.
type rabbitManager struct {
	provider *Provider
	conn     *connection
	requests *amqp.Sender
	replies  *link[*amqp.Receiver]
	count    uint64 // of requests, for their ids
	failed   bool   // it may answer no further request
}

func attachRabbitManager(ctx context.Context, p *Provider, conn *connection) (*rabbitManager, error) {
	m := &rabbitManager{provider: p, conn: conn}
	settled := amqp.SenderSettleModeSettled
	var err error
	m.replies, err = open(ctx, conn, func(session *amqp.Session) (*amqp.Receiver, error) {
		replies, err := session.NewReceiver(ctx, rabbitManagement, &amqp.ReceiverOptions{
			Name: rabbitLink, Credit: 10, TargetAddress: rabbitManagement,
			Properties: map[string]any{"paired": true}, RequestedSenderSettleMode: &settled,
		})
		if err != nil {
			return nil, err
		}
		m.requests, err = session.NewSender(ctx, rabbitManagement, &amqp.SenderOptions{
			Name: rabbitLink, SourceAddress: rabbitManagement,
			Properties: map[string]any{"paired": true}, SettlementMode: &settled,
		})
		return replies, err
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

func (m *rabbitManager) worksOn(conn *connection) bool { return m.conn == conn && !m.failed }

func (m *rabbitManager) end() { m.replies.close(context.Background()) }

func (m *rabbitManager) create(ctx context.Context, queue eventing.Queue) error {
	return m.recreate(ctx, queue)
}

// recreate needs no comparison: the broker itself refuses a queue that exists
// and differs.
func (m *rabbitManager) recreate(ctx context.Context, queue eventing.Queue) error {
	name := rabbitQueue(queue, m.provider.naming)
	err := m.call(ctx, "PUT", "/queues/"+url.PathEscape(name), map[string]any{
		"durable": true, "exclusive": false, "auto_delete": false,
		"arguments": map[string]any{"x-queue-type": "quorum"},
	})
	if err != nil || queue.IsDeadLetter() {
		return err
	}
	err = m.call(ctx, "PUT", "/exchanges/"+url.PathEscape(queue.Event), map[string]any{
		"type": "fanout", "durable": true, "auto_delete": false, "internal": false, "arguments": map[string]any{},
	})
	if err != nil {
		return err
	}
	return m.call(ctx, "POST", "/bindings", map[string]any{
		"source": queue.Event, "destination_queue": name, "binding_key": "", "arguments": map[string]any{},
	})
}

// remove isn't done: the broker would remove a queue from under its consumers.
func (*rabbitManager) remove(context.Context, eventing.Queue) error { return errUnmanageable }

// isBound needn't ask: a message that no queue takes is released.
func (*rabbitManager) isBound(context.Context, string) (bool, error) { return true, nil }

// backlog isn't known: the broker tells no more than a count.
func (*rabbitManager) backlog(context.Context, eventing.Queue) (*backlog, error) {
	return nil, errUnmanageable
}

// call sends a request and waits for its reply.
func (m *rabbitManager) call(ctx context.Context, method, path string, body map[string]any) error {
	m.count++
	id, to, replyTo := strconv.FormatUint(m.count, 10), path, rabbitReplies
	limited, cancel := m.provider.limit(ctx)
	defer cancel()
	reply, err := await(limited, m.provider, func() (*amqp.Message, error) {
		// It may hang where the broker gives no credit; then await goes on alone.
		err := m.requests.Send(context.WithoutCancel(limited), &amqp.Message{
			Properties: &amqp.MessageProperties{MessageID: id, To: &to, Subject: &method, ReplyTo: &replyTo},
			Value:      body,
		}, nil)
		if err != nil {
			return nil, err
		}
		return awaitReply(limited, m.replies.end, id)
	}, nil)
	if err != nil {
		m.failed = true
		return explainManagement(method+" "+path, err)
	}
	if reply.Properties.Subject != nil && strings.HasPrefix(*reply.Properties.Subject, "2") {
		return nil
	}
	return &managementError{method + " " + path, describe(errors.New(rabbitReason(reply)))}
}

// rabbitReason is the broker's reason for a refusal: its code, and its words.
func rabbitReason(reply *amqp.Message) string {
	code := "no code"
	if reply.Properties.Subject != nil {
		code = *reply.Properties.Subject
	}
	return fmt.Sprintf("%s: %v", code, reply.Value)
}
