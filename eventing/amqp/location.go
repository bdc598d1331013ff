package amqp

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
)

const (
	defaultHost = "localhost"
	defaultPort = 61616
)

// location is where a configuration leads to, and as whom.
type location struct {
	hostPort

	failover       []hostPort
	user, password string
	server         string
	secure         bool
}

// hostPort is one place to connect to.
type hostPort struct{ host, port string }

func (p hostPort) address() string { return net.JoinHostPort(p.host, p.port) }

// all returns the places in the order in which they are tried.
func (l *location) all() []hostPort { return append([]hostPort{l.hostPort}, l.failover...) }

func (l *location) String() string {
	scheme := scheme
	if l.secure {
		scheme = secureScheme
	}
	return scheme + "://" + addresses(l.all())
}

// addresses are those of the places, as URLs of several brokers are written.
func addresses(places []hostPort) string {
	texts := make([]string, len(places))
	for i, each := range places {
		texts[i] = each.address()
	}
	return strings.Join(texts, ",")
}

// location reads URL, or the parameters in its place.
func (c Config) location() (location, error) {
	failover, err := readFailover("Config.Failover", c.Failover)
	faults := []error{err}
	if c.URL == "" {
		place, err := c.parameters()
		place.failover = failover
		return place, errors.Join(append(faults, err)...)
	}
	place, err := parseURL(c.URL)
	faults = append(faults, err)
	if c.Host != "" || c.Port != 0 {
		faults = append(faults, errors.New("amqp: Config has both URL and Host or Port: give the place once"))
	}
	if len(c.Failover) > 0 && len(place.failover) > 0 {
		faults = append(faults, errors.New("amqp: Config has Failover, and the URL the parameter failover: give the further places once"))
	}
	place.failover = append(place.failover, failover...)
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

// readFailover reads further places. No error repeats one: it may be a URL with
// a password.
func readFailover(field string, texts []string) (places []hostPort, err error) {
	for i, text := range texts {
		host, port, splitErr := net.SplitHostPort(text)
		switch {
		case splitErr != nil, host == "", !isHost(host), !isPort(port):
			err = errors.Join(err, fmt.Errorf("amqp: %s, entry %d is no host:port: no scheme, user or path, those are the same for all places", field, i+1))
		default:
			places = append(places, hostPort{host, port})
		}
	}
	return places, err
}

// isHost tells whether the text can be a host's name or IP address.
func isHost(text string) bool {
	return !strings.ContainsAny(text, "/@?#% ") && (!strings.Contains(text, ":") || net.ParseIP(text) != nil)
}

func isPort(text string) bool {
	number, err := strconv.ParseUint(text, 10, 16)
	return err == nil && number > 0
}

func (c Config) parameters() (location, error) {
	var faults []error
	host := cmp.Or(strings.TrimSuffix(strings.TrimPrefix(c.Host, "["), "]"), defaultHost)
	if !isHost(host) {
		faults = append(faults, errors.New("amqp: Config.Host is a name or an IP address only: the port goes to Port, a URL to URL"))
	}
	port := strconv.Itoa(cmp.Or(c.Port, defaultPort))
	if !isPort(port) {
		faults = append(faults, fmt.Errorf("amqp: Config.Port %s is no port: it must be 1 to 65535", port))
	}
	return location{
		hostPort: hostPort{host, port},
		user:     c.User, password: c.Password,
		secure: c.TLS != nil,
	}, errors.Join(faults...)
}
