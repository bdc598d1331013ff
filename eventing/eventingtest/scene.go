package eventingtest

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aspyx-go/aspyx/eventing"
)

// patience is how long a case waits for what must happen. It is for slow
// machines: whoever passes doesn't need it.
const patience = 20 * time.Second

// sample is the event of all cases.
type sample struct {
	Number int `json:"number"`
}

// reply is the event that handlers send.
type reply struct {
	Number int `json:"number"`
}

// scene is one run of one case: its event, and the servers that send it and
// listen to it.
type scene struct {
	T

	harness Harness
	name    string // of the event
	suffix  string // of the servers' names
	options []eventing.EventOption
	journal *journal
}

func newScene(t T, h Harness, options []eventing.EventOption) *scene {
	id := eventing.NewID().String()
	name := "conformance." + id
	return &scene{
		T: t, harness: h, name: name, suffix: id[len(id)-12:],
		options: append([]eventing.EventOption{eventing.Name(name)}, options...),
		journal: &journal{changed: make(chan struct{}, 1)},
	}
}

// process is one server: a manager with a provider of its own.
type process struct {
	server    string
	listeners []any
	pipelines []any
	wrap      func(eventing.Provider) eventing.Provider
}

// prepare makes a manager that the case's end stops.
func (s *scene) prepare(p process) *eventing.EventManager {
	s.Helper()
	provider := s.harness.Provider(s.T, s.server(p.server))
	if p.wrap != nil {
		provider = p.wrap(provider)
	}
	manager, err := eventing.NewEventManager(provider, eventing.Config{
		Events: []eventing.EventDefinition{
			eventing.EventOf[sample](s.options...),
			eventing.EventOf[reply](eventing.Name(s.name + ".reply")),
		},
		Listeners: p.listeners,
		Pipelines: p.pipelines,
		Inbox:     eventing.NewInbox(0),
		Logger:    slog.New(slog.DiscardHandler),
	})
	require.NoError(s, err)
	s.Cleanup(func() { _ = manager.Stop(s.cleanupContext()) })
	return manager
}

// start makes a manager and starts it.
func (s *scene) start(p process) *eventing.EventManager {
	s.Helper()
	manager := s.prepare(p)
	require.NoError(s, manager.Start(s.limit()), "start")
	return manager
}

func (s *scene) stop(manager *eventing.EventManager) {
	s.Helper()
	require.NoError(s, manager.Stop(s.limit()), "stop")
}

// server makes a server's name unique on the broker.
func (s *scene) server(name string) string {
	if name == "" {
		return ""
	}
	return name + "-" + s.suffix
}

// limit returns a context that ends with the case, or the patience.
func (s *scene) limit() context.Context {
	ctx, cancel := context.WithTimeoutCause(s.Context(), patience, errors.New("the suite's patience is over"))
	s.Cleanup(cancel)
	return ctx
}

// cleanupContext is for cleanups, when the case's context has ended.
func (s *scene) cleanupContext() context.Context {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.Context()), patience)
	s.Cleanup(cancel)
	return ctx
}

// send sends events with the numbers from first on, and returns the numbers.
func (s *scene) send(manager *eventing.EventManager, first, count int) []int {
	s.Helper()
	numbers := make([]int, count)
	events := make([]sample, count)
	for i := range events {
		numbers[i], events[i].Number = first+i, first+i
	}
	require.NoError(s, eventing.SendEvents(s.limit(), manager, events), "send")
	return numbers
}

// fenceNumber is the number of the event that comes behind all others.
const fenceNumber = -1

// fence sends one event more and waits until all listeners have had it: what
// hasn't come by then doesn't come. It takes listeners that handle one event
// at a time.
func (s *scene) fence(manager *eventing.EventManager, listeners ...string) {
	s.Helper()
	s.send(manager, fenceNumber, 1)
	for _, listener := range listeners {
		s.await("the fence at "+listener, func() bool {
			return slices.Contains(s.numbers(listener), fenceNumber)
		})
	}
}

// wait waits until the channel is closed or has something.
func (s *scene) wait(what string, ready <-chan struct{}) {
	s.Helper()
	select {
	case <-ready:
	case <-s.limit().Done():
		require.FailNow(s, "this didn't happen in time: "+what)
	}
}

// gate holds handlers until it is opened or the case has ended.
type gate struct {
	open    func()
	opened  chan struct{}
	reached chan struct{}   // holds a token once a handler has come
	over    <-chan struct{} // closed with the end of the case
}

func (s *scene) gate() *gate {
	opened := make(chan struct{})
	return &gate{
		open:    sync.OnceFunc(func() { close(opened) }),
		opened:  opened,
		reached: make(chan struct{}, 1),
		over:    s.Context().Done(),
	}
}

// pass returns when the gate is open.
func (g *gate) pass() {
	select {
	case g.reached <- struct{}{}:
	default: // nobody counts so many
	}
	select {
	case <-g.opened:
	case <-g.over:
	}
}
