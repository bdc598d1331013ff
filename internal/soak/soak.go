// Package soak has durable events flow through the whole framework, from many
// senders over a broker to two listeners, while that broker is killed and
// restarted, and accounts for each event:
//
//   - one that has time enough is sent, however often the broker goes away;
//   - one that was sent is handled by each listener;
//   - one that wasn't, [eventing.ErrNotSent], by none;
//   - one whose outcome is unknown, [eventing.ErrUnconfirmed], by any number;
//   - by one listener again only if the broker was killed in between, and no
//     more of them than what the listener may hold without having acknowledged
//     it, and the broker without having stored the acknowledgement;
//   - nothing is left in the queues, dead letters or goroutines.
//
// Nobody helps: senders and listeners have to resume by themselves.
package soak

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/aspyx-go/aspyx/environment"
	"github.com/aspyx-go/aspyx/eventing"
	"github.com/aspyx-go/aspyx/eventing/amqp"
	"github.com/aspyx-go/aspyx/internal/artemis"
)

const (
	// Kills is how often the broker is killed, evenly spread over the events.
	Kills = 3

	// patience is how long nothing may happen until it is taken for stuck: more
	// than the longest pause between two tries to connect.
	patience = 2 * time.Minute

	pollInterval = 10 * time.Millisecond
)

// Run sends that many events over the broker, which is its own, and reports what
// has become of them. The error tells why there is no report.
func Run(ctx context.Context, broker *artemis.Broker, events int, logger *slog.Logger) (*Report, error) {
	r := newRun(amqp.Config{URL: broker.URL()}, events, Kills)
	r.restart, r.logger = broker.Restart, logger
	return r.run(ctx)
}

// run is one course of events.
type run struct {
	source  eventing.Source
	restart func(ctx context.Context) error // kills the broker before
	kills   int
	parts   []environment.Part // what tests add to the module
	logger  *slog.Logger

	course *course
	ledger *ledger
}

func newRun(source eventing.Source, events, kills int) *run {
	return &run{
		source: source, kills: kills, logger: slog.New(slog.DiscardHandler),
		course: newCourse(events, kills), ledger: newLedger(events, kills),
	}
}

func (r *run) run(ctx context.Context) (*Report, error) {
	goroutines, began := runtime.NumGoroutine(), time.Now()
	module := environment.Module("soak", append(r.parts, module(r.ledger))...)
	env, err := environment.Boot(ctx, module, eventing.Use(r.source), environment.Logger(r.logger))
	if err != nil {
		return nil, err
	}
	manager := environment.Get[*eventing.EventManager](env)
	err = r.flow(ctx, manager)
	took := time.Since(began)
	if err := errors.Join(err, env.Shutdown(context.WithoutCancel(ctx))); err != nil {
		return nil, err
	}
	report := r.ledger.settle()
	report.Kills, report.Took = r.kills, took
	if dead := manager.Stats().DeadLettered; dead > 0 {
		report.violate("events dead-lettered", int(dead), "see the log") //nolint:gosec // a count
	}
	if err := r.lookForRest(ctx, report); err != nil {
		return nil, err
	}
	if more := awaitGoroutines(ctx, goroutines) - goroutines; more > 0 {
		report.violate("goroutines left after the stop", more, "all of this process")
	}
	return report, nil
}

// flow returns when all events were sent, and handled as far as they ever are.
func (r *run) flow(ctx context.Context, manager *eventing.EventManager) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var work sync.WaitGroup
	work.Go(func() {
		if err := r.interrupt(ctx, manager); err != nil {
			cancel(err)
		}
	})
	for range sendersOfEachKind {
		for _, send := range []func(context.Context, *eventing.EventManager){r.sendMany, r.sendAsync, r.sendInTime} {
			work.Go(func() { send(ctx, manager) })
		}
	}
	work.Wait()
	r.ledger.await(ctx, 0)
	return context.Cause(ctx)
}

// interrupt kills the broker whenever it is due, and waits until all has resumed.
func (r *run) interrupt(ctx context.Context, manager *eventing.EventManager) error {
	for _, point := range r.course.points {
		select {
		case <-point.reached:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		r.ledger.interrupted()
		if err := r.restart(ctx); err != nil {
			return err
		}
		r.ledger.resumed()
		if err := awaitHealth(ctx, manager); err != nil {
			return err
		}
	}
	return nil
}

func awaitHealth(ctx context.Context, manager *eventing.EventManager) error {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := manager.Health(ctx)
		if err == nil {
			return nil
		}
		if !pause(limited) {
			return fmt.Errorf("wait for the connections after a restart of the broker: %w: %w", context.Cause(limited), err)
		}
	}
}

// awaitGoroutines returns how many there are once there are no more than that,
// or after some time.
func awaitGoroutines(ctx context.Context, most int) int {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for runtime.NumGoroutine() > most && pause(ctx) {
	}
	return runtime.NumGoroutine()
}

// pause is false when the context is done.
func pause(ctx context.Context) bool {
	timer := time.NewTimer(pollInterval)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
