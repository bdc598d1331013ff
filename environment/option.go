package environment

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/aspyx-go/aspyx/environment/config"
)

const defaultStopTimeout = 30 * time.Second

// settings are what the options of one boot say.
type settings struct {
	logger      *slog.Logger
	stopTimeout time.Duration
	hookTimeout time.Duration // 0 means none
	overrides   []*override
	values      []*setting
	sources     []config.Source
	features    map[string]bool
	scopes      map[string]Scope
	parent      *Environment
	observers   []Observer

	healthTimeout time.Duration
	healthCache   time.Duration

	problems []*Problem
}

func newSettings(options []Option) *settings {
	s := &settings{
		logger: slog.Default(), stopTimeout: defaultStopTimeout,
		features: map[string]bool{}, scopes: map[string]Scope{}, healthTimeout: defaultHealthTimeout,
	}
	for i, option := range options {
		if option != nil {
			option.apply(s)
			continue
		}
		s.problems = append(s.problems, &Problem{
			Kind: ErrInvalid, Summary: fmt.Sprintf("invalid option: number %d is nil", i+1), Hint: "leave it out",
		})
	}
	return s
}

// option is one that sets something.
type option struct {
	label
	place place
	set   func(s *settings, o *option)
}

func newOption(kind string, set func(s *settings, o *option)) *option {
	return &option{label: label{kind: kind}, set: set, place: hereAbove()}
}

func (o *option) apply(s *settings) { o.set(s, o) }

// invalid reports that the option can't be used as it is.
func (o *option) invalid(s *settings, summary, hint string) {
	s.problems = append(s.problems, &Problem{
		Kind: ErrInvalid, Summary: summary, Steps: origin{place: &o.place}.steps("given"), Hint: hint,
	})
}

// Logger sets the logger of the environment; nil means [slog.Default], which
// is also used without this option. The environment logs at debug level only:
// what goes wrong is returned.
func Logger(logger *slog.Logger) Option {
	return newOption("logger", func(s *settings, _ *option) {
		if logger != nil {
			s.logger = logger
		}
	})
}

// StopTimeout limits the time of [Environment.Shutdown], and of undoing a
// failed boot, whatever the deadline of the context that they are given. Zero
// means the default of 30 seconds, a negative value is a problem: there is
// always a limit. A fifth of the time is kept for OnDestroy and the clean-up
// functions.
func StopTimeout(timeout time.Duration) Option {
	return newOption("stop timeout", func(s *settings, o *option) {
		switch {
		case timeout < 0:
			o.invalid(s, "invalid environment.StopTimeout: "+timeout.String()+" is negative",
				"leave it out for "+defaultStopTimeout.String()+"; a stop without a limit isn't possible")
		case timeout == 0:
			s.stopTimeout = defaultStopTimeout
		default:
			s.stopTimeout = timeout
		}
	})
}

// HookTimeout limits the time of each hook, at boot and at the stop: its context
// is done then, and one that still doesn't return is left behind and reported
// as [ErrAbandoned], by its name. Zero means that a hook has as much time as
// the boot's context or the stop leaves, which is the default; a negative value
// is a problem.
func HookTimeout(timeout time.Duration) Option {
	return newOption("hook timeout", func(s *settings, o *option) {
		if timeout < 0 {
			o.invalid(s, "invalid environment.HookTimeout: "+timeout.String()+" is negative", "use a positive time, or 0 for none")
			return
		}
		s.hookTimeout = timeout
	})
}

// Config sets where the configuration comes from. Later sources win, value by
// value; so do the sources of a later Config over those of an earlier one. They
// are read once, at boot. Components take values by the tag
// `value:"key,default=…"`, or all of them as a [*config.Values].
func Config(sources ...config.Source) Option {
	return newOption("config", func(s *settings, o *option) {
		if slices.Contains(sources, nil) {
			o.invalid(s, "invalid environment.Config: a source is nil", "leave it out")
			return
		}
		s.sources = append(s.sources, sources...)
	})
}

// Features switches features on, for components that exist only [When] a
// [Feature] is.
func Features(names ...string) Option {
	return newOption("features", func(s *settings, _ *option) {
		for _, name := range names {
			s.features[name] = true
		}
	})
}

// Parent makes the environment a child: what it doesn't have itself, it takes
// from the parent. It shadows the parent's components by its own of the same
// type, and is a world of its own: what it makes, the parent doesn't see. A
// parent stops its children before itself. The child has the configuration and
// the features of the parent too; its own values win. A constructor that boots a
// child passes on its context, by which a cycle through the parent is noticed.
func Parent(parent *Environment) Option {
	return newOption("parent", func(s *settings, o *option) {
		if parent == nil {
			o.invalid(s, "invalid environment.Parent: the environment is nil", "leave it out")
			return
		}
		if !parent.published.Load() {
			o.invalid(s, "invalid environment.Parent: "+parent.String()+" is still booting", "boot the child in an OnRunning, or after the parent")
			return
		}
		s.parent = parent
	})
}

// WithScope defines the scope for components that are [Scoped] by this name.
func WithScope(name string, scope Scope) Option {
	return newOption("scope", func(s *settings, o *option) {
		if name == "" || scope == nil {
			o.invalid(s, "invalid environment.WithScope: it needs a name and a scope", "use a *environment.ContextScope, or a scope of your own")
			return
		}
		s.scopes[name] = scope
	})
}
