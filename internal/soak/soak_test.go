package soak

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/eventing/memory"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

// TestABrokerThatIsKilled is a short course; `make soak` has a long one.
func TestABrokerThatIsKilled(t *testing.T) { //nolint:paralleltest // it counts goroutines
	broker := brokertest.Own(t)
	r := newRun(amqp.Config{URL: broker.URL()}, 5000, 1)
	r.restart = broker.Restart
	report, err := r.run(t.Context())
	require.NoError(t, err)
	assert.Empty(t, report.Violations)
	assert.Equal(t, 5000, report.Sent+report.NotSent+report.Unknown)
	assert.Equal(t, 1, report.Kills)
	assert.Equal(t, uint8(1), r.ledger.ended)
	t.Log("\n" + report.String())
}

func TestARestartThatFails(t *testing.T) { //nolint:paralleltest // as above
	failure := errors.New("no broker any more")
	r := newRun(newBroker(t), 1000, 1)
	r.restart = func(context.Context) error { return failure }
	_, err := r.run(t.Context())
	require.ErrorIs(t, err, failure)
}

// faulty is at fault with each hundredth event.
type faulty struct {
	eventing.AbstractEnvelopePipeline
	count atomic.Int64

	send   func() error // in place of sending
	handle func() error // after handling
}

func (f *faulty) Send(ctx context.Context, envelope *eventing.Envelope, event *eventing.EventDescriptor) error {
	if f.send != nil && f.count.Add(1)%100 == 0 {
		return f.send()
	}
	return f.ProceedSend(ctx, envelope, event)
}

func (f *faulty) Handle(ctx context.Context, envelope *eventing.Envelope, listener *eventing.EventListenerDescriptor) error {
	err := f.ProceedHandle(ctx, envelope, listener)
	if f.handle != nil && f.count.Add(1)%100 == 0 {
		return f.handle()
	}
	return err
}

// TestFaultyFrameworks have whole courses, in memory, through a framework that
// breaks its promises.
func TestFaultyFrameworks(t *testing.T) { //nolint:paralleltest // as above
	const lost, again = "LOST: events sent and not handled", "events handled again without an interruption"
	failure := errors.New("failed after all")
	for name, of := range map[string]struct { //nolint:paralleltest // as above
		pipeline *faulty
		want     []string
	}{
		"none":                       {&faulty{}, nil},
		"loses on sending":           {&faulty{send: func() error { return eventing.Drop }}, []string{lost}},
		"handles again":              {&faulty{handle: func() error { return failure }}, []string{again}},
		"puts aside what is handled": {&faulty{handle: func() error { return eventing.Permanent(failure) }}, []string{"events dead-lettered", "events left in the queues"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRun(newBroker(t), 2000, 0)
				r.parts = []environment.Part{environment.Supply(of.pipeline)}
				report, err := r.run(t.Context())
				require.NoError(t, err)
				var kinds []string
				for _, v := range report.Violations {
					kinds = append(kinds, v.Kind)
					assert.Greater(t, v.Count, 10, v)
				}
				assert.Equal(t, of.want, kinds)
			})
		})
	}
}

func newBroker(t *testing.T) *memory.Broker {
	t.Helper()
	broker, err := memory.Config{}.NewBroker()
	require.NoError(t, err)
	return broker
}
