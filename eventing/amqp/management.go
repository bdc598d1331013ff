package amqp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/Azure/go-amqp"
)

const managementAddress = "activemq.management"

// errNoManagement is returned where the user may not manage the broker, or the
// broker isn't Artemis.
var errNoManagement = errors.New("amqp: the broker offers no management to this user")

// management asks the broker to do things, one after the other.
type management struct {
	requests *link[*amqp.Sender]
	replies  *link[*amqp.Receiver]
	count    uint64 // of requests, for their ids
}

func openManagement(ctx context.Context, conn *connection) (*management, error) {
	if product, _ := conn.Properties()["product"].(string); product != "apache-activemq-artemis" {
		return nil, errNoManagement
	}
	replies, err := open(ctx, conn, func(session *amqp.Session) (*amqp.Receiver, error) {
		return session.NewReceiver(ctx, "", &amqp.ReceiverOptions{
			Credit:             10,
			DynamicAddress:     true,
			SourceCapabilities: []string{"temporary-queue"},
		})
	})
	if err != nil {
		return nil, managementError("open", err)
	}
	requests, err := openSender(ctx, conn, node{address: managementAddress})
	if err != nil {
		replies.close(ctx)
		return nil, managementError("open", err)
	}
	return &management{requests: requests, replies: replies}, nil
}

func (m *management) close(ctx context.Context) {
	// The broker's answers or the end of the connection end these.
	ctx = context.WithoutCancel(ctx)
	m.requests.close(ctx)
	m.replies.close(ctx)
}

// call invokes an operation of the broker and decodes its only result into
// result, unless that is nil.
func (m *management) call(ctx context.Context, result any, operation string, arguments ...any) error {
	body, err := json.Marshal(arguments)
	if err != nil {
		return fmt.Errorf("encode the arguments of %s: %w", operation, err)
	}
	m.count++
	id := strconv.FormatUint(m.count, 10)
	if err = m.request(ctx, id, operation, string(body)); err != nil {
		return managementError(operation, err)
	}
	for {
		reply, err := m.replies.end.Receive(ctx, nil)
		if err != nil {
			return managementError(operation, err)
		}
		_ = m.replies.end.AcceptMessage(context.WithoutCancel(ctx), reply)
		// A reply to an earlier request, which was given up, is passed over.
		if reply.Properties != nil && reply.Properties.CorrelationID == any(id) {
			return readReply(reply, result, operation)
		}
	}
}

func (m *management) request(ctx context.Context, id, operation, body string) error {
	replyTo := m.replies.end.Address()
	receipt, err := m.requests.end.SendWithReceipt(context.WithoutCancel(ctx), &amqp.Message{
		Header:     &amqp.MessageHeader{Priority: priority, TTL: time.Minute},
		Properties: &amqp.MessageProperties{MessageID: id, ReplyTo: &replyTo},
		ApplicationProperties: map[string]any{
			"_AMQ_ResourceName":  "broker",
			"_AMQ_OperationName": operation,
		},
		Value: body,
	}, nil)
	if err != nil {
		return err
	}
	state, err := receipt.Wait(ctx)
	if err != nil {
		return err
	}
	if err = outcome(state, nil); err != nil {
		// Faults of an operation come in its reply. A request that isn't even
		// accepted is one without permission, whatever reason Artemis gives.
		return fmt.Errorf("%w: %w", errNoManagement, err)
	}
	return nil
}

// readReply reads the JSON array of one result. Where the operation failed,
// the result is the reason.
func readReply(reply *amqp.Message, result any, operation string) error {
	text, _ := reply.Value.(string)
	var results []json.RawMessage
	if text != "" {
		if err := json.Unmarshal([]byte(text), &results); err != nil {
			return fmt.Errorf("decode the broker's reply to %s: %w", operation, err)
		}
	}
	if succeeded, _ := reply.ApplicationProperties["_AMQ_OperationSucceeded"].(bool); !succeeded {
		return fmt.Errorf("the broker refuses %s: %s", operation, describe(errors.New(text)))
	}
	if result == nil || len(results) == 0 {
		return nil
	}
	// What Artemis returns as an object is JSON inside a JSON string.
	var inner string
	if err := json.Unmarshal(results[0], &inner); err != nil {
		return fmt.Errorf("decode the broker's reply to %s: %w", operation, err)
	}
	if err := json.Unmarshal([]byte(inner), result); err != nil {
		return fmt.Errorf("decode the broker's reply to %s: %w", operation, err)
	}
	return nil
}

func managementError(operation string, err error) error {
	if errors.Is(err, errNoManagement) {
		return err
	}
	if hasCondition(err, amqp.ErrCondUnauthorizedAccess) {
		return fmt.Errorf("%w: %s", errNoManagement, describe(err))
	}
	return fmt.Errorf("manage the broker (%s): %s", operation, describe(err))
}
