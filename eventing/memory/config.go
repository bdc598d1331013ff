package memory

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/aspyx-go/aspyx/eventing"
)

// The bounds of a queue where [Config] names none.
const (
	// DefaultMaxMessages is the bound in messages.
	DefaultMaxMessages = 10_000

	// DefaultMaxBytes is the bound in bytes: 64 MiB.
	DefaultMaxBytes = 64 << 20
)

// Config makes providers, each with a broker of its own. The zero value works.
type Config struct {
	// ServerName is the name of this server, for queues that each server has
	// for itself. [eventing.Settings] win over it. Empty means none: then a
	// listener per process or a broadcast event is an error at boot.
	ServerName string

	// MaxMessages is how many messages a queue holds before it overflows.
	// Zero means [DefaultMaxMessages]. It can't be disabled: a queue without
	// a bound would grow until the process dies.
	MaxMessages int

	// MaxBytes is how many bytes of bodies and headers a queue holds before it
	// overflows, and so how large a message can be. Zero means
	// [DefaultMaxBytes]. It can't be disabled either.
	MaxBytes int64

	// Overflow is what becomes of an event for which a queue has no room. The
	// zero value is [OverflowBlock].
	Overflow Overflow
}

var _ eventing.Source = Config{}

// Open returns a new provider with a new broker. It is the method of
// [eventing.Source]; without a container, [New] is shorter.
func (c Config) Open(settings eventing.Settings) (eventing.Provider, error) {
	provider, err := c.open(settings)
	if err != nil {
		return nil, err // not a nil *Provider in an interface
	}
	return provider, nil
}

// New returns a provider with a broker of its own, for use without a
// container. Its error names all that is wrong with the configuration.
func New(config Config) (*Provider, error) { return config.open(eventing.Settings{}) }

func (c Config) open(settings eventing.Settings) (*Provider, error) {
	broker, err := c.NewBroker()
	if err != nil {
		return nil, err
	}
	provider := newProvider(broker, settings)
	provider.owned = true
	return provider, nil
}

// NewBroker returns a broker to share, with the bounds of c. The server name
// of c is that of all who share it, unless their environments have their own.
// The error names all that is wrong with c.
func (c Config) NewBroker() (*Broker, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	return c.broker(), nil
}

// broker is for a valid c.
func (c Config) broker() *Broker {
	return &Broker{
		serverName:  c.ServerName,
		maxMessages: cmp.Or(c.MaxMessages, DefaultMaxMessages),
		maxBytes:    cmp.Or(c.MaxBytes, DefaultMaxBytes),
		overflow:    c.Overflow,
		addresses:   map[string]*address{},
		epoch:       time.Now(),
		idled:       make(chan struct{}, 1),
	}
}

func (c Config) validate() error {
	var faults []error
	if c.MaxMessages < 0 {
		faults = append(faults, fmt.Errorf("memory: MaxMessages is %d, it must be positive, or 0 for %d", c.MaxMessages, DefaultMaxMessages))
	}
	if c.MaxBytes < 0 {
		faults = append(faults, fmt.Errorf("memory: MaxBytes is %d, it must be positive, or 0 for %d", c.MaxBytes, DefaultMaxBytes))
	}
	if c.Overflow < OverflowBlock || c.Overflow > OverflowError {
		faults = append(faults, fmt.Errorf("memory: Overflow is %d, it must be OverflowBlock, OverflowDropOldest or OverflowError", int(c.Overflow)))
	}
	return errors.Join(faults...)
}
