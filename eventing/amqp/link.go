package amqp

import (
	"context"

	"github.com/Azure/go-amqp"
)

// maxDeliveries is how many messages go over one session: the library never gets
// beyond the delivery id 2³²-1.
const maxDeliveries = 1 << 31

// link is a sender or receiver with the session that it has for itself: what a
// broken link leaves behind goes with its session.
type link[T closer] struct {
	end     T
	session *amqp.Session
	intake  *intake
}

type closer interface{ Close(context.Context) error }

// open opens a session and the link on it.
func open[T closer](ctx context.Context, conn *connection, attach func(*amqp.Session) (T, error)) (*link[T], error) {
	defer conn.intake.hurry()()
	session, err := conn.NewSession(ctx, nil)
	if err != nil {
		return nil, err
	}
	end, err := attach(session)
	if err != nil {
		// The session's end also detaches what the broker may have attached.
		_ = session.Close(ctx)
		return nil, err
	}
	return &link[T]{end: end, session: session, intake: conn.intake}, nil
}

// close detaches and ends the session. The broker's answers also tell that it
// has heard what was sent before. An error would only say that the link was
// gone already.
func (l *link[T]) close(ctx context.Context) {
	defer l.intake.hurry()()
	_ = l.end.Close(ctx)
	_ = l.session.Close(ctx)
}

func openSender(ctx context.Context, conn *connection, at node) (*link[*amqp.Sender], error) {
	return open(ctx, conn, func(session *amqp.Session) (*amqp.Sender, error) {
		options := &amqp.SenderOptions{}
		if at.capability != "" {
			options.TargetCapabilities = []string{at.capability}
		}
		return session.NewSender(ctx, at.address, options)
	})
}

// openReceiver opens a link by a name; an empty one is replaced by any.
func openReceiver(ctx context.Context, conn *connection, at node, name string) (*link[*amqp.Receiver], error) {
	return open(ctx, conn, func(session *amqp.Session) (*amqp.Receiver, error) {
		// By hand: see renewCredit. The library would renew it while closing.
		options := &amqp.ReceiverOptions{Credit: -1, Name: name}
		if at.capability != "" {
			options.SourceCapabilities = []string{at.capability}
		}
		return session.NewReceiver(ctx, at.address, options)
	})
}

// openTemporary receives from an address that the broker makes for this link.
func openTemporary(ctx context.Context, conn *connection) (*link[*amqp.Receiver], error) {
	return open(ctx, conn, func(session *amqp.Session) (*amqp.Receiver, error) {
		return session.NewReceiver(ctx, "", &amqp.ReceiverOptions{
			Credit:             10,
			DynamicAddress:     true,
			SourceCapabilities: []string{"temporary-queue"},
		})
	})
}

// sendOne sends a message and waits for its outcome, until ctx is done. It hangs
// beyond that where the broker gives no credit.
func sendOne(ctx context.Context, sender *amqp.Sender, message *amqp.Message) (amqp.DeliveryState, error) {
	receipt, err := sender.SendWithReceipt(context.WithoutCancel(ctx), message, nil)
	if err != nil {
		return nil, err
	}
	return receipt.Wait(ctx)
}
