package amqp

import (
	"context"
	"time"

	"github.com/Azure/go-amqp"

	"github.com/aspyx-go/aspyx/eventing"
)

// probeDelay tells whether the broker keeps a message back for its delay: one
// without a scheduler doesn't, and says nothing. It sends two messages to itself,
// the first of them with a delay, and looks which one comes first.
func probeDelay(ctx context.Context, conn *connection) (bool, error) {
	replies, err := openTemporary(ctx, conn)
	if err != nil {
		return false, err
	}
	defer replies.close(context.WithoutCancel(ctx))
	sender, err := openSender(ctx, conn, node{address: replies.end.Address()})
	if err != nil {
		return false, err
	}
	defer sender.close(context.WithoutCancel(ctx))
	// A broker that is slow may need longer than the first delay to take both.
	for _, delay := range []time.Duration{100 * time.Millisecond, 2 * time.Second} {
		delayed, err := isOvertaken(ctx, sender.end, replies.end, delay)
		if delayed || err != nil {
			return delayed, err
		}
	}
	return false, nil
}

// isOvertaken tells whether a message with the delay comes behind a later one.
// Both have come then, so that nothing is left.
func isOvertaken(ctx context.Context, sender *amqp.Sender, receiver *amqp.Receiver, delay time.Duration) (bool, error) {
	for _, message := range []*eventing.Message{{Event: "late", Delay: delay}, {Event: "soon"}} {
		encoded := encode(message)
		classic{}.adapt(encoded, message)
		state, err := sendOne(ctx, sender, encoded)
		if err != nil {
			return false, err
		}
		if err := outcome(state); err != nil {
			return false, err
		}
	}
	overtaken := false
	for n := range 2 {
		received, err := receiver.Receive(ctx, nil)
		if err != nil {
			return false, err
		}
		_ = receiver.AcceptMessage(context.WithoutCancel(ctx), received)
		if n == 0 && received.Properties != nil && received.Properties.Subject != nil {
			overtaken = *received.Properties.Subject == "soon"
		}
	}
	return overtaken, nil
}
