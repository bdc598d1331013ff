package amqp

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/aspyx-go/aspyx/eventing"
)

const (
	scheme       = "amqp"
	secureScheme = "amqps"

	// The parameters that a URL may have.
	serverParameter   = "server"
	failoverParameter = "failover"
)

// Scheme makes sources from amqp:// and amqps:// URLs, for
// [eventing.Configured] and [eventing.FromURL].
var Scheme = eventing.Scheme{
	Names:  []string{scheme, secureScheme},
	Source: sourceFromURL,
}

func sourceFromURL(place *url.URL) (eventing.Source, error) {
	config := Config{URL: place.String()}
	if _, err := config.location(); err != nil {
		return nil, err
	}
	return config, nil
}

var errEncode = errors.New("amqp: the URL can't be parsed: write amqp://user:password@host:port, with special characters of the password percent-encoded")

// parseURL reads a URL. No error repeats a part of it that may hold the
// password, as any part can when the password isn't percent-encoded.
func parseURL(text string) (location, error) {
	parsed, err := url.Parse(text)
	if err != nil {
		return location{}, errEncode
	}
	if strings.Contains(parsed.Opaque+parsed.Path+parsed.RawQuery+parsed.Fragment, "@") {
		return location{}, errEncode
	}
	var faults []error
	place := location{hostPort: hostPort{parsed.Hostname(), parsed.Port()}, secure: parsed.Scheme == secureScheme}
	if place.user = parsed.User.Username(); parsed.User != nil {
		place.password, _ = parsed.User.Password()
	}
	switch parsed.Scheme {
	case scheme, secureScheme:
	default:
		faults = append(faults, errors.New("amqp: the URL must begin with amqp:// or amqps://"))
	}
	if place.host == "" {
		faults = append(faults, errors.New("amqp: the URL names no host: write amqp://host:port"))
	}
	if place.port == "" {
		place.port = "5672"
		if place.secure {
			place.port = "5671"
		}
	}
	if !isPort(place.port) {
		faults = append(faults, errors.New("amqp: the URL's port must be 1 to 65535"))
	}
	if strings.Trim(parsed.Path, "/") != "" || parsed.Fragment != "" {
		faults = append(faults, errors.New("amqp: the URL has a path or a fragment: it ends after host and port"))
	}
	return place, errors.Join(append(faults, place.readParameters(parsed))...)
}

func (l *location) readParameters(parsed *url.URL) error {
	values, err := url.ParseQuery(parsed.RawQuery)
	if err != nil {
		return errors.New("amqp: the URL's parameters can't be parsed: write ?server=name&failover=host:port,host:port")
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		switch {
		case name != serverParameter && name != failoverParameter:
			err = errors.Join(err, fmt.Errorf("amqp: unknown URL parameter %q: there are only %q and %q, the rest is set in amqp.Config", name, serverParameter, failoverParameter))
		case len(values[name]) > 1:
			err = errors.Join(err, fmt.Errorf("amqp: the URL's parameter %s is given twice", name))
		}
	}
	l.server = values.Get(serverParameter)
	if further := values.Get(failoverParameter); further != "" {
		var wrong error
		l.failover, wrong = readFailover("the URL's parameter failover", strings.Split(further, ","))
		err = errors.Join(err, wrong)
	}
	return err
}
