package eventingtest_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/aspyx-go/aspyx/eventing/eventingtest"
)

// recorder takes the place of *testing.T, so that a case may fail.
type recorder struct {
	context context.Context //nolint:containedctx // as *testing.T has one
	cancel  context.CancelFunc

	mu       sync.Mutex
	failures []string
	cleanups []func()
}

var _ eventingtest.T = (*recorder)(nil)

// record runs a case and its cleanups, and returns what has failed.
func record(ctx context.Context, c eventingtest.Case, h eventingtest.Harness) *recorder {
	r := &recorder{}
	r.context, r.cancel = context.WithCancel(ctx)
	r.run(func() { c.Run(r, h) })
	r.cancel()
	for len(r.cleanups) > 0 {
		last := len(r.cleanups) - 1
		cleanup := r.cleanups[last]
		r.cleanups = r.cleanups[:last]
		r.run(cleanup)
	}
	return r
}

// run calls f on a goroutine of its own, which FailNow may end.
func (r *recorder) run(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
}

func (r *recorder) failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.failures) > 0
}

func (r *recorder) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(slices.Clone(r.failures), "\n")
}

func (r *recorder) Helper()                  {}
func (r *recorder) Logf(string, ...any)      {}
func (r *recorder) Context() context.Context { return r.context }

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func (r *recorder) FailNow() {
	r.Errorf("ended by FailNow")
	runtime.Goexit()
}

func (r *recorder) Cleanup(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cleanups = append(r.cleanups, f)
}
