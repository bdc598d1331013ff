package memory

import (
	"errors"
	"net/url"

	"github.com/aspyx-go/aspyx/eventing"
)

// Scheme reads memory:// and memory://?server=name for [eventing.Configured].
// There is nothing to connect to, so that a host, a user or a path is an error.
var Scheme = eventing.Scheme{
	Names:  []string{"memory"},
	Source: sourceFromURL,
}

// sourceFromURL repeats nothing of the URL in its errors: what is there by
// mistake may be a password.
func sourceFromURL(u *url.URL) (eventing.Source, error) {
	if u.Opaque != "" || u.User != nil || u.Host != "" || u.Path != "" || u.Fragment != "" {
		return nil, errors.New("memory: the URL has a host, user, path or fragment, but the broker is in this process: write memory:// or memory://?server=name")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, errors.New("memory: the URL's parameters can't be parsed: write memory://?server=name")
	}
	var config Config
	for key, values := range query {
		if key != "server" {
			return nil, errors.New("memory: the URL has an unknown parameter (known: server)")
		}
		if len(values) != 1 || values[0] == "" {
			return nil, errors.New("memory: the URL's parameter server must be given once, with a name")
		}
		config.ServerName = values[0]
	}
	return config, nil
}
