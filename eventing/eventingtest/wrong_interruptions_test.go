package eventingtest_test

import (
	"context"
	"fmt"

	"github.com/aspyx-go/aspyx/eventing"
)

// staySilent has sends fail after the connection was lost.
func staySilent(f *faulty) {
	f.submit = func(ctx context.Context, f *faulty, message *eventing.Message) (eventing.Receipt, error) {
		if f.lost.Load() {
			return nil, fmt.Errorf("%w: %w", eventing.ErrNotSent, eventing.ErrUnavailable)
		}
		return f.Provider.Submit(ctx, message)
	}
}

// stayDeaf has nothing received after the connection was lost.
func stayDeaf(f *faulty) {
	f.attach = func(consumer eventing.Consumer, _ eventing.Queue, _ int) eventing.Consumer {
		return &deaf{consumer, f}
	}
}

type deaf struct {
	eventing.Consumer
	faulty *faulty
}

func (d *deaf) Receive(ctx context.Context, into *eventing.Delivery) error {
	if d.faulty.lost.Load() {
		<-ctx.Done()
		return ctx.Err()
	}
	return d.Consumer.Receive(ctx, into)
}
