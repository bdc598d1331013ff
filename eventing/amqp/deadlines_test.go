package amqp_test

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/internal/brokertest"
)

// fates holds what became of messages, by their ids.
type fates struct {
	mu                             sync.Mutex
	confirmed, unconfirmed, unsent map[eventing.ID]bool
}

func (f *fates) put(t *testing.T, id eventing.ID, err error) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case err == nil:
		f.confirmed[id] = true
	case errors.Is(err, eventing.ErrNotSent):
		f.unsent[id] = true
	default:
		assert.ErrorIs(t, err, eventing.ErrUnconfirmed)
		f.unconfirmed[id] = true
	}
}

// TestDeadlinesThatRunOut has 64 goroutines send with next to no time, so that
// they give up in every state that a message can be in. That must cost neither the
// connection nor the truth.
func TestDeadlinesThatRunOut(t *testing.T) {
	t.Parallel()
	const senders, each, large = 64, 50_000 / 64, 3 << 20
	place := brokertest.URL(t)
	var log lines
	opened, err := amqp.Config{URL: place}.Open(eventing.Settings{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	provider, ok := opened.(*amqp.Provider)
	require.True(t, ok)
	require.NoError(t, provider.Start(within(t)))
	queue := eventing.Queue{Event: unique("event"), Listener: unique("listener")}
	declare(t, provider, place, queue)
	send(t, provider, textMessage(queue.Event, "attaches"))

	became := &fates{confirmed: map[eventing.ID]bool{}, unconfirmed: map[eventing.ID]bool{}, unsent: map[eventing.ID]bool{}}
	body := strings.Repeat("x", large)
	var wait sync.WaitGroup
	for range senders {
		wait.Go(func() {
			for i := range each {
				message := textMessage(queue.Event, body[:100])
				if i == each/2 {
					message.Body = []byte(body)
				}
				allowed := 10*time.Microsecond + rand.N(5*time.Millisecond)
				became.put(t, message.ID, sendWithin(t.Context(), provider, message, allowed))
			}
		})
	}
	wait.Wait()
	// Whatever was on its way has arrived before this.
	last := textMessage(queue.Event, "last")
	send(t, provider, last)
	require.NoError(t, provider.Health())
	assert.Zero(t, log.count("is lost"))
	assert.Zero(t, log.count("has ended the link"))

	stored, consumer := map[eventing.ID]bool{}, attach(t, provider, queue, 100)
	assert.Equal(t, "attaches", string(receive(t, consumer).Message.Body))
	for {
		message := receive(t, consumer).Message
		if message.ID == last.ID {
			break
		}
		assert.False(t, stored[message.ID], "twice")
		stored[message.ID] = true
		assert.Equal(t, body[:len(message.Body)], string(message.Body), "it came whole")
	}
	for id := range became.confirmed {
		assert.True(t, stored[id], "confirmed and not stored")
	}
	for id := range became.unsent {
		assert.False(t, stored[id], "not sent and stored")
	}
	t.Logf("%d confirmed, %d unconfirmed, %d not sent; %d stored", len(became.confirmed), len(became.unconfirmed), len(became.unsent), len(stored))
	require.NoError(t, provider.Stop(within(t)))
}

func sendWithin(ctx context.Context, provider *amqp.Provider, message *eventing.Message, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	receipt, err := provider.Submit(ctx, message)
	if err != nil {
		return err
	}
	return receipt.Wait(ctx)
}
