package eventingtest_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/eventingtest"
)

// Each way to fail a test, and what the test is told.
func TestAppFailsTheTest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		test func(app *eventingtest.App)
		want string
	}{
		"a send that fails": {
			func(app *eventingtest.App) { app.Send("hello") }, "not an event: string",
		},
		"an unknown listener": {
			func(app *eventingtest.App) { app.Fail("biling", 1, errInsolvent) }, `fail listener "biling": the app has no such listener: it has ["billing" "audit" "mailing"]`,
		},
		"a failure less than never": {
			func(app *eventingtest.App) { app.Fail("billing", -1, errInsolvent) }, `fail listener "billing": -1 times can't be`,
		},
		"a failure without an error": {
			func(app *eventingtest.App) { app.Fail("billing", 1, nil) }, `fail listener "billing": the error is nil`,
		},
		"published by a pointer": {
			func(app *eventingtest.App) { eventingtest.Published[*placed](app) }, "not by *eventingtest_test.placed",
		},
		"consumed by an interface": {
			func(app *eventingtest.App) { eventingtest.Consumed[any](app) }, "not by interface {}",
		},
		"dead-lettered by a pointer": {
			func(app *eventingtest.App) { eventingtest.DeadLettered[*placed](app) }, "not by *eventingtest_test.placed",
		},
		"the real time": {
			func(app *eventingtest.App) { app.Advance(time.Second) }, "Advance can't move the real time",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			errs := failing(t, func(tb testing.TB) {
				tb.Helper()
				c.test(eventingtest.Start(tb, shop))
				t.Error("the test goes on")
			})
			require.Len(t, errs, 1)
			assert.Contains(t, errs[0], c.want)
		})
	}
}

func TestBootErrorFailsTheTest(t *testing.T) {
	t.Parallel()
	errs := failing(t, func(tb testing.TB) {
		tb.Helper()
		eventingtest.Start(tb, environment.Module("empty"))
		t.Error("the test goes on")
	})
	require.Len(t, errs, 1)
	assert.Contains(t, errs[0], "eventing.Module")
}

func TestWaitGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		errs := failing(t, func(tb testing.TB) {
			tb.Helper()
			app := eventingtest.Start(tb, shop)
			for range 3 {
				app.Send(placed{ID: "hangs"})
			}
			app.Wait()
			t.Error("the test goes on")
		})
		require.Len(t, errs, 1)
		assert.Contains(t, errs[0], "this is left after 720h0m0s:\n  queue placed::billing: 1 being handled, 2 waiting, 0 delayed\n")
		assert.GreaterOrEqual(t, time.Since(began), 30*24*time.Hour)
	})
}

// Outside of a bubble it is the real time that passes.
func TestWaitGivesUpInEarnest(t *testing.T) {
	t.Parallel()
	errs := failing(t, func(tb testing.TB) {
		tb.Helper()
		app := eventingtest.Start(tb, shop)
		eventingtest.SetPatience(app, 500*time.Millisecond)
		app.Fail("billing", 1, errors.New("out of paper"))
		app.Send(placed{ID: "1"})
		app.Send(placed{ID: "2"}, eventing.WithDelay(time.Hour))
		app.Wait()
		t.Error("the test goes on")
	})
	require.Len(t, errs, 1)
	for _, part := range []string{
		"this is left after 500ms:", "queue placed::audit-test: 0 being handled, 0 waiting, 1 delayed\n",
		"queue placed::billing: 0 being handled, 0 waiting, 2 delayed\n",
		"the last attempt of billing has failed: out of paper\n", "comes at once within synctest.Test",
	} {
		assert.Contains(t, errs[0], part)
	}
}
