package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	goamqp "github.com/Azure/go-amqp"
	"github.com/goccy/go-json"

	"github.com/aspyx-go/aspyx/eventing"
)

// twin does by hand, with the client library as it is, what Aspyx does: the
// same messages, window and credit, a connection for each direction. It has no
// retries, dead letters or recovery.
type twin struct {
	ground      *ground
	connections []*goamqp.Conn

	sender  *goamqp.Sender
	unknown chan goamqp.SendReceipt // sent and not confirmed
	outcome chan error              // of all of them
}

// session opens a connection.
func (t *twin) session(b *testing.B) *goamqp.Session {
	b.Helper()
	conn, err := goamqp.Dial(b.Context(), t.ground.url, &goamqp.ConnOptions{MaxFrameSize: 128 << 10})
	check(b, err)
	t.connections = append(t.connections, conn)
	session, err := conn.NewSession(b.Context(), nil)
	check(b, err)
	return session
}

func (g *ground) twin(b *testing.B) *twin {
	b.Helper()
	t := &twin{ground: g, unknown: make(chan goamqp.SendReceipt, window), outcome: make(chan error, 1)}
	var err error
	t.sender, err = t.session(b).NewSender(b.Context(), g.queue.Event, &goamqp.SenderOptions{TargetCapabilities: []string{"topic"}})
	check(b, err)
	go func() {
		var errs []error
		for receipt := range t.unknown {
			state, err := receipt.Wait(context.Background())
			if _, ok := state.(*goamqp.StateAccepted); !ok {
				errs = append(errs, fmt.Errorf("not accepted: %v, %w", state, err))
			}
		}
		t.outcome <- errors.Join(errs...)
	}()
	return t
}

// send doesn't wait for the confirmation.
func (t *twin) send(p *parcel) error {
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	now, contentType := time.Now(), "application/json"
	message := &goamqp.Message{
		Header: &goamqp.MessageHeader{Durable: t.ground.wire.Durable, Priority: 4},
		Properties: &goamqp.MessageProperties{
			MessageID: eventing.NewID().String(), Subject: &t.ground.queue.Event, ContentType: &contentType, CreationTime: &now,
		},
		Data: [][]byte{body},
	}
	if t.ground.wire.Durable {
		message.ApplicationProperties = map[string]any{"_AMQ_DUPL_ID": message.Properties.MessageID}
	}
	receipt, err := t.sender.SendWithReceipt(context.Background(), message, nil)
	if err == nil {
		t.unknown <- receipt
	}
	return err
}

// confirm waits until all is confirmed.
func (t *twin) confirm() error {
	close(t.unknown)
	return <-t.outcome
}

// receive has a function called for each message, until the end.
func (t *twin) receive(b *testing.B, on func(*parcel)) (stop func()) {
	b.Helper()
	w, queue := t.ground.wire, t.ground.queue
	receiver, err := t.session(b).NewReceiver(b.Context(), queue.Address()+"::"+queue.Name(naming), &goamqp.ReceiverOptions{
		Credit: int32(w.Handlers * credit), SourceCapabilities: []string{"topic"},
	})
	check(b, err)
	ctx, cancel := context.WithCancel(context.Background())
	var handlers sync.WaitGroup
	for range w.Handlers {
		handlers.Go(func() {
			for {
				message, err := receiver.Receive(ctx, nil)
				if err != nil {
					if ctx.Err() == nil {
						report(b, err)
					}
					return
				}
				p := new(parcel)
				if err := json.Unmarshal(message.GetData(), p); err != nil {
					report(b, err)
				}
				on(p)
				if err := receiver.AcceptMessage(context.Background(), message); err != nil {
					report(b, err)
				}
			}
		})
	}
	return func() {
		cancel()
		handlers.Wait()
	}
}

func (t *twin) close(b *testing.B) {
	b.Helper()
	for _, conn := range t.connections {
		check(b, conn.Close())
	}
}

// PublishTwin is [PublishAspyx] with the client library alone.
func PublishTwin(w Wire) func(*testing.B) {
	return func(b *testing.B) {
		b.Helper()
		t := w.prepare(b).twin(b)
		events := w.parcels(b.N)
		b.ReportAllocs()
		b.ResetTimer()
		for i := range events {
			check(b, t.send(&events[i]))
		}
		check(b, t.confirm())
		b.StopTimer()
		t.close(b)
	}
}

// DeliverTwin is [DeliverAspyx] with the client library alone.
func DeliverTwin(w Wire) func(*testing.B) {
	return func(b *testing.B) {
		b.Helper()
		all := newTally(b.N, 1)
		t := w.prepare(b).twin(b)
		stop := t.receive(b, func(p *parcel) { all.count(p.Number) })
		events := w.parcels(b.N)
		b.ReportAllocs()
		b.ResetTimer()
		for i := range events {
			check(b, t.send(&events[i]))
		}
		check(b, t.confirm())
		all.wait(b)
		stop()
		t.close(b)
	}
}
