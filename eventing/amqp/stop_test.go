package amqp_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/internal/amqppeer"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

// stopping is a provider that is to be stopped in a bad moment, with one listener
// and one publisher that are busy.
type stopping struct {
	place    string // the broker's
	between  *cutter
	provider *amqp.Provider
	queue    eventing.Queue
	consumer eventing.Consumer
}

// situations are what a provider may be in when it is stopped.
var situations = map[string]func(*testing.T, *stopping){
	"all is well": func(*testing.T, *stopping) {},
	"its queue is deleted again and again": func(t *testing.T, s *stopping) {
		t.Helper()
		client := dial(t, s.place)
		for range 3 {
			client.manage(t, "destroyQueue", s.queue.Name(eventing.NamingOriginal), true, false)
			require.Eventually(t, func() bool { return client.queueExists(t, s.queue.Name(eventing.NamingOriginal)) }, limit, 10*time.Millisecond)
		}
		client.manage(t, "destroyQueue", s.queue.Name(eventing.NamingOriginal), true, false)
	},
	"its queue is taken": func(t *testing.T, s *stopping) {
		t.Helper()
		s.between.cut()
		other := start(t, amqp.Config{URL: s.place})
		require.Eventually(t, func() bool {
			_, err := other.Attach(within(t), s.queue, 1)
			return err == nil
		}, limit, 10*time.Millisecond)
		s.between.reopen()
		require.EventuallyWithT(t, func(c *assert.CollectT) { assert.ErrorIs(c, status(s.consumer).Err, eventing.ErrQueueInUse) }, limit, 10*time.Millisecond)
	},
	"its password is refused": func(t *testing.T, s *stopping) {
		t.Helper()
		stranger := amqppeer.Start(t, amqppeer.Options{Authenticate: func(amqppeer.Credentials) byte { return 1 }})
		s.between.redirect(hostPort(t, stranger.URL))
		s.between.interrupt()
		require.EventuallyWithT(t, func(c *assert.CollectT) { assert.ErrorIs(c, s.provider.Health(), amqp.ErrAuthentication) }, limit, 10*time.Millisecond)
	},
	"the broker is away": func(t *testing.T, s *stopping) {
		t.Helper()
		s.between.cut()
		require.Eventually(t, func() bool { return s.provider.Health() != nil }, limit, 10*time.Millisecond)
	},
	"the connections have just broken": func(_ *testing.T, s *stopping) { s.between.interrupt() },
	"nobody answers any more": func(t *testing.T, s *stopping) {
		t.Helper()
		silent := amqppeer.Start(t, amqppeer.Options{Mute: true})
		s.between.redirect(hostPort(t, silent.URL))
		s.between.interrupt()
		silent.Conn(1)
	},
}

// TestStopInEachSituation ends within its time, leaves nothing behind, and tells
// everybody who waits.
func TestStopInEachSituation(t *testing.T) { //nolint:paralleltest // counts goroutines
	place := brokertest.URL(t)
	for name, enter := range situations { //nolint:paralleltest // counts goroutines
		t.Run(name, func(t *testing.T) {
			s := &stopping{place: place, between: newCutter(t, place)}
			s.queue = eventing.Queue{Event: unique("event"), Listener: unique("listener"), Server: "one", Durable: true}
			var err error
			s.provider, err = amqp.New(amqp.Config{URL: s.between.url})
			require.NoError(t, err)
			require.NoError(t, s.provider.Start(within(t)))
			declare(t, s.provider, place, s.queue)
			s.consumer = attach(t, s.provider, s.queue, 10)
			var busy sync.WaitGroup
			busy.Go(func() { assert.ErrorIs(t, consume(s.consumer), eventing.ErrClosed) })
			busy.Go(func() { assert.NoError(t, publish(s.provider, s.queue.Event)) })

			enter(t, s)

			require.NoError(t, s.provider.Stop(within(t)))
			busy.Wait()
			require.ErrorIs(t, s.provider.Err(), eventing.ErrClosed)
			require.NoError(t, s.consumer.Close(within(t)))
			s.between.cut()
		})
	}
	requireNoGoroutines(t)
}

// consume accepts events until the provider is stopped.
func consume(consumer eventing.Consumer) error {
	for {
		var delivery eventing.Delivery
		if err := consumer.Receive(context.Background(), &delivery); err != nil {
			return err
		}
		_ = consumer.Settle(&delivery, eventing.Accept) // it comes again where this fails
	}
}

// publish sends events until the provider is stopped. Its error is an outcome
// that a stop doesn't have.
func publish(provider *amqp.Provider, event string) error {
	receipts := make([]eventing.Receipt, 0, 100)
	for i := 0; ; i++ {
		receipt, err := provider.Submit(context.Background(), durable(event, fmt.Sprint(i)))
		if err == nil {
			receipts = append(receipts, receipt)
		}
		if err == nil && len(receipts) < cap(receipts) {
			continue
		}
		for _, each := range receipts {
			if outcome := each.Wait(context.Background()); outcome != nil {
				err = outcome
				if !errors.Is(err, eventing.ErrNotSent) && !errors.Is(err, eventing.ErrUnconfirmed) {
					return err
				}
			}
		}
		if receipts = receipts[:0]; err != nil {
			if errors.Is(err, eventing.ErrClosed) {
				return nil
			}
			return err
		}
	}
}
