package amqp

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/aspyx-go/aspyx/eventing"
)

const (
	defaultConnectTimeout = 10 * time.Second
	defaultIdleTimeout    = 30 * time.Second
	defaultMaxMessage     = 10 << 20
	defaultInFlight       = 256 << 20

	maxWindow = 100_000
)

// bound is a number of bytes, where a negative one means any.
func bound(value, standard int64) int64 {
	if value < 0 {
		return math.MaxInt64
	}
	return cmp.Or(value, standard)
}

// limits checks what stands for itself.
func (c Config) limits() error {
	var faults []error
	if c.ConnectTimeout < 0 {
		faults = append(faults, errors.New("amqp: Config.ConnectTimeout is negative: leave it 0 for 10 seconds"))
	}
	if c.IdleTimeout > 0 && c.IdleTimeout < time.Second {
		faults = append(faults, errors.New("amqp: Config.IdleTimeout must be at least one second: leave it 0 for 30 seconds, a negative one disables it"))
	}
	if c.Prefetch < 0 {
		faults = append(faults, errors.New("amqp: Config.Prefetch is negative: leave it 0 for what each listener asks for, 1 fetches none ahead"))
	}
	if c.Window < 0 || c.Window > maxWindow {
		faults = append(faults, fmt.Errorf("amqp: Config.Window is %d: it must be 1 to %d, or 0 for %d", c.Window, maxWindow, defaultWindow))
	}
	if c.Naming != eventing.NamingOriginal && c.Naming != eventing.NamingQualified {
		faults = append(faults, errors.New("amqp: Config.Naming is unknown: use eventing.NamingOriginal or eventing.NamingQualified"))
	}
	return errors.Join(faults...)
}
