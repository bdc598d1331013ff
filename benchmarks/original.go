package benchmarks

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/internal/foreign"
)

// Burst is how many events [BurstAspyx] and [BurstOriginal] send at once.
const Burst = 2000

// The metrics of [BurstOriginal].
const (
	EventNS  = "ns/event"       // from the first send until all were handled
	AwakeNS  = "awake-ns/event" // from the first that was handled on
	Failures = "failures"
)

const (
	// foreignCache keeps what is installed between runs.
	foreignCache = "../.cache/interop"

	// burstTime is what the original gets for one burst, its start included. It
	// hangs or crashes now and then, and gets another try.
	burstTime  = time.Minute
	burstTries = 10

	// idle is before a burst: else its first event meets the thread that sends
	// sometimes awake and sometimes not.
	idle = 500 * time.Millisecond
)

// BurstAspyx sends bursts of events to a broker, each until all of it was
// handled. One operation is a burst.
func BurstAspyx(w Wire) func(*testing.B) {
	return func(b *testing.B) {
		b.Helper()
		g := w.prepare(b)
		manager := g.manager(b)
		var missing sync.WaitGroup
		g.subscribe(b, manager, func(*parcel) { missing.Done() })
		events := w.parcels(Burst)
		b.ReportAllocs()
		b.ResetTimer()
		for range b.N {
			missing.Add(Burst)
			check(b, eventing.SendEvents(b.Context(), manager, events))
			missing.Wait()
		}
		b.StopTimer()
		check(b, manager.Stop(b.Context()))
	}
}

// BurstOriginal is [BurstAspyx] with the Python original, which sends and listens
// in one process, too. Each burst has a process of its own, in which an event was
// sent and handled a while before the clock starts.
func BurstOriginal(w Wire) func(*testing.B) {
	return func(b *testing.B) {
		b.Helper()
		python, err := foreign.Python(b.Context(), foreignCache)
		check(b, err)
		var took, awake time.Duration
		failures := 0
		for range b.N {
			t, a, err := w.burst(b, python)
			for ; err != nil; t, a, err = w.burst(b, python) {
				if failures++; failures == burstTries {
					b.Fatal(err)
				}
			}
			took, awake = took+t, awake+a
		}
		count := float64(b.N * Burst)
		b.ReportMetric(float64(took)/count, EventNS)
		b.ReportMetric(float64(awake)/count, AwakeNS)
		b.ReportMetric(float64(failures), Failures)
	}
}

// burst tells how long a burst has taken, in all and from the first event that
// was handled.
func (w Wire) burst(b *testing.B, python string) (took, awake time.Duration, err error) {
	b.Helper()
	g := w.prepare(b)
	ctx, cancel := context.WithTimeout(b.Context(), burstTime)
	defer cancel()
	// The broker's URL, with the password, is in the environment.
	command := exec.CommandContext(ctx, python, "testdata/original.py", g.queue.Event, g.queue.Name(naming), w.parcels(1)[0].Text)
	var said bytes.Buffer
	command.Stderr = &said
	in, err := command.StdinPipe()
	check(b, err)
	out, err := command.StdoutPipe()
	check(b, err)
	check(b, command.Start())
	lines := bufio.NewReader(out)
	_, err = ask(in, lines, 1)
	time.Sleep(idle)
	began := time.Now()
	if err == nil {
		awake, err = ask(in, lines, Burst)
	}
	took = time.Since(began)
	if err = errors.Join(err, in.Close(), command.Wait()); err != nil {
		err = fmt.Errorf("the original has failed: %w\n%s", err, said.Bytes())
	}
	g.free(b)
	return took, awake, err
}

// free removes the queue once the broker has noticed that the process is gone
// which has consumed from it.
func (g *ground) free(b *testing.B) {
	b.Helper()
	provider := g.provider(b)
	check(b, provider.Start(b.Context()))
	err := provider.Remove(b.Context(), g.queue)
	for errors.Is(err, eventing.ErrQueueInUse) && b.Context().Err() == nil {
		time.Sleep(10 * time.Millisecond)
		err = provider.Remove(b.Context(), g.queue)
	}
	check(b, errors.Join(err, provider.Stop(b.Context())))
}

// ask has the original send so many events and waits for its answer.
func ask(in io.Writer, out *bufio.Reader, count int) (awake time.Duration, err error) {
	if _, err := fmt.Fprintln(in, count); err != nil {
		return 0, err
	}
	line, err := out.ReadString('\n')
	if err != nil {
		return 0, err
	}
	seconds, err := strconv.ParseFloat(strings.TrimSpace(line), 64)
	return time.Duration(seconds * float64(time.Second)), err
}
