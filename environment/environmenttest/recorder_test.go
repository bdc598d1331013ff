package environmenttest_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"
)

// recorder is a test that keeps its failures to itself.
type recorder struct {
	testing.TB

	ctx      context.Context //nolint:containedctx // as a test has one
	errors   []string
	failed   bool // by Fatalf
	cleanups []func()
}

func (r *recorder) Helper()                  {}
func (r *recorder) Context() context.Context { return r.ctx }
func (r *recorder) Cleanup(f func())         { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	r.failed = true
	runtime.Goexit()
}

// record runs a test as package testing does, in a goroutine of its own: the
// clean-up comes last, after the end of the context and also after Fatalf.
func record(tb testing.TB, test func(r *recorder)) *recorder {
	tb.Helper()
	ctx, cancel := context.WithCancel(tb.Context())
	r := &recorder{TB: tb, ctx: ctx}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			cancel()
			for _, cleanup := range slices.Backward(r.cleanups) {
				cleanup()
			}
		}()
		test(r)
	}()
	<-done
	return r
}

// inTest runs a test in an example, which isn't one itself.
func inTest(test func(t testing.TB)) {
	ctx, cancel := context.WithCancel(context.Background())
	r := &recorder{ctx: ctx}
	defer func() {
		cancel()
		for _, cleanup := range slices.Backward(r.cleanups) {
			cleanup()
		}
		for _, failure := range r.errors {
			fmt.Println(failure)
		}
	}()
	test(r)
}
