package amqp

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"math"
	"time"

	"github.com/aspyx-go/aspyx/eventing"
)

// Config describes the connection to a broker. It is an [eventing.Source]. The
// zero value connects to localhost:61616 without a user.
//
// Printed, logged or encoded, it shows no user and no password, alone and in
// exported fields, slices and maps. In an unexported field fmt prints a value's
// fields without asking it how, whatever its type: a struct that keeps a Config
// there has to print itself.
type Config struct {
	// URL is amqp://user:password@host:port, or amqps:// for TLS. Special
	// characters of the password are percent-encoded. Without a port it means
	// AMQP's own: 5672, and 5671 for amqps. The parameters ?server=name and
	// ?failover=host:port,host:port are the same as ServerName and Failover;
	// there are no others. Where URL is given, Host and Port must be empty; User
	// and Password may complete what it lacks.
	URL string

	// Host is the broker's name or IP address. Empty means localhost.
	Host string

	// Port is the broker's port. Zero means 61616.
	Port int

	// Failover are further places of the same broker, each as host:port: those of
	// its backup, or of the other nodes of its cluster. User, TLS and SASL are the
	// same for all. When the broker can't be reached at one place, or refuses the
	// user there, the next one is tried, after the last one the first again. Both
	// connections of a provider are always to the same place. Nothing moves events
	// from a broker to another one here: with brokers that don't do that by
	// themselves, what one has waits until it is back. Empty means none.
	Failover []string

	// User and Password authenticate with SASL PLAIN. No user means ANONYMOUS.
	User     string
	Password string

	// Credentials, unless nil, is asked for user and password before each try to
	// connect, in place of User and Password: for passwords that change while the
	// program runs. It must return when ctx is done, after ConnectTimeout at the
	// latest. Two calls may come at once. Its error ends the try like one of the
	// broker's; its text is shown, without the password that comes with it.
	Credentials func(ctx context.Context) (user, password string, err error)

	// ServerName is the name of this server, for queues that each server has
	// for itself. Empty means none.
	ServerName string

	// TLS, with Host, turns TLS on; with an amqps:// URL it may complete it,
	// by RootCAs and client certificates. It can't weaken the verification:
	// Open refuses InsecureSkipVerify, the Verify hooks, and versions before
	// 1.2. Nil, with amqps://, means the system's roots. It isn't changed.
	TLS *tls.Config

	// Broker is the kind of the broker. The zero value is BrokerAuto.
	Broker Broker

	// SASL is how to authenticate. The zero value is SASLAuto.
	SASL SASL

	// AllowPlaintextAuth permits to send the password without TLS to another
	// host than this one. Whoever sees the traffic can read it then.
	AllowPlaintextAuth bool

	// ConnectTimeout limits each try to connect, at Start that of both
	// connections, the opening of each link, and each request to the broker's
	// management. Start tries each place once. Zero means 10 seconds. It can't be
	// disabled.
	ConnectTimeout time.Duration

	// StartOffline has Start return at once, without a broker, and the provider
	// goes on trying until there is one. Queues that are declared before the first
	// connection are made then, before anything is sent. What the broker refuses
	// is logged and makes [Provider.Health] red. False means that Start waits for
	// the first connection, and fails with the reason.
	StartOffline bool

	// IdleTimeout is after how long a silent connection counts as lost. Both
	// sides send something more often than that. Zero means 30 seconds, the least
	// is one second. A negative one disables it: then a broker that has gone
	// without a word is missed only when something is sent to it.
	IdleTimeout time.Duration

	// Prefetch is how many messages one listener holds at most without having
	// settled them: those that it handles, and those fetched ahead. So it bounds
	// its concurrency and batches too. One means that none is fetched ahead. Zero
	// means no other bound than what the listener asks for: 32 for each unit of
	// its concurrency, and its batches. It can't be disabled.
	Prefetch int

	// Window is how many messages to one address may be unconfirmed at once, the
	// next one waits. One means that each waits for the one before. Zero means
	// 1,000, which is the most that Artemis allows, unless it is configured
	// otherwise; the largest is 100,000. It can't be disabled.
	Window int

	// MaxMessageBytes is how large the body of an event may be. A larger one is
	// refused with [eventing.ErrRejected] before it is sent, and dead-lettered
	// when another client has sent it; one with 1 MiB more isn't kept while it
	// comes, and the broker puts it aside. Zero means 10 MiB. A negative one
	// disables it; then the bound of eventing.Config.MaxBodyBytes is left.
	MaxMessageBytes int64

	// MaxInFlightBytes is how many bytes of messages may have been received and
	// not be settled, of all listeners together. Beyond it nothing is read until
	// one is settled; where none is in hand, what comes is completed, of each
	// listener one. Zero means 256 MiB. A negative value disables the bound.
	MaxInFlightBytes int64

	// TextBodies sends each body as a string of AMQP instead of a data section.
	// The Python original understands nothing else. It costs a copy of the
	// body; one that isn't UTF-8 goes as data all the same. Both are read,
	// whatever is set.
	TextBodies bool

	// Naming chooses the names of the queues. Zero is the original's.
	Naming eventing.Naming
}

var _ eventing.Source = Config{}

// SASL is a way to authenticate.
type SASL int

// The ways to authenticate.
const (
	// SASLAuto means SASLPlain with a user and SASLAnonymous without one.
	SASLAuto SASL = iota
	// SASLPlain sends user and password.
	SASLPlain
	// SASLAnonymous sends nothing.
	SASLAnonymous
	// SASLExternal trusts the client certificate in Config.TLS.
	SASLExternal
)

// String returns the name of the mechanism, as the protocol spells it.
func (s SASL) String() string {
	switch s {
	case SASLAuto:
		return "automatic"
	case SASLPlain:
		return "PLAIN"
	case SASLAnonymous:
		return "ANONYMOUS"
	case SASLExternal:
		return "EXTERNAL"
	default:
		return "unknown"
	}
}

// New returns a provider that isn't connected yet. Its error names all that is
// wrong with the configuration, and no password.
func New(config Config) (*Provider, error) {
	return config.open(eventing.Settings{})
}

// Open implements [eventing.Source].
func (c Config) Open(settings eventing.Settings) (eventing.Provider, error) {
	provider, err := c.open(settings)
	if err != nil {
		return nil, err
	}
	return provider, nil
}

func (c Config) open(settings eventing.Settings) (*Provider, error) {
	place, err := c.location()
	faults := []error{err, c.limits()}
	endpoints, err := c.endpoints(place)
	faults = append(faults, err)
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	server := cmp.Or(settings.ServerName, place.server, c.ServerName)
	logger := settings.Logger
	if logger == nil {
		logger = slog.Default()
	}
	provider := newProvider(endpoints, server, c.Naming, logger)
	provider.connectTimeout = cmp.Or(c.ConnectTimeout, defaultConnectTimeout)
	provider.offline = c.StartOffline
	provider.textBodies = c.TextBodies
	provider.prefetch = cmp.Or(c.Prefetch, math.MaxInt)
	provider.window = cmp.Or(c.Window, defaultWindow)
	provider.maxMessage = bound(c.MaxMessageBytes, defaultMaxMessage)
	provider.superviseConnections()
	return provider, nil
}

// endpoints returns where and how to connect: to all places alike.
func (c Config) endpoints(place location) (*endpoints, error) {
	mechanism, login, err := c.authentication(place)
	faults := []error{err}
	config, err := c.tlsConfig(place.secure)
	faults = append(faults, err)
	speaks, err := c.Broker.dialect()
	faults = append(faults, err)
	made := &endpoints{}
	for _, each := range place.all() {
		if mechanism == SASLPlain {
			faults = append(faults, c.checkEncrypted(place.secure, each))
		}
		made.all = append(made.all, &endpoint{
			address:     each.address(),
			dialect:     speaks,
			tls:         tlsFor(config, each.host),
			mechanism:   mechanism,
			login:       login,
			idleTimeout: cmp.Or(c.IdleTimeout, defaultIdleTimeout),
			inFlight:    bound(c.MaxInFlightBytes, defaultInFlight),
		})
	}
	return made, errors.Join(faults...)
}
