// Package environmenttest boots environments in tests.
//
//	func TestOrders(t *testing.T) {
//		t.Parallel()
//		env := environmenttest.New(t, shop.Module, environment.Override[shop.Store](newFakeStore))
//		service := environment.Get[*shop.OrderService](env)
//		…
//	}
//
// # What fails the test
//
//   - An error of the boot, at once, with the whole report.
//   - An error of the shutdown, which happens in the test's clean-up.
//   - A goroutine that was started since New and is still there a moment after
//     the shutdown. The report says where it is.
//
// A test that expects an error of the boot or the shutdown calls
// [environment.Boot] itself.
//
// # Whose goroutines
//
// A goroutine belongs to the test in which it was started, directly or by
// another one of the test's: by a component, or by the test after its first
// New. Tests that run in parallel, and what was started before, don't count.
// What belongs together is marked by a label (see [runtime/pprof.Labels]),
// which a goroutine gets from the one that starts it; so New is to be called by
// the test's own goroutine, which keeps the label until the test's end and
// loses other labels. What time.AfterFunc runs has no label and is passed over,
// and so is what drops it by [runtime/pprof.SetGoroutineLabels].
package environmenttest

import (
	"context"
	"testing"

	"github.com/aspyx-go/aspyx/environment"
)

// New boots the module, and shuts the environment down in the test's clean-up:
// after the test and its subtests have ended, and after the clean-up functions
// that were registered later than this call. Several environments of one test
// are shut down in reverse order, and then their goroutines are looked for.
//
// The context of constructors, OnInit and OnRunning is the test's. It has ended
// by the time of the shutdown, which gets one that hasn't.
func New(tb testing.TB, module environment.Part, options ...environment.Option) *environment.Environment {
	tb.Helper()
	ctx := watch(tb)
	env, err := environment.Boot(ctx, module, options...)
	if err != nil {
		tb.Fatalf("environmenttest: boot: %v", err)
	}
	tb.Cleanup(func() {
		tb.Helper()
		if err := env.Shutdown(context.WithoutCancel(ctx)); err != nil {
			tb.Errorf("environmenttest: shut down %v: %v", env, err)
		}
	})
	return env
}
