package eventingtest

import (
	"log/slog"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/environment/environmenttest"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/memory"
)

// serverName is the name of the server that an [App] is, unless its options
// give another one.
const serverName = "test"

// App is a module that runs in a test, on a broker in memory of its own. It
// notes what is sent and handled: see [Published], [Consumed] and
// [DeadLettered]. It comes from [Start].
//
// Whatever fails, fails the test, and ends it at once: so its methods are for
// the test's own goroutine.
type App struct {
	tb       testing.TB
	env      *environment.Environment
	manager  *eventing.EventManager
	broker   *memory.Broker
	traffic  traffic
	journey  journey
	failures failures
	bubble   bool
	patience time.Duration
}

// Start boots the module as [environmenttest.New] does, which also shuts it
// down in the test's clean-up. The provider that the module or the options name
// isn't opened: events go to a broker in memory, which belongs to this app. Its
// server is named "test", and what it logs goes to the test's output, unless
// the options say otherwise.
//
// What isn't handled by the end of the test is left: the shutdown waits for the
// handlers that run, and not for the queues to be empty.
//
// In a bubble of [testing/synctest], where Start must be called too, the time of
// retries, delays and time limits passes at once:
//
//	synctest.Test(t, func(t *testing.T) {
//		app := eventingtest.Start(t, shop.Module)
//		…
//	})
func Start(tb testing.TB, module environment.Part, options ...environment.Option) *App {
	tb.Helper()
	app := &App{tb: tb, broker: memory.NewBroker(), bubble: inBubble(), patience: realPatience}
	if app.bubble {
		app.patience = fakePatience
	}
	watched := environment.Module("eventingtest", module,
		environment.Provide(func() *outermost { return &outermost{app: app} }),
		environment.Provide(func() *innermost { return &innermost{app: app} }),
	)
	all := []environment.Option{
		environment.Logger(slog.New(slog.NewTextHandler(tb.Output(), nil))),
		eventing.ServerName(serverName),
	}
	all = append(all, options...)
	app.env = environmenttest.New(tb, watched, append(all, eventing.Use(source{app}))...)
	app.manager = environment.Get[*eventing.EventManager](app.env)
	return app
}

// Env returns the environment, for [environment.Get].
func (a *App) Env() *environment.Environment { return a.env }

// Manager returns the event manager.
func (a *App) Manager() *eventing.EventManager { return a.manager }

// Send sends an event, as [eventing.EventManager.SendEvent] does with the test's
// context. An error fails the test: a test that expects one sends by the
// manager.
func (a *App) Send(event any, options ...eventing.SendOption) {
	a.tb.Helper()
	if err := a.manager.SendEvent(a.tb.Context(), event, options...); err != nil {
		a.tb.Fatalf("eventingtest: %v", err)
	}
}

// Always is how often an attempt fails that [App.Fail] lets fail for good.
const Always = math.MaxInt

// Fail has the next attempts of a listener fail with err, so many times. Its On
// isn't called then; pipelines, error handlers and the failure policy see the
// error as if On had returned it. A later call takes the place of an earlier
// one: with 0 times the listener works again. A name that no listener has fails
// the test.
func (a *App) Fail(listener string, times int, err error) {
	a.tb.Helper()
	var names []string
	for _, s := range a.manager.Subscriptions() {
		names = append(names, s.Name)
	}
	switch {
	case !slices.Contains(names, listener):
		a.tb.Fatalf("eventingtest: fail listener %q: the app has no such listener: it has %q", listener, names)
	case times < 0:
		a.tb.Fatalf("eventingtest: fail listener %q: %d times can't be: give a number from 0 on, or eventingtest.Always", listener, times)
	case times > 0 && err == nil:
		a.tb.Fatalf("eventingtest: fail listener %q: the error is nil", listener)
	}
	a.failures.set(listener, times, err)
}
