package environment

import (
	"fmt"
	"log/slog"
	"time"
)

const defaultStopTimeout = 30 * time.Second

// settings are what the options of one boot say.
type settings struct {
	logger      *slog.Logger
	stopTimeout time.Duration
	overrides   []*override
	values      []*setting
	problems    []*Problem
}

func newSettings(options []Option) *settings {
	s := &settings{logger: slog.Default(), stopTimeout: defaultStopTimeout}
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

type loggerOption struct {
	label
	logger *slog.Logger
}

// Logger sets the logger of the environment; nil means [slog.Default], which
// is also used without this option. The environment logs at debug level only:
// what goes wrong is returned.
func Logger(logger *slog.Logger) Option {
	return &loggerOption{label: label{kind: "logger"}, logger: logger}
}

func (o *loggerOption) apply(s *settings) {
	if o.logger != nil {
		s.logger = o.logger
	}
}

type stopTimeoutOption struct {
	label
	place   place
	timeout time.Duration
}

// StopTimeout limits the time of [Environment.Shutdown], and of undoing a
// failed boot, whatever the deadline of the context that they are given. Zero
// means the default of 30 seconds, a negative value is a problem: there is
// always a limit. A fifth of the time is kept for OnDestroy and the clean-up
// functions.
func StopTimeout(timeout time.Duration) Option {
	return &stopTimeoutOption{label: label{kind: "stop timeout"}, place: here(), timeout: timeout}
}

func (o *stopTimeoutOption) apply(s *settings) {
	switch {
	case o.timeout < 0:
		s.problems = append(s.problems, &Problem{
			Kind: ErrInvalid, Summary: fmt.Sprintf("invalid environment.StopTimeout: %s is negative", o.timeout),
			Steps: origin{place: &o.place}.steps("given"), Hint: "leave it out for 30s; a stop without a limit isn't possible",
		})
	case o.timeout == 0:
		s.stopTimeout = defaultStopTimeout
	default:
		s.stopTimeout = o.timeout
	}
}
