package environmenttest_test

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/environment/environmenttest"
)

// worker has a goroutine from OnRunning until someone closes end, in OnDestroy
// if it is a good one.
type worker struct {
	end   chan struct{}
	good  bool
	fault error // of OnDestroy

	booted, destroyed error // what the contexts said
	stopped           bool
}

func newWorker() *worker { return &worker{end: make(chan struct{}), good: true} }

func (w *worker) OnRunning(ctx context.Context) error {
	w.booted = ctx.Err()
	w.start()
	return nil
}

func (w *worker) start() { go w.run() }

func (w *worker) run() { <-w.end }

func (w *worker) OnDestroy(ctx context.Context) error {
	w.destroyed, w.stopped = ctx.Err(), true
	if w.good {
		close(w.end)
	}
	return w.fault
}

func module(w *worker) environment.Part {
	return environment.Module("work", environment.Provide(func() *worker { return w }))
}

func TestNew(t *testing.T) {
	t.Parallel()
	w := newWorker()
	r := record(t, func(r *recorder) {
		env := environmenttest.New(r, module(w))
		assert.Same(t, w, environment.Get[*worker](env))
		assert.False(t, w.stopped, "before the test's end")
	})
	assert.Empty(t, r.errors)
	assert.True(t, w.stopped)
	require.NoError(t, w.booted, "the context of the boot")
	require.NoError(t, w.destroyed, "the context of the shutdown, after the test's has ended")
}

func TestBootError(t *testing.T) {
	t.Parallel()
	r := record(t, func(r *recorder) {
		environmenttest.New(r, environment.Module("shop",
			environment.Provide(func(int) string { return "" }), environment.Provide(func(bool) uint { return 0 })))
		t.Error("New has returned")
	})
	assert.True(t, r.failed)
	require.Len(t, r.errors, 1)
	for _, part := range []string{`boot: environment: 2 problems in module "shop"`, "missing int", "missing bool", "environmenttest_test.go:"} {
		assert.Contains(t, r.errors[0], part)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	r := record(t, func(r *recorder) {
		environmenttest.New(r, module(newWorker()), environment.StopTimeout(-1))
	})
	require.Len(t, r.errors, 1)
	assert.Contains(t, r.errors[0], "-1ns is negative")
}

func TestShutdownError(t *testing.T) {
	t.Parallel()
	w := newWorker()
	w.fault = errors.New("disk full")
	r := record(t, func(r *recorder) { environmenttest.New(r, module(w)) })
	assert.False(t, r.failed)
	require.Len(t, r.errors, 1)
	assert.Regexp(t, `shut down environment "work": OnDestroy of .*worker: disk full`, r.errors[0])
}

// In a bubble, time passes only while all its goroutines wait: the patience
// costs nothing.
func TestGoroutineLeft(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(r *recorder, w *worker){
		"of a component": func(r *recorder, w *worker) { environmenttest.New(r, module(w)) },
		"of a component that the test has called": func(r *recorder, w *worker) {
			other := newWorker()
			environmenttest.New(r, module(other))
			w.start()
		},
		"of the test, indirectly": func(r *recorder, w *worker) {
			environmenttest.New(r, environment.Module("empty"))
			go func() { w.start() }()
		},
		"after the second environment": func(r *recorder, w *worker) {
			environmenttest.New(r, environment.Module("empty"))
			environmenttest.New(r, module(w))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorker()
				w.good = false
				defer close(w.end)
				began := time.Now()
				r := record(t, func(r *recorder) { test(r, w) })
				require.Len(t, r.errors, 1)
				assert.Regexp(t, `still there after the shutdown:\n  1 at\n +.*\(\*worker\)\.run\n +.*environmenttest_test\.go:\d+\n$`, r.errors[0])
				assert.InDelta(t, 2, time.Since(began).Seconds(), 0.2)
			})
		})
	}
}

// What a failed boot leaves behind is reported, too.
func TestGoroutineLeftByFailedBoot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorker()
		w.good = false
		defer close(w.end)
		r := record(t, func(r *recorder) {
			environmenttest.New(r, environment.Module("m", environment.Provide(func() (*worker, error) {
				w.start()
				return nil, errors.New("no")
			})))
		})
		require.Len(t, r.errors, 2)
		assert.Contains(t, r.errors[0], "boot: ")
		assert.Contains(t, r.errors[1], "(*worker).run")
	})
}

// Goroutines that end a little later, within the patience, are no leak.
func TestGoroutineEndsLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorker()
		w.good = false
		time.AfterFunc(time.Second, func() { close(w.end) })
		r := record(t, func(r *recorder) { environmenttest.New(r, module(w)) })
		assert.Empty(t, r.errors)
	})
}

// What belongs to others isn't reported: goroutines from before New, and those
// of tests that run at the same time, on the same module.
func TestGoroutinesOfOthers(t *testing.T) {
	t.Parallel()
	before, other := newWorker(), newWorker()
	r := record(t, func(r *recorder) {
		before.start()
		inOther, endOther := make(chan struct{}), make(chan struct{})
		otherEnded := make(chan struct{})
		go func() {
			defer close(otherEnded)
			record(t, func(r *recorder) {
				environmenttest.New(r, module(other))
				close(inOther)
				<-endOther
			})
		}()
		<-inOther
		inner := record(t, func(r *recorder) { environmenttest.New(r, module(newWorker())) })
		assert.Empty(t, inner.errors)
		close(endOther)
		<-otherEnded
		close(before.end)
	})
	assert.Empty(t, r.errors)
	assert.True(t, other.stopped)
}

// The goroutine with which os/signal waits for signals stays for good, whoever
// was first to need it.
func TestGoroutineOfSignals(t *testing.T) {
	t.Parallel()
	r := record(t, func(r *recorder) {
		environmenttest.New(r, environment.Module("empty"))
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, os.Interrupt)
		signal.Stop(signals)
	})
	assert.Empty(t, r.errors)
}

// Several environments of a test are shut down in reverse order, and a
// component of the first may have been called after the second was booted.
func TestSeveral(t *testing.T) {
	t.Parallel()
	first, second := newWorker(), newWorker()
	first.good = false
	r := record(t, func(r *recorder) {
		r.Cleanup(func() { assert.True(t, first.stopped) })
		environmenttest.New(r, module(first))
		r.Cleanup(func() {
			assert.True(t, second.stopped)
			assert.False(t, first.stopped)
			close(first.end)
		})
		environmenttest.New(r, module(second))
		first.start()
	})
	assert.Empty(t, r.errors)
}

// What the runtime starts for a timer has no label. The package comment says so.
func TestTimersAreNotCounted(t *testing.T) {
	t.Parallel()
	w := newWorker()
	defer close(w.end)
	r := record(t, func(r *recorder) {
		environmenttest.New(r, environment.Module("empty"))
		running := make(chan struct{})
		time.AfterFunc(time.Nanosecond, func() {
			close(running)
			w.run()
		})
		<-running
	})
	assert.Empty(t, r.errors)
}

// It works with package testing itself.
func TestReal(t *testing.T) {
	t.Parallel()
	w := newWorker()
	t.Run("parent", func(t *testing.T) {
		t.Parallel()
		t.Cleanup(func() { assert.True(t, w.stopped) })
		env := environmenttest.New(t, module(w))
		for _, name := range []string{"one", "two"} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				assert.Same(t, w, environment.Get[*worker](env))
				assert.False(t, w.stopped)
				environmenttest.New(t, module(newWorker()))
			})
		}
	})
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		r := record(b, func(r *recorder) { environmenttest.New(r, module(newWorker())) })
		if len(r.errors) > 0 {
			b.Fatal(strings.Join(r.errors, "\n"))
		}
	}
}
