package environment

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Observer is told what the environment does, one event after the other of one
// goroutine; lazy components are made on any. It must be safe for concurrent
// use and quick. A panic in it fails the boot, or becomes an error of the stop.
type Observer func(ctx context.Context, event Event)

// Event is something that the environment has done: [*Excluded], [*Constructed],
// [*HookCalled], [*Booted], [*BootFailed], [*Stopping] or [*Stopped]. It must not
// be changed.
type Event interface {
	// attrs describe the event in a log line.
	attrs() (message string, attrs []slog.Attr)
}

// Excluded tells of a component whose conditions don't hold.
type Excluded struct {
	// Component is the component.
	Component *Component
	// Why tells which condition.
	Why string
}

// Constructed tells of an instance that was made, or couldn't be.
type Constructed struct {
	// Component is the component.
	Component *Component
	// Took is how long its constructor and the post-processors took.
	Took time.Duration
	// Err is nil if it was made.
	Err error
}

// HookCalled tells of a hook that has ended.
type HookCalled struct {
	// Component is the component.
	Component *Component
	// Hook is OnInit, OnRunning, OnStopping, OnDestroy or clean-up.
	Hook string
	// Took is how long it took.
	Took time.Duration
	// Err is what it returned.
	Err error
}

// Booted tells that the environment runs.
type Booted struct {
	// Module is the name of the module that was booted.
	Module string
	// Components is how many were built.
	Components int
	// Took is how long the boot took.
	Took time.Duration
}

// BootFailed tells that the boot has failed, before what was built is undone.
type BootFailed struct {
	// Module is the name of the module that was to be booted.
	Module string
	// Err is what Boot returns, but for errors of undoing.
	Err error
}

// Stopping tells that the stop begins.
type Stopping struct {
	// Module is the name of the module that was booted.
	Module string
}

// Stopped tells that the stop has ended.
type Stopped struct {
	// Module is the name of the module that was booted.
	Module string
	// Took is how long the stop took.
	Took time.Duration
	// Err joins the errors of the hooks.
	Err error
}

func (e *Excluded) attrs() (message string, attrs []slog.Attr) {
	return "component excluded", []slog.Attr{slog.String("component", e.Component.title()), slog.String("why", e.Why)}
}

func (e *Constructed) attrs() (message string, attrs []slog.Attr) {
	return "component constructed", outcome(e.Err, slog.String("component", e.Component.title()), slog.Duration("took", e.Took))
}

func (e *HookCalled) attrs() (message string, attrs []slog.Attr) {
	return "hook called", outcome(e.Err, slog.String("component", e.Component.title()), slog.String("hook", e.Hook), slog.Duration("took", e.Took))
}

func (e *Booted) attrs() (message string, attrs []slog.Attr) {
	return "environment booted", []slog.Attr{slog.String("module", e.Module), slog.Int("components", e.Components), slog.Duration("took", e.Took)}
}

func (e *BootFailed) attrs() (message string, attrs []slog.Attr) {
	return "boot failed", outcome(e.Err, slog.String("module", e.Module))
}

func (e *Stopping) attrs() (message string, attrs []slog.Attr) {
	return "environment stopping", []slog.Attr{slog.String("module", e.Module)}
}

func (e *Stopped) attrs() (message string, attrs []slog.Attr) {
	return "environment stopped", outcome(e.Err, slog.String("module", e.Module), slog.Duration("took", e.Took))
}

func outcome(err error, attrs ...slog.Attr) []slog.Attr {
	if err != nil {
		attrs = append(attrs, slog.Any("error", err))
	}
	return attrs
}

// Observe adds an observer. Without one, the environment is silent, but for its
// logger at debug level.
func Observe(observer Observer) Option {
	return newOption("observer", func(s *settings, o *option) {
		if observer == nil {
			o.invalid(s, "invalid environment.Observe: the observer is nil", "leave it out")
			return
		}
		s.observers = append(s.observers, observer)
	})
}

// observed tells whether anybody is told anything.
func (e *Environment) observed(ctx context.Context) bool {
	return len(e.observers) > 0 || e.logger.Enabled(ctx, slog.LevelDebug)
}

// tell tells the observers and the log. A log handler with a bug must not keep
// the environment from stopping.
func (e *Environment) tell(ctx context.Context, event Event) error {
	if !e.observed(ctx) {
		return nil
	}
	_ = e.guard(ctx, func() error {
		if e.logger.Enabled(ctx, slog.LevelDebug) {
			message, attrs := event.attrs()
			e.logger.LogAttrs(ctx, slog.LevelDebug, message, attrs...) //nolint:sloglint // the messages are constants of the events
		}
		return nil
	})
	var errs []error
	for _, observer := range e.observers {
		if err := e.guard(ctx, func() error { observer(ctx, event); return nil }); err != nil {
			errs = append(errs, fmt.Errorf("observer of %T: %w", event, err))
		}
	}
	return errors.Join(errs...)
}

// constructed calls make, which makes an instance, and tells of it.
func (e *Environment) constructed(ctx context.Context, c *Component, construct func() error) error {
	if !e.observed(ctx) {
		return construct()
	}
	began := time.Now()
	err := construct()
	return join(err, e.tell(ctx, &Constructed{Component: c, Took: time.Since(began), Err: err}))
}
