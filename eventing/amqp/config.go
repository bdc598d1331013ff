package amqp

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/aspyx-go/aspyx/eventing"
)

const (
	defaultHost           = "localhost"
	defaultPort           = 61616
	defaultConnectTimeout = 10 * time.Second
	defaultIdleTimeout    = 30 * time.Second
	defaultMaxMessage     = 10 << 20
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
	// AMQP's own: 5672, and 5671 for amqps. The parameter ?server= is the
	// same as ServerName; there are no others. Where URL is given, Host and
	// Port must be empty; User and Password may complete what it lacks.
	URL string

	// Host is the broker's name or IP address. Empty means localhost.
	Host string

	// Port is the broker's port. Zero means 61616.
	Port int

	// User and Password authenticate with SASL PLAIN. No user means ANONYMOUS.
	User     string
	Password string

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

	// ConnectTimeout limits Start, the opening of each link, and each request
	// to the broker's management. Zero means 10 seconds.
	ConnectTimeout time.Duration

	// IdleTimeout is after how long a silent connection counts as lost. Both
	// sides send something more often than that. Zero means 30 seconds.
	IdleTimeout time.Duration

	// MaxMessageBytes is how large the body of an event may be. A larger one is
	// refused with [eventing.ErrRejected] before it is sent, and dead-lettered
	// when another client has sent it. Zero means 10 MiB. It can't be disabled.
	MaxMessageBytes int64

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
	endpoint := &endpoint{
		address:        place.address(),
		connectTimeout: positive(c.ConnectTimeout, defaultConnectTimeout),
		idleTimeout:    positive(c.IdleTimeout, defaultIdleTimeout),
	}
	endpoint.tls, err = c.tlsConfig(place)
	faults = append(faults, err)
	endpoint.mechanism, endpoint.sasl, err = c.authentication(place)
	faults = append(faults, err)
	endpoint.dialect, err = c.Broker.dialect()
	faults = append(faults, err)
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	server := c.ServerName
	if place.server != "" {
		server = place.server
	}
	if settings.ServerName != "" {
		server = settings.ServerName
	}
	logger := settings.Logger
	if logger == nil {
		logger = slog.Default()
	}
	provider := newProvider(endpoint, server, c.Naming, cmp.Or(c.MaxMessageBytes, defaultMaxMessage), logger)
	provider.textBodies = c.TextBodies
	return provider, nil
}

// limits checks what stands for itself.
func (c Config) limits() error {
	var faults []error
	if c.ConnectTimeout < 0 {
		faults = append(faults, errors.New("amqp: Config.ConnectTimeout is negative: leave it 0 for 10 seconds"))
	}
	if c.IdleTimeout < 0 || c.IdleTimeout > 0 && c.IdleTimeout < time.Second {
		faults = append(faults, errors.New("amqp: Config.IdleTimeout must be at least one second: leave it 0 for 30 seconds"))
	}
	if c.MaxMessageBytes < 0 {
		faults = append(faults, errors.New("amqp: Config.MaxMessageBytes is negative: leave it 0 for 10 MiB"))
	}
	if c.Naming != eventing.NamingOriginal && c.Naming != eventing.NamingQualified {
		faults = append(faults, errors.New("amqp: Config.Naming is unknown: use eventing.NamingOriginal or eventing.NamingQualified"))
	}
	return errors.Join(faults...)
}

func positive(value, standard time.Duration) time.Duration {
	if value <= 0 {
		return standard
	}
	return value
}

// String describes the configuration by where it leads to.
func (c Config) String() string {
	place, err := c.location()
	if err != nil {
		// What can't be read may hold the password anywhere.
		return "amqp.Config(invalid)"
	}
	return "amqp.Config(" + place.String() + ")"
}

// Format prints [Config.String] under every verb, since the fields hold the
// password.
func (c Config) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, c.String()) }

// LogValue implements [slog.LogValuer], without the password.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText lets encoders, like that of JSON, print no password either.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// location is where a configuration leads to, and as whom.
type location struct {
	host, port     string
	user, password string
	server         string
	secure         bool
}

func (l *location) address() string { return net.JoinHostPort(l.host, l.port) }

func (l *location) String() string {
	if l.secure {
		return "amqps://" + l.address()
	}
	return "amqp://" + l.address()
}

// location reads URL, or the parameters in its place.
func (c Config) location() (location, error) {
	if c.URL == "" {
		return c.parameters()
	}
	place, err := parseURL(c.URL)
	faults := []error{err}
	if c.Host != "" || c.Port != 0 {
		faults = append(faults, errors.New("amqp: Config has both URL and Host or Port: give the place once"))
	}
	if place.user != "" && c.User != "" {
		faults = append(faults, errors.New("amqp: Config has a user in URL and in User: give it once"))
	}
	if place.password != "" && c.Password != "" {
		faults = append(faults, errors.New("amqp: Config has a password in URL and in Password: give it once"))
	}
	place.user, place.password = cmp.Or(c.User, place.user), cmp.Or(c.Password, place.password)
	if place.server != "" && c.ServerName != "" && place.server != c.ServerName {
		faults = append(faults, errors.New("amqp: Config.ServerName and the URL's parameter server differ: give the name once"))
	}
	return place, errors.Join(faults...)
}

func (c Config) parameters() (location, error) {
	var faults []error
	host := strings.TrimSuffix(strings.TrimPrefix(c.Host, "["), "]")
	if host == "" {
		host = defaultHost
	}
	if strings.ContainsAny(host, "/@ ") || strings.Contains(host, ":") && net.ParseIP(host) == nil {
		faults = append(faults, errors.New("amqp: Config.Host is a name or an IP address only: the port goes to Port, a URL to URL"))
	}
	port := c.Port
	if port == 0 {
		port = defaultPort
	}
	if port < 0 || port > 65535 {
		faults = append(faults, fmt.Errorf("amqp: Config.Port %d is no port: it must be 1 to 65535", port))
	}
	return location{
		host: host, port: strconv.Itoa(port),
		user: c.User, password: c.Password,
		secure: c.TLS != nil,
	}, errors.Join(faults...)
}
