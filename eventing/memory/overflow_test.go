package memory_test

import (
	"bytes"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

var logger = eventing.Queue{Event: "hello", Listener: "logger"}

func TestNamesOfOverflow(t *testing.T) {
	t.Parallel()
	for overflow, want := range map[memory.Overflow]string{
		memory.OverflowBlock: "block", memory.OverflowDropOldest: "drop oldest", memory.OverflowError: "error", 7: "unknown",
	} {
		assert.Equal(t, want, overflow.String())
	}
}

func TestOverflowError(t *testing.T) {
	t.Parallel()
	provider := open(t, memory.Config{MaxMessages: 2, MaxBytes: 10, Overflow: memory.OverflowError}, greeter, logger)
	full, empty := attach(t, provider, greeter, 10), attach(t, provider, logger, 10)
	requireFull := func(body string) {
		t.Helper()
		_, err := provider.Submit(t.Context(), hello(body))
		require.ErrorIs(t, err, memory.ErrQueueFull)
		require.ErrorIs(t, err, eventing.ErrRejected)
		require.NotErrorIs(t, err, eventing.ErrNotSent)
	}
	send(t, provider, 1)
	requireFull("1234567890")
	submit(t, provider, hello("2"))
	assert.Equal(t, []string{"1", "2"}, take(t, empty, 2))
	requireFull("3")
	assert.Zero(t, stats(t, provider, logger).Messages, "all queues or none")
	assert.Equal(t, []string{"1", "2"}, take(t, full, 2))
	submit(t, provider, hello("4"))
	assert.Equal(t, []string{"4"}, take(t, full, 1))
}

func TestDropOldest(t *testing.T) {
	t.Parallel()
	provider := open(t, memory.Config{MaxMessages: 3, MaxBytes: 10, Overflow: memory.OverflowDropOldest}, greeter, logger)
	full, empty := attach(t, provider, greeter, 1), attach(t, provider, logger, 1)
	send(t, provider, 3)
	assert.Equal(t, []string{"1", "2", "3"}, take(t, empty, 3))
	held := receive(t, full)
	submit(t, provider, hello("4"), hello("123456789"))
	settle(t, full, held, eventing.Accept)
	assert.Equal(t, []string{"4", "123456789"}, take(t, empty, 2), "only the full queue has lost some")
	assert.Equal(t, []string{"123456789"}, take(t, full, 1))
	assert.Equal(t, memory.QueueStats{
		Address: "hello", Queue: "greeter", Consumers: 1, MaxMessages: 3, Enqueued: 5, Delivered: 2, Accepted: 2, Dropped: 3,
	}, stats(t, provider, greeter))
	assert.Zero(t, stats(t, provider, logger).Dropped)
}

func TestWhatIsReleasedCanBeDropped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := open(t, memory.Config{MaxMessages: 1, Overflow: memory.OverflowDropOldest}, greeter)
		consumer := attach(t, provider, greeter, 1)
		send(t, provider, 1)
		held := receive(t, consumer)
		waiting := submitting(t.Context(), provider, hello("2"))
		synctest.Wait()
		require.True(t, waiting.waits())
		settle(t, consumer, held, eventing.Release)
		require.NoError(t, <-waiting.done)
		assert.Equal(t, []string{"2"}, take(t, consumer, 1))
	})
}

// What is assigned to the owner of its key is ready, and older.
func TestDropOldestOfAKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := open(t, memory.Config{MaxMessages: 5, Overflow: memory.OverflowDropOldest}, greeter)
		owner, other := attach(t, provider, greeter, 1), attach(t, provider, greeter, 2)
		sendKeyed(t, provider, "a1", "a2", "a3", "b1", "b2")
		a1 := requireNext(t, owner, "a1")
		b1 := requireNext(t, other, "b1") // a2 and a3 are assigned now
		sendKeyed(t, provider, "c1", "a4", "a5")
		requireNext(t, other, "c1")
		requireNone(t, other)
		settle(t, owner, a1, eventing.Accept)
		assert.Equal(t, []string{"a4", "a5"}, take(t, owner, 2))
		settle(t, other, b1, eventing.Accept)
		assert.Equal(t, uint64(3), stats(t, provider, greeter).Dropped)
	})
}

// What is delayed or in the hands of a consumer isn't dropped, in none of the
// queues.
func TestDropOldestWaitsWhereNothingIsToBeDropped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := open(t, memory.Config{MaxMessages: 2, MaxBytes: 10, Overflow: memory.OverflowDropOldest}, greeter, logger)
		consumer := attach(t, provider, greeter, 1)
		submit(t, provider, hello("123456"), hello("22", delay(time.Hour)))
		held := receive(t, consumer)
		waiting := submitting(t.Context(), provider, hello("3"))
		synctest.Wait()
		require.True(t, waiting.waits(), "two messages are there to stay")
		assert.Zero(t, stats(t, provider, logger).Dropped, "all queues or none")
		settle(t, consumer, held, eventing.Accept)
		require.NoError(t, <-waiting.done)
		assert.Equal(t, uint64(1), stats(t, provider, logger).Dropped)

		waiting = submitting(t.Context(), provider, hello("123456789"))
		synctest.Wait()
		require.True(t, waiting.waits(), "two bytes are there to stay")
		time.Sleep(time.Hour)
		require.NoError(t, <-waiting.done)
		assert.Equal(t, []string{"123456789"}, take(t, consumer, 1))
	})
}

func TestTargetedMessagesWaitInAnyCase(t *testing.T) {
	t.Parallel()
	for _, overflow := range []memory.Overflow{memory.OverflowDropOldest, memory.OverflowError} {
		for _, queue := range []eventing.Queue{greeter, greeter.DeadLetter()} {
			synctest.Test(t, func(t *testing.T) {
				provider := open(t, memory.Config{MaxMessages: 1, Overflow: overflow}, greeter)
				submit(t, provider, hello("1", target(queue)))
				waiting := submitting(t.Context(), provider, hello("2", target(queue)))
				synctest.Wait()
				require.True(t, waiting.waits())
				assert.Equal(t, []string{"1", "2"}, take(t, attach(t, provider, queue, 1), 2))
				require.NoError(t, <-waiting.done)
			})
		}
	}
}

// A dead-letter queue may have the address of an event.
func TestDeadLettersAreNeverDropped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		queue := eventing.Queue{Event: "other", Listener: "other", DeadLetters: "hello"}
		provider := open(t, memory.Config{MaxMessages: 1, Overflow: memory.OverflowDropOldest}, queue, greeter)
		submit(t, provider, hello("dead", target(queue.DeadLetter())))
		waiting := submitting(t.Context(), provider, hello("1"))
		synctest.Wait()
		require.True(t, waiting.waits())
		assert.Equal(t, []string{"dead", "1"}, take(t, attach(t, provider, queue.DeadLetter(), 1), 2))
		require.NoError(t, <-waiting.done)
	})
}

func TestAQueueThatBeginsToDropWarns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		config := memory.Config{MaxMessages: 1, Overflow: memory.OverflowDropOldest}
		opened, err := sharedBroker(t, config).Open(eventing.Settings{Logger: plainLogger(&out)})
		require.NoError(t, err)
		provider, ok := opened.(*memory.Provider)
		require.True(t, ok)
		require.NoError(t, provider.Start(t.Context()))
		require.NoError(t, provider.Declare(t.Context(), []eventing.Queue{greeter, logger}))
		quiet := attach(t, provider, logger, 1)
		const warning = `level=WARN msg="a queue in memory is full: its oldest events are dropped" address=hello queue=greeter` + "\n"
		for _, want := range []string{"", warning} {
			for range 3 {
				submit(t, provider, hello("x"))
				take(t, quiet, 1)
				assert.Equal(t, want, out.String())
				want = warning
				time.Sleep(time.Minute - 1)
			}
			time.Sleep(time.Nanosecond)
			out.Reset()
		}
		require.NoError(t, provider.Stop(t.Context()))
	})
}

func plainLogger(out *bytes.Buffer) *slog.Logger {
	return slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))
}
