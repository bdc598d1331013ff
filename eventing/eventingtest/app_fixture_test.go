package eventingtest_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
)

// placed is what the shop sends, paid what its billing sends then.
type placed struct {
	eventing.Event `event:"name=placed,durable"`
	ID             string
}

type paid struct {
	eventing.Event `event:"name=paid"`
	ID             string
}

// billing pays what was placed, unless its ID says otherwise.
type billing struct {
	eventing.Listener[placed] `listener:"name=billing,retries=2,backoff=1m"`
	Manager                   *eventing.EventManager `inject:""`
}

var errInsolvent = errors.New("insolvent")

func (l *billing) On(ctx context.Context, event placed) error {
	switch event.ID {
	case "insolvent":
		return eventing.Permanent(errInsolvent)
	case "hangs":
		<-ctx.Done()
		return context.Cause(ctx)
	case "later":
		time.AfterFunc(time.Minute, func() { _ = l.Manager.SendEvent(context.WithoutCancel(ctx), paid{ID: "late"}) })
		return nil
	}
	return l.Manager.SendEvent(ctx, paid{ID: event.ID})
}

// audit has a queue on each server.
type audit struct {
	eventing.Listener[placed] `listener:"name=audit,per_process"`
}

func (*audit) On(context.Context, placed) error { return nil }

type mailing struct {
	eventing.Listener[paid] `listener:"name=mailing,retries=0"`
}

func (*mailing) On(_ context.Context, event paid) error {
	if event.ID == "slow" {
		time.Sleep(5 * time.Millisecond)
	}
	return nil
}

// signature is a pipeline with headers, which drops what isn't worth it.
type signature struct {
	eventing.AbstractEnvelopePipeline
}

func (p *signature) Send(ctx context.Context, envelope *eventing.Envelope, event *eventing.EventDescriptor) error {
	if sent, _ := envelope.Event(); sent == (placed{ID: "worthless"}) {
		return eventing.Drop
	}
	envelope.Set("signed-by", "shop")
	return p.ProceedSend(ctx, envelope, event)
}

// shop names a broker that isn't there: no test may reach it.
var shop = environment.Module("shop",
	eventing.Module(amqp.Config{URL: "amqp://localhost:1"}),
	environment.Register[placed](),
	environment.Register[paid](),
	environment.Register[billing](),
	environment.Register[audit](),
	environment.Register[mailing](),
	environment.Register[signature](),
)

// fakeTB takes the place of *testing.T where a test is to fail.
type fakeTB struct {
	testing.TB

	ctx      context.Context //nolint:containedctx // as a test has one
	errors   []string
	cleanups []func()
}

func (f *fakeTB) Helper()                  {}
func (f *fakeTB) Context() context.Context { return f.ctx }
func (f *fakeTB) Cleanup(g func())         { f.cleanups = append(f.cleanups, g) }
func (f *fakeTB) Errorf(format string, args ...any) {
	f.errors = append(f.errors, fmt.Sprintf(format, args...))
}

func (f *fakeTB) Fatalf(format string, args ...any) {
	f.Errorf(format, args...)
	runtime.Goexit()
}

// failing runs a test as package testing does, and returns its errors.
func failing(tb testing.TB, test func(tb testing.TB)) []string {
	tb.Helper()
	ctx, cancel := context.WithCancel(tb.Context())
	f := &fakeTB{TB: tb, ctx: ctx}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			cancel()
			for _, cleanup := range slices.Backward(f.cleanups) {
				cleanup()
			}
		}()
		test(f)
	}()
	<-done
	return f.errors
}
