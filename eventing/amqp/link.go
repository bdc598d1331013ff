package amqp

import (
	"context"

	"github.com/Azure/go-amqp"
)

// link is a sender or receiver with the session that it has for itself: what a
// broken link leaves behind goes with its session.
type link[T closer] struct {
	end     T
	session *amqp.Session
}

type closer interface{ Close(context.Context) error }

// open opens a session and the link on it.
func open[T closer](ctx context.Context, conn *connection, attach func(*amqp.Session) (T, error)) (*link[T], error) {
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
	return &link[T]{end: end, session: session}, nil
}

// close detaches and ends the session. The broker's answers also tell that it
// has heard what was sent before. An error would only say that the link was
// gone already.
func (l *link[T]) close(ctx context.Context) {
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

func openReceiver(ctx context.Context, conn *connection, at node) (*link[*amqp.Receiver], error) {
	return open(ctx, conn, func(session *amqp.Session) (*amqp.Receiver, error) {
		// By hand: see renewCredit. The library would renew it while closing.
		options := &amqp.ReceiverOptions{Credit: -1}
		if at.capability != "" {
			options.SourceCapabilities = []string{at.capability}
		}
		return session.NewReceiver(ctx, at.address, options)
	})
}
