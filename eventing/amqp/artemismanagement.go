package amqp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/go-amqp"

	"github.com/aspyx-go/aspyx/eventing"
)

const managementAddress = "activemq.management"

// The reasons of Artemis for refusing an operation.
const (
	noSuchQueue  = "AMQ229017"
	hasConsumers = "AMQ229025"
)

// notStarted is in its answer to any operation while it is shut down.
const notStarted = "Broker is not started"

// noReplyQueue is how Artemis answers a user who may make no temporary queue. It
// calls that an internal error.
const noReplyQueue = "AMQ119016"

// managementError is an operation that the broker has refused.
type managementError struct{ operation, reason string }

func (e *managementError) Error() string {
	return fmt.Sprintf("the broker refuses %s: %s", e.operation, e.reason)
}

// isRefused tells whether err is an operation that the broker has refused for
// the reason.
func isRefused(err error, code string) bool {
	refused, ok := errors.AsType[*managementError](err)
	return ok && strings.HasPrefix(refused.reason, code+":")
}

// artemisManager asks the broker to do things, one after the other.
type artemisManager struct {
	provider *Provider
	conn     *connection
	requests *link[*amqp.Sender]
	replies  *link[*amqp.Receiver]
	count    uint64 // of requests, for their ids
	failed   bool   // it may answer no further request
}

func attachArtemisManager(ctx context.Context, p *Provider, conn *connection) (*artemisManager, error) {
	replies, err := openTemporary(ctx, conn)
	if err != nil {
		return nil, err
	}
	requests, err := openSender(ctx, conn, node{address: managementAddress})
	if err != nil {
		replies.close(context.WithoutCancel(ctx))
		return nil, err
	}
	return &artemisManager{provider: p, conn: conn, requests: requests, replies: replies}, nil
}

func (m *artemisManager) worksOn(conn *connection) bool { return m.conn == conn && !m.failed }

// end waits for the broker's answers, or the end of the connection.
func (m *artemisManager) end() {
	m.requests.close(context.Background())
	m.replies.close(context.Background())
}

// call invokes an operation of the broker and decodes its only result into
// result, unless that is nil.
func (m *artemisManager) call(ctx context.Context, result any, operation string, arguments ...any) error {
	return m.invoke(ctx, "broker", result, operation, arguments)
}

// callQueue is call for an operation of a queue that takes no arguments.
func (m *artemisManager) callQueue(ctx context.Context, queue string, result any, operation string) error {
	return m.invoke(ctx, "queue."+queue, result, operation, []any{})
}

func (m *artemisManager) invoke(ctx context.Context, resource string, result any, operation string, arguments []any) error {
	body, err := json.Marshal(arguments)
	if err != nil {
		return fmt.Errorf("encode the arguments of %s: %w", operation, err)
	}
	m.count++
	id := strconv.FormatUint(m.count, 10)
	limited, cancel := m.provider.limit(ctx)
	defer cancel()
	err = m.provider.do(limited, func() error { return m.request(limited, id, resource, operation, string(body)) })
	if err != nil {
		m.failed = true
		return explainManagement(operation, err)
	}
	reply, err := await(limited, m.provider, func() (*amqp.Message, error) { return awaitReply(limited, m.replies.end, id) }, nil)
	m.failed = err != nil
	if late, ok := errors.AsType[*noAnswerError](err); ok {
		// The request was accepted, so somebody is there.
		return fmt.Errorf("%w: no reply to %s within %v: to this broker %s may be an address like any other, if its management-address is set to another",
			errNoManagement, operation, late.limit, managementAddress)
	}
	if err != nil {
		return explainManagement(operation, err)
	}
	return readReply(reply, result, operation)
}

// request returns when the broker has accepted the request.
func (m *artemisManager) request(ctx context.Context, id, resource, operation, body string) error {
	replyTo := m.replies.end.Address()
	// It may hang where the broker gives no credit; then await goes on alone.
	state, err := sendOne(ctx, m.requests.end, &amqp.Message{
		Header:     &amqp.MessageHeader{Priority: eventing.DefaultPriority, TTL: time.Minute},
		Properties: &amqp.MessageProperties{MessageID: id, ReplyTo: &replyTo},
		ApplicationProperties: map[string]any{
			"_AMQ_ResourceName":  resource,
			"_AMQ_OperationName": operation,
		},
		Value: body,
	})
	if err != nil {
		return err
	}
	if err = outcome(state); err != nil {
		// Faults of an operation come in its reply. A request that isn't even
		// accepted is one without permission, whatever reason Artemis gives.
		return fmt.Errorf("%w: %w", errNoManagement, err)
	}
	return nil
}

// readReply reads the JSON array of one result. A string goes into a *string;
// what is JSON inside a string, and a result of another kind, into anything
// else. Where the operation failed, the result is the reason.
func readReply(reply *amqp.Message, result any, operation string) error {
	text, _ := reply.Value.(string)
	var results []json.RawMessage
	if text != "" {
		if err := json.Unmarshal([]byte(text), &results); err != nil {
			return fmt.Errorf("decode the broker's reply to %s: %w", operation, err)
		}
	}
	var inner string
	if len(results) > 0 && json.Unmarshal(results[0], &inner) != nil {
		inner = string(results[0])
	}
	succeeded, _ := reply.ApplicationProperties["_AMQ_OperationSucceeded"].(bool)
	switch {
	case !succeeded && strings.Contains(inner, notStarted):
		return fmt.Errorf("manage the broker (%s): %w: %w", operation, eventing.ErrUnavailable, errShutDown)
	case !succeeded:
		return &managementError{operation, describe(errors.New(inner))}
	}
	switch result := result.(type) {
	case nil:
		return nil
	case *string:
		*result = inner
		return nil
	}
	if err := json.Unmarshal([]byte(inner), result); err != nil {
		return fmt.Errorf("decode the broker's reply to %s: %w", operation, err)
	}
	return nil
}

func explainManagement(operation string, err error) error {
	switch {
	case errors.Is(err, errNoManagement):
		return err
	case hasCondition(err, amqp.ErrCondUnauthorizedAccess), mentions(err, noReplyQueue):
		return fmt.Errorf("%w: %s", errNoManagement, describe(err))
	case isRefusal(err):
		return fmt.Errorf("manage the broker (%s): %s", operation, describe(err))
	case endsLink(err):
		return fmt.Errorf("manage the broker (%s): %w: %s", operation, eventing.ErrUnavailable, describe(err))
	default:
		return fmt.Errorf("manage the broker (%s): %w", operation, err)
	}
}
